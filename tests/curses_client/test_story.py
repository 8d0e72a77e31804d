"""What the server tells, made into lines of windows: where it goes, what counts, who is there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from curses_client.alerts import BELL_SECONDS, Alerts
from curses_client.front import Answer, Failure, Pending, Stored
from curses_client.state import Connection, Kind, Level, State
from curses_client.story import Story
from curses_client.texts import Texts
from tests.curses_client.fakes import TIME, Desk, message
from tests.curses_client.tellers import Stage, Teller, settings_of
from wire.parser import Frame

FRIDAY = "2026-11-20T12:00:00.123Z"  # noon: nearly everywhere the same day
SATURDAY = "2026-11-21T12:00:00.123Z"


@pytest.fixture
def teller() -> Teller:
    """In Indonesian, with window 1 alone."""
    return Teller()


def test_the_first_room_is_shown_at_once_and_the_next_ones_are_not(teller: Teller) -> None:
    teller.pass_("JOINED", TIME, "#lab", "rizky")
    assert teller.state.current.target == "#lab"
    teller.pass_("JOINED", TIME, "#uas", "rizky")
    assert teller.state.current.target == "#lab"
    assert [window.target for window in teller.state.windows] == ["", "#lab", "#uas"]


def test_events_go_to_the_window_of_their_scope(teller: Teller) -> None:
    teller.event("ke ruang", "#lab")
    teller.event("kepadaku", "@rizky")
    teller.event("dariku", "@aguel", "rizky")
    teller.event("kepada semua", "*", "admin")
    # What everybody is told is repeated where one looks.
    assert teller.texts("#lab") == ["ke ruang", "[semua] kepada semua"]
    assert teller.texts("@fatur") == ["kepadaku"]
    assert teller.texts("@aguel") == ["dariku"]
    assert teller.texts("") == ["kepada semua"]


def test_what_a_line_is(teller: Teller) -> None:
    teller.event("halo", number=5)
    teller.event("pasang kabel", kind="ACT")
    teller.event(f"11534336 {'0' * 64} See Saw.mp3", kind="FILE", number=1043)
    lines = teller.window("#lab").lines
    assert [line.kind for line in lines] == [Kind.TALK, Kind.DEED, Kind.FILE]
    assert [line.who for line in lines] == ["fatur"] * 3
    assert lines[0].id == 5
    assert lines[2].text == ">> #1043 See Saw.mp3 11,0 MB dari fatur · /get 1043"
    assert teller.stage.offers == [1043]


def test_unread_lines_and_mentions(teller: Teller) -> None:
    teller.state.show(teller.state.open("#uas"))
    teller.event("halo")
    window = teller.window("#lab")
    assert (window.unread, window.level) == (1, Level.TALK)
    teller.event("rizky: di mana?")
    assert (window.unread, window.level) == (2, Level.MENTION)
    assert window.lines[-1].mention
    assert teller.stage.bells == 1
    teller.clock.at += BELL_SECONDS
    teller.event("bisik", "@rizky")
    private = teller.window("@fatur")
    assert (private.unread, private.level) == (1, Level.MENTION)
    assert teller.stage.bells == 2
    # What I said myself, on another terminal, is nothing to read.
    teller.event("aku, rizky", sender="rizky")
    teller.event("dariku", "@fatur", "rizky")
    assert (window.unread, private.unread) == (2, 1)
    assert teller.stage.bells == 2
    assert not window.lines[-1].mention


def test_old_lines_do_not_ring_but_count(teller: Teller) -> None:
    teller.state.show(teller.state.open("#uas"))
    teller.event("rizky!", live=False)
    assert teller.stage.bells == 0
    assert teller.window("#lab").level is Level.MENTION


def test_what_the_last_run_had_shown_does_not_count(teller: Teller) -> None:
    teller.state.show(teller.state.open("#uas"))
    teller.event("rizky!", live=False, fresh=False)
    window = teller.window("#lab")
    assert (window.unread, window.level, window.lines[-1].mention) == (0, Level.NONE, True)
    assert teller.stage.bells == 0


def test_a_room_that_is_shown_on_a_terminal_without_focus_counts(teller: Teller) -> None:
    window = teller.state.open("#lab")
    teller.state.show(window)
    teller.event("halo")
    assert (window.unread, window.read) == (0, 1)
    teller.state.focus(gained=False)
    teller.event("halo?")
    assert (window.unread, window.read) == (1, 1)
    teller.state.focus(gained=True)
    assert (window.unread, window.read) == (0, 2)


def test_who_wrote_to_me_alone_last(teller: Teller) -> None:
    teller.event("ke ruang", sender="aguel")
    assert teller.story.whisperer == ""
    teller.event("kepadaku", "@rizky", "aguel")
    teller.event("kepadaku", "@rizky", "fatur")
    teller.event("dariku", "@aguel", "rizky")
    assert teller.story.whisperer == "fatur"


def test_an_event_of_anywhere_is_quoted_with_its_place(teller: Teller) -> None:
    window = teller.state.open(":search")
    teller.story.quote(window, Stored("MSG", 7, TIME, "#lab", "fatur", "halo", live=False))
    assert teller.texts(":search") == ["[#lab] halo"]
    assert (window.lines[0].id, window.newest, window.lines[0].who) == (0, 0, "fatur")


def test_whether_the_other_one_is_there(teller: Teller) -> None:
    window = teller.state.open("@fatur")
    asked: list[tuple[str, ...]] = []

    def answer(*words: str, failure: Failure | None = None) -> None:
        def ask(answered: Answer, *line: str) -> None:
            asked.append(line)
            answered([Frame("WHO", words, None, b"")] if words else [], failure)

        teller.chat.ask = ask
        teller.story.ask_whether_away("@fatur")

    for _ in range(2):  # what is known already is not told again
        answer("fatur", "door=unix", "away=makan\u00a0siang")
        assert (window.away, teller.texts("@fatur")) == (
            "makan siang", ["sedang pergi: makan siang"]
        )  # fmt: skip
    answer(failure=Failure("no-such-name", ""))
    assert window.away == "makan siang"
    answer("fatur", "door=unix")
    assert (window.away, len(window.lines)) == ("", 1)
    assert asked == [("WHO", "fatur")] * 4


def test_comings_and_goings_are_shown_and_never_counted(teller: Teller) -> None:
    teller.state.show(teller.state.open("#uas"))
    teller.pass_("JOINED", TIME, "#lab", "rizky")
    teller.pass_("NAMES", "#lab", "rizky+", "aguel*", "tamtama+*", "tamu~")
    teller.pass_("JOINED", TIME, "#lab", "fatur")
    teller.pass_("LEFT", TIME, "#lab", "aguel", "sampai jumpa")
    teller.pass_("LEFT", TIME, "#lab", "Tamtama")
    window = teller.window("#lab")
    assert teller.texts("#lab") == [
        "--> fatur bergabung",
        "<-- aguel keluar (sampai jumpa)",
        "<-- Tamtama keluar",
    ]
    assert {line.kind for line in window.lines} == {Kind.PASSING}
    assert sorted(window.people.values()) == ["fatur", "rizky", "tamu~"]
    assert (window.unread, window.level) == (0, Level.NONE)
    assert teller.stage.bells == 0


def test_many_names_come_in_several_lines(teller: Teller) -> None:
    teller.pass_("JOINED", TIME, "#lab", "rizky")
    teller.pass_("NAMES", "#lab", *(f"a{n}" for n in range(100)))
    teller.pass_("NAMES", "#lab", *(f"b{n}" for n in range(50)), "rizky")
    assert len(teller.window("#lab").people) == 151


def test_after_a_break_who_is_there_is_told_anew(teller: Teller) -> None:
    """Who left while the link was lost is not counted for ever."""
    teller.pass_("JOINED", TIME, "#lab", "rizky")
    teller.pass_("NAMES", "#lab", "rizky", "fatur", "aguel")
    teller.story.link_lost("reset")
    assert len(teller.window("#lab").people) == 3
    teller.story.welcome()
    teller.pass_("JOINED", TIME, "#lab", "rizky")
    teller.pass_("NAMES", "#lab", "rizky", "aguel")
    assert sorted(teller.window("#lab").people) == ["aguel", "rizky"]


def test_who_left_a_room_whose_window_is_closed_opens_none(teller: Teller) -> None:
    teller.pass_("LEFT", TIME, "#lab", "rizky")
    assert teller.state.find("#lab") is None


def test_topics(teller: Teller) -> None:
    teller.pass_("TOPIC", TIME, "#lab", "fatur", "kumpul modul 11")
    # The same one again, after a break, is no news.
    teller.pass_("TOPIC", TIME, "#lab", "fatur", "kumpul modul 11")
    teller.pass_("TOPIC", TIME, "#lab", "aguel")
    assert teller.texts("#lab") == [
        "--- fatur mengganti topik: kumpul modul 11",
        "--- aguel menghapus topik",
    ]
    assert teller.window("#lab").topic == ""


def test_new_names_in_every_room_that_is_concerned(teller: Teller) -> None:
    for room in ("#lab", "#uas", "#lain"):
        teller.pass_("JOINED", TIME, room, "rizky")
    teller.pass_("JOINED", TIME, "#lab", "fatur")
    teller.pass_("JOINED", TIME, "#uas", "fatur")
    teller.event("bisik", "@rizky")
    teller.pass_("RENAMED", TIME, "fatur", "fatih")
    assert teller.texts("#lab")[-1] == "--- fatur sekarang bernama fatih"
    assert teller.texts("#uas")[-1] == "--- fatur sekarang bernama fatih"
    assert teller.texts("#lain") == []
    assert teller.state.find("@fatih") is not None
    assert teller.state.name == "rizky"


def test_my_own_new_name(teller: Teller) -> None:
    teller.pass_("JOINED", TIME, "#lab", "rizky")
    teller.chat.name = "rizky2"  # the chat heard of it first
    teller.pass_("RENAMED", TIME, "rizky", "rizky2")
    assert teller.state.name == "rizky2"
    assert teller.texts("#lab") == ["--- rizky sekarang bernama rizky2"]


def test_an_invitation_is_told_where_one_looks_and_rings(teller: Teller) -> None:
    teller.state.show(teller.state.open("#lab"))
    teller.pass_("INVITED", TIME, "#rahasia", "fatur")
    assert teller.texts("#lab") == ["fatur mengundang kamu: /join #rahasia"]
    assert teller.texts("") == ["--- fatur mengundang kamu: /join #rahasia"]
    assert teller.stage.bells == 1
    assert teller.state.find("#rahasia") is None


def test_words_of_the_house_are_in_window_one(teller: Teller) -> None:
    teller.state.show(teller.state.open("#lab"))
    teller.pass_("MOTD", "selamat datang")
    assert teller.texts("") == ["selamat datang"]


def test_verbs_of_later_versions_are_not_told(teller: Teller) -> None:
    teller.pass_("POLL", "x")
    assert [len(window.lines) for window in teller.state.windows] == [0]


def test_a_day_line_between_two_days_in_both_languages() -> None:
    for language, told in (("id", "Sabtu, 21 November 2026"), ("en", "Saturday, 21 November 2026")):
        teller = Teller(language)
        teller.event("kemarin", time=FRIDAY)
        teller.event("pagi", time=SATURDAY)
        teller.event("lagi", time=SATURDAY)
        assert teller.texts("#lab") == ["kemarin", f"── {told} ──", "pagi", "lagi"]


def test_coming_in(teller: Teller) -> None:
    teller.chat.name = "Rizky"
    teller.story.welcome()
    assert teller.state.connection is Connection.UP
    assert (teller.state.name, teller.state.badges) == ("Rizky", "verified")
    assert teller.texts("") == ["tersambung ke @obrol-59000 sebagai Rizky"]
    assert teller.stage.link_changes == 1


def test_no_server_at_the_first_try_is_said_once(teller: Teller) -> None:
    teller.story.link_lost("")
    teller.story.link_lost("Connection refused")
    assert teller.texts("") == [
        "tidak ada server di @obrol-59000: ditutup server. Jalankan dengan `make server`."
    ]
    assert (teller.state.connection, teller.state.retry_at) == (Connection.LOST, 7.5)
    assert teller.state.reason == "Connection refused"


def test_a_loss_later_is_the_bars_to_tell(teller: Teller) -> None:
    teller.story.welcome()
    teller.story.link_lost("kabel lepas")
    assert len(teller.texts("")) == 1
    assert (teller.state.reason, teller.stage.link_changes) == ("kabel lepas", 2)


def test_a_refused_line_is_told_with_its_words_in_its_own_window(teller: Teller) -> None:
    teller.state.open("#lab")
    teller.story.failed(Pending("t", "SAY", "#lab", "halo semua"), Failure("silenced", "x"))
    teller.story.failed(Pending("t", "SAY", "#tutup", "halo"), Failure("baru", "kode baru"))
    assert teller.texts("#lab") == [
        "tidak terkirim ke #lab: kamu sedang tidak boleh bicara: halo semua"
    ]
    # Its window was closed: where one looks.
    assert teller.texts("") == ["tidak terkirim ke #tutup: kode baru: halo"]
    assert teller.window("#lab").lines[0].kind is Kind.ERROR


def test_a_refused_room(teller: Teller) -> None:
    teller.story.room_failed("#kunci", Failure("bad-key", "x"))
    assert teller.texts("") == ["tidak bisa masuk #kunci: kunci ruang salah"]


def test_another_history_is_told_in_every_window(teller: Teller) -> None:
    teller.state.open("#lab")
    teller.story.forgotten()
    for target in ("", "#lab"):
        assert teller.texts(target) == [
            "server punya riwayat baru; yang di atas ini dari yang lama"
        ]


def test_the_end_is_the_stages_to_tell(teller: Teller) -> None:
    teller.story.refused(Failure("name-taken", "x"))
    assert teller.stage.refusals == [Failure("name-taken", "x")]
    teller.story.goodbye("kicked", "terlalu bising")
    assert teller.stage.ends == [
        "operator mengeluarkan kamu: terlalu bising. obrol tidak kembali sendiri."
    ]


def test_my_unacknowledged_lines_of_the_window_that_is_shown(teller: Teller) -> None:
    teller.chat.outbox = {
        str(n): Pending(str(n), "SAY", target, f"{n}")
        for n, target in enumerate(["#lab", "#uas", "#LAB", "@fatur"])
    }
    assert teller.story.pending() == []
    teller.state.show(teller.state.open("#Lab"))
    assert teller.story.pending() == ["0", "2"]


def test_older_lines_stand_in_front_in_order(teller: Teller) -> None:
    teller.event("baru", number=50)
    window = teller.window("#lab")
    older = [Stored("MSG", n, TIME, "#lab", "fatur", f"lama {n}", live=False) for n in (48, 49)]
    teller.story.put_before(window, older)
    assert teller.texts("#lab") == ["lama 48", "lama 49", "baru"]
    assert [line.id for line in window.lines] == [48, 49, 50]
    assert window.unread == 0


def test_older_lines_across_midnight(teller: Teller) -> None:
    teller.event("baru", number=50, time=SATURDAY)
    older = Stored("MSG", 49, FRIDAY, "#lab", "fatur", "lama", live=False)
    teller.story.put_before(teller.window("#lab"), [older])
    assert teller.texts("#lab") == ["lama", "── Sabtu, 21 November 2026 ──", "baru"]


def test_nothing_older(teller: Teller) -> None:
    window = teller.state.open("#lab")
    teller.story.put_before(window, [])
    assert teller.texts("#lab") == ["tidak ada yang lebih lama"]
    # Without a link nobody knows whether there is.
    teller.chat.online = False
    teller.story.put_before(window, [])
    assert teller.texts("#lab")[-1] == "belum tersambung; coba lagi nanti"


def test_speakers_are_remembered_but_for_me(teller: Teller) -> None:
    for who in ("fatur", "aguel", "rizky", "fatur"):
        teller.event("x", sender=who)
    assert list(teller.window("#lab").speakers) == ["aguel", "fatur"]


def test_every_change_is_told_to_the_stage(teller: Teller) -> None:
    acts: list[Callable[[], object]] = [
        lambda: teller.event("x"),
        lambda: teller.pass_("JOINED", TIME, "#lab", "fatur"),
        lambda: teller.story.notice("x"),
        lambda: teller.story.delivered(Pending("t", "SAY", "#lab", "x")),
        lambda: teller.story.put_before(teller.window("#lab"), []),
        teller.story.forgotten,
    ]
    for act in acts:
        before = teller.stage.changes
        act()
        assert teller.stage.changes > before


def test_with_a_real_chat(tmp_path: Path) -> None:
    """The whole way from the server's lines to the windows."""
    state, stage = State("rizky"), Stage()
    with Desk(tmp_path) as desk:
        story = Story(state, Texts("id"), stage, desk.clock, Alerts(settings_of({})))
        story.chat = desk.chat
        desk.chat._front = desk.chat._past._front = story
        peer = desk.start("#lab")
        peer.greet()
        peer.let_in("#lab")
        peer.page("#lab before 999999999999999 100", message(1), message(2))
        peer.page("@ before 999999999999999 100", message(3, "@rizky"))
        peer.say(message(4, text="rizky: halo"))
        desk.run_until(lambda: stage.bells)
        assert [(w.target, len(w.lines)) for w in state.windows] == [
            ("", 1), ("#lab", 3), ("@fatur", 1)
        ]  # fmt: skip
        assert state.current.target == "#lab"
