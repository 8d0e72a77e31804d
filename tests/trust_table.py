"""The table of promises and faults, as ``trust`` reads it: what each says, and its tests."""

from typing import Final

TABLE: Final = """
P1 what is acknowledged is on disk
  reactor/test_barrier nobody_hears_of_it_while_the_commit_is_held_up
  reactor/test_barrier large_reply_still_draining_carries_nothing_of_a_new_event
  reactor/test_barrier nothing_arrives_while_another_process_holds_the_lock
  reactor/test_barrier reader_in_another_process_sees_what_was_acknowledged
  reactor/test_barrier every_acknowledgement_follows_its_fdatasync
  reactor/test_barrier whatever_is_stored_is_stored_first session_is_stored_before_its_welcome
  reactor/test_kill kill_loop
P2 the same order for everybody, whatever the network does
  reactor/test_toxic_talk a_fault_that_stands a_fault_that_comes_and_goes
  reactor/test_kill kill_loop
  reactor/test_students everybody_sees_all_talk_once_and_in_one_order
  reactor/test_plain_commands one_order_for_all_kinds
  reactor/test_checker planted_loss planted_double planted_swap
  soak/test_soak miniature what_is_planted_is_found
P3 what is said again after a break is there once
  reactor/test_toxic_talk a_thousand_lines_whose_answers_are_cut
  reactor/test_kill acknowledgement_that_is_cut_off
  reactor/test_talk same_line_again_gets_the_old_ok no_double_across_a_kill_and_a_new_connection
  curses_client/test_chat_faults answers_that_are_lost_double_nothing_and_lose_nothing
P4 a slow reader hurts only itself, and loses nothing
  reactor/test_slow slow_reader_is_closed_and_nobody_else_is_hurt
  reactor/test_slow commands_wait_while_answers_are_not_read slow_reader_within_all_limits_stays
  reactor/test_plain_end who_never_reads_hurts_nobody_else
P5 strangers, silent or trickling, cannot hold the door
  reactor/test_strangers sixty_four_strangers_are_gone_in_time_and_people_come_in
  reactor/test_slow stranger_has_so_long_to_say_hello others_come_in_meanwhile_and_stay
  reactor/test_plain_end login_timeout
  reactor/test_metrics the_silent_hold_no_place_for_ever_and_the_chat_goes_on
P6 bad bytes never crash, spin or grow the server
  reactor/test_replay the_whole_session_says_what_it_should byte_by_byte cut_at_every_offset
  reactor/test_bad_input memory_is_bounded_in_a_flood mutations
  wire/test_parser_machine any_bytes_mean_the_same_however_they_are_cut noise_never_raises
  fuzz/test_fuzz ten_thousand_inputs
P7 without descriptors people are refused, and the loop does not spin
  reactor/test_ending server_out_of_descriptors_neither_spins_nor_forgets
  reactor/test_ending no_more_connections_than_there_is_place_for
  reactor/test_ending listener_comes_back_when_the_kernel_gives_descriptors_again
P8 a file arrives whole and safely named, or not at all
  reactor/test_upload_cuts five_hundred_uploads_cut_at_any_byte
  reactor/test_files_refused hostile_names
  curses_client/test_downloads hostile_names_stay_in_the_folder
  curses_client/test_cuts two_hundred_cuts
P9 what others say cannot drive my terminal
  curses_client/test_screens_pty nothing_that_others_say_reaches_the_terminal_unescaped
  curses_client/test_view_safe known_attacks any_text
  curses_client/test_cells no_character_gets_through_safe_that_drives_or_hides
  curses_client/test_finding_forged nothing_of_a_stranger_drives_the_terminal
P10 a name belongs to one person
  reactor/test_names another_account_is_somebody_else account_needs_no_token
  reactor/test_sessions token_proves_it_is_me name_waits_for_its_owner_and_is_free_then
  reactor/test_accounts another_account_is_somebody_else_over_tcp a_login_is_its_accounts
P11 the dead are found in time, the living stay
  reactor/test_strangers a_black_hole_is_found_at_the_limit
  reactor/test_slow silent_connection_is_asked_and_then_dropped who_answers_stays
  reactor/test_slow any_byte_counts_as_life
  reactor/test_ending stopped_server_drops_nobody_who_lives
P12 after a restart all is there, wherever it ended
  reactor/test_log_recovery cut_anywhere_it_opens_with_a_prefix damaged_byte_ends_the_prefix
  reactor/test_log_recovery cut_while_it_was_made killed_in_a_checkpoint
  reactor/test_files an_upload_goes_on_after_a_kill
  reactor/test_upgrade killed_in_the_middle_leaves_the_older_version_whole
P13 the UDP door is no weapon
  reactor/test_udp p13_flood_leaves_the_table_bounded_and_tcp_served
  reactor/test_udp c42_nothing_is_sent_to_who_has_not_spoken_nor_because_of_one_datagram
C1 a line that is too long is refused whole, not cut
  reactor/test_bad_input longest_line line_over_the_limit_is_refused_whole
  reactor/test_bad_input what_came_before_a_flood_is_answered
C2 16 KiB without LF, TLS or HTTP at the wrong door, silence in the middle of a line
  reactor/test_bad_input too_many_bytes_without_line_end strangers_of_other_protocols
  reactor/test_bad_input silence_after_half_a_line_costs_nothing
C3 byte by byte, a mebibyte of LFs, CR and LF in two reads: in linear time
  reactor/test_replay byte_by_byte
  reactor/test_bad_input a_mebibyte_of_empty_lines
  wire/test_parser_limits a_line_byte_by_byte_is_searched_once
  wire/test_parser_limits a_megabyte_of_lf_costs_next_to_nothing
C4 bytes that are no UTF-8, and NUL
  reactor/test_errors not_utf_8 refused_line
C5 no character but LF ends a line
  wire/test_parser no_character_but_lf_splits_a_line
  wire/test_grammar every_character_of_unicode_is_judged_as_the_wire_says
  reactor/test_errors refused_line
C6 numbers with signs, other digits, or without end
  reactor/test_files_refused a_number_that_is_none no_piece_goes_over_the_size
  reactor/test_errors refused_line
C7 a payload that is not wanted is never read as lines
  reactor/test_files_refused a_refused_payload_is_never_read_as_lines
  reactor/test_files_refused a_refused_payload_that_is_too_long_ends_it
  reactor/test_talk files_are_refused_and_their_payload_swallowed
  wire/test_parser_machine no_payload_is_ever_read_as_lines
C8 a thousand lines at once get their share, and a defect ends one connection alone
  reactor/test_bad_input a_thousand_lines_in_one_packet a_thousand_lines_while_others_talk
  reactor/test_shares lines_of_a_turn_while_others_wait
  reactor/test_hub only_the_failing_line_is_undone failing_delivery_is_nobody_elses
  fuzz/test_fuzz ten_thousand_inputs
C9 who is closed by another in the same turn is heard no more
  reactor/test_greedy who_is_closed_by_another_in_the_same_turn_is_heard_no_more
  reactor/test_loop_interest a_closed_handler_is_not_called
  reactor/test_loop_interest a_number_that_is_reused_gets_no_event_of_its_former_owner
C10 hostile names of files
  reactor/test_files_refused hostile_names
  curses_client/test_folder a_harmless_name names_as_people_meet_them
C11 hostile names of people and rooms in a path
  curses_client/test_downloads hostile_names_stay_in_the_folder
  curses_client/test_folder no_name_leads_out
C12 an upload that stops half way waits for a day, and then goes
  reactor/test_upload_cuts five_hundred_uploads_cut_at_any_byte
  reactor/test_upload_rate a_trickle_ends_and_what_came_stays
  reactor/test_files an_upload_goes_on_after_a_break an_upload_goes_on_after_a_kill
  reactor/test_spool what_nobody_touched_for_a_day_is_forgotten
C13 other bytes than announced, or one more
  reactor/test_files_refused one_byte_more_is_the_next_line
  curses_client/test_downloads bytes_that_are_not_the_announced_ones
  curses_client/test_uploads what_arrived_wrong_is_told
C14 something is in the way of a download: a file, a link, a change meanwhile
  curses_client/test_folder nothing_is_overwritten a_file_that_comes_while_it_is_fetched_stays
  curses_client/test_folder no_link_at_the_part_is_followed the_folder_is_the_one_that_was_opened
C15 no place for a file, told before any byte of it
  reactor/test_files_refused the_first_piece_hears_that_there_is_no_place
  reactor/test_files_refused what_is_coming_counts_as_well
C16 a hundred downloads, and a file that goes meanwhile
  reactor/test_greedy a_hundred_downloads_of_one_file
  reactor/test_files_kept a_line_waits_behind_a_few_pieces_alone files_take_turns
  reactor/test_files_kept a_file_that_goes_meanwhile_is_sent_to_its_end
C17 a reader that stops, or takes some bytes a second, or one byte a call
  reactor/test_slow time_without_reading_is_limited
  reactor/test_greedy a_reader_of_a_few_bytes_a_second_is_a_slow_reader
  reactor/test_stream_bytes whatever_a_send_takes
  reactor/test_stream_bytes a_socket_that_takes_few_bytes_gets_them_all_in_order
C18 a UNIX peer closes while we do not read it
  reactor/test_slow unix_reader_that_is_gone_is_noticed_while_we_wait_for_it
  reactor/test_stream a_peer_that_closes_while_we_pause_is_noticed_by_the_next_write
C19 a peer that has said all: its lines are kept and answered
  reactor/test_talk half_closed_connection_is_answered_and_said_goodbye
  reactor/test_slow delayed_lines_survive_a_half_close
C20 TLS: a record larger than a read
  reactor/test_tls c20_nothing_stays_behind_inside_tls
C21 TLS: a write that has to be tried again
  reactor/test_tls c17_c21_bytes_arrive_once_and_in_order
  reactor/test_tls a_blocked_stream_holds_no_more_than_a_chunk_encrypted
C22 TLS: silence, reads that need writes, renegotiation
  reactor/test_tls_server c22_silence_and_trickle_end_at_the_limit a_second_handshake_is_refused
  reactor/test_tls_handshake words_that_wait_for_the_handshake_do_not_spin what_is_no_tls_ends
C23 no descriptor for a connection, or one that is gone at accept
  reactor/test_listener without_descriptors_the_next_one_is_told_so
  reactor/test_listener a_connection_that_is_gone_already_is_passed_over
  reactor/test_ending server_out_of_descriptors_neither_spins_nor_forgets
C24 the disk is full: in INSERT, in COMMIT, in a file
  reactor/test_crash_points no_page_left_refuses_every_sender_of_the_turn
  reactor/test_talk full_disk_refuses_and_recovers
  reactor/test_files_disk a_file_that_the_system_refuses_to_grow a_full_disk
  reactor/test_hub_failure every_change_is_undone_and_answered everything_works_afterwards
C25 a sync that fails ends the server, and is not asked again
  reactor/test_crash_points a_sync_that_fails_ends_the_server_and_is_not_asked_again
  reactor/test_crash_points a_log_that_fails_in_a_timer_ends_the_server_too
  reactor/test_log unknown_outcome_is_told_apart a_checkpoint_that_could_not_be_synced_ends_it
  reactor/test_spool_failure a_failed_sync_is_told_apart
C26 a crowd that does not read: whoever holds most goes first
  reactor/test_send_total a_crowd_that_does_not_read_costs_no_more_than_the_limit
  reactor/test_send_total the_largest_goes_first_and_no_more_than_needed
C27 floods of lines, connections, rooms
  reactor/test_greedy a_thousand_connects_at_once ten_thousand_rooms_of_one_person
  reactor/test_bad_input a_thousand_lines_while_others_talk
  reactor/test_slow rate_is_a_delay bad_lines_are_slowed_and_not_closed
C28 a reload that cannot be done leaves all as it was
  reactor/test_backstage broken_file_changes_nothing reload_without_a_descriptor
  reactor/test_operating reload_all_or_nothing
C29 killed between the commit and the answer
  reactor/test_crash_points a_line_that_a_crash_took_is_there_once
  reactor/test_files_failure a_crash_behind_the_commit
C30 killed between the insert and the commit
  reactor/test_crash_points a_line_that_a_crash_took_is_there_once
  reactor/test_kill kill_loop
C31 killed in an upload, between a file and its event, in a checkpoint
  reactor/test_files_failure a_crash_between_store_and_commit
  reactor/test_files an_upload_goes_on_after_a_kill
  reactor/test_log_recovery killed_in_a_checkpoint
  reactor/test_files_kept a_start_sweeps
C32 an older copy of the log, or another one
  curses_client/test_chat an_older_copy_of_the_same_log_is_another_history
  curses_client/test_chat another_history_is_told_and_read_from_its_start
C33 a second server on the same data, port or socket
  reactor/test_ending second_server_on_the_same_data_refuses
  reactor/test_ending second_server_on_the_same_port_refuses
  reactor/test_ending port_of_another_program_is_refused
  reactor/test_ending unix_path_stale_living_and_not_a_socket
C34 the clock jumps, the server is stopped, or told to end while idle
  reactor/test_hub clock_on_the_wall_may_jump
  reactor/test_loop_timers the_wall_clock_may_jump
  reactor/test_ending idle_server_ends_at_once stopped_server_drops_nobody_who_lives
  reactor/test_upload_rate a_server_that_was_stopped_blames_nobody
C35 control characters, sequences and titles in every text
  reactor/test_errors refused_line
  curses_client/test_screens_pty nothing_that_others_say_reaches_the_terminal_unescaped
  curses_client/test_cells safe_shows_what_it_may_not_send
C36 NUL, a thousand marks, wide characters at the edge, bidi
  curses_client/test_view_safe a_thousand_marks_are_a_few any_text_of_bad_characters
  curses_client/test_pty wide_characters_at_the_last_column
C37 one event is one line of the journal, and trouble is not repeated
  reactor/test_journal escaped line
  reactor/test_ending one_event_one_line_in_the_journal
  reactor/test_talk full_disk_refuses_and_recovers
C38 names of local accounts, look-alikes, other case
  reactor/test_errors refused_line
  reactor/test_names nick_that_is_taken_changes_nothing case_of_my_own_name
  reactor/test_accounts a_login_is_its_accounts a_login_is_not_for_who_is_not_known
  reactor/test_accounts each_login_is_for_one_uid
C39 accounts that are none, and connections that are passed on
  reactor/test_accounts the_account_that_is_nobodys
  reactor/test_accounts a_uid_without_an_account_is_somebody_without_a_login
  reactor/test_sockdiag a_connection_of_another_account
  reactor/test_sockdiag a_connection_that_was_reset_is_nobodys_though_the_port_is_used_again
C40 the same person twice, and somebody else's secret
  reactor/test_sessions two_terminals_are_one_person hello_with_a_name_of_another_changes_nothing
  reactor/test_names rooms_and_tags_belong_to_the_session
  reactor/test_accounts another_account_is_somebody_else_over_tcp
C41 what lies on disk or in the command line is nobody else's
  reactor/test_log only_the_owner_may_read
  reactor/test_spool nobody_else_may_look
  curses_client/test_store nobody_else_may_read_it_whatever_the_umask
  reactor/test_accounts nobody_else_can_read_what_the_server_stores
  reactor/test_passwords wrong_words
  reactor/test_keys flood_of_wrong_keys_holds_nobody_up
C42 forged senders of datagrams
  reactor/test_udp c42_refused_beyond_loopback_unless_a_network_is_allowed
  reactor/test_udp c42_only_the_allowed_network_may_speak
  reactor/test_udp c42_nothing_is_sent_to_who_has_not_spoken_nor_because_of_one_datagram
C43 datagrams that are lost, doubled, late or too long
  reactor/test_udp c43_lost_doubled_and_reordered_datagrams
  reactor/test_datagrams c43_datagram_over_1200_bytes_is_dropped_and_counted
C44 an address that is silent, and comes back
  reactor/test_udp c44_forgotten_after_silence_and_known_again_by_the_next_datagram
  reactor/test_datagrams c44_silent_address_is_forgotten_in_time_and_known_again
C45 a dead receiver of datagrams
  reactor/test_udp c45_dead_receivers_are_forgotten_and_cost_nobody_a_datagram
  reactor/test_udp c45_error_of_a_send_is_not_the_next_receivers
C46 other groups, own packets, forged ones
  reactor/test_multicast c46_own_datagrams_are_dropped c46_forged_multicast_is_a_guests_talk
  reactor/test_multicast c46_another_group_on_the_same_port_does_not_get_in
  reactor/test_multicast c46_another_interface_does_not_get_in
C47 the terminal is given back, after a defect too
  curses_client/test_faults_pty a_defect_gives_the_terminal_back_and_is_told_behind_it
  curses_client/test_pty the_terminal_is_given_back
C48 the terminal goes away
  curses_client/test_pty a_cut_ssh_connection_ends_it_within_a_second
  curses_client/test_ssh cut_off_and_back
  curses_client/test_chat_kept killed_with_lines_that_were_not_acknowledged
C49 any size of the terminal, and five hundred of them
  curses_client/test_pty resize five_hundred_resizes_leave_the_screen_right
  curses_client/test_faults_pty it_starts_however_small_the_terminal_is
C50 a burst, a paste, a restart while one types, an output that ends
  curses_client/test_faults_pty a_burst_is_drawn_in_a_few_frames_and_typing_goes_on
  curses_client/test_faults_pty what_is_typed_stays_while_the_server_goes_and_comes
  curses_client/test_keys a_paste_is_bounded a_large_paste_takes_linear_time
  curses_client/test_lines_end head_takes_one_line_and_nobody_complains
  curses_client/test_link_time the_wait_doubles_up_to_its_limit
"""
