"""How a stream ends: half-close (C19), the last words of finish(), abort(), and lost()."""

import contextlib
import socket
import struct
from collections.abc import Iterator

import pytest

from reactor.stream import State, Stream
from tests.reactor.fakes import Listening, drain_socket, fill_socket, tcp_pair, turn, until
from tests.reactor.test_stream import Wire

LINGER = 5.0


@pytest.fixture(params=["unix", "tcp"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    wire = Wire(request.param)
    yield wire
    wire.close()


def last_words(wire: Wire) -> tuple[bytes, str]:
    """All that the far end reads, and how it ends: ``end`` or ``reset``."""
    found = b""
    end = ""

    def step() -> bool:
        nonlocal found, end
        try:
            data = wire.far.recv(65_536)
        except BlockingIOError:
            return False
        except ConnectionResetError:
            end = "reset"
            return True
        found += data
        end = "" if data else "end"
        return not data

    until(wire.loop, step)
    return found, end


def test_a_half_closed_stream_still_answers(wire: Wire) -> None:
    wire.far.send(b"SAY")
    wire.far.shutdown(socket.SHUT_WR)
    until(wire.loop, lambda: "ended" in wire.owner.notes)
    assert wire.owner.data == b"SAY"
    assert wire.stream.state is State.OPEN
    wire.stream.write(b"OK\n")
    turn(wire.loop)
    assert wire.owner.notes == ["received", "ended", "flushed"]
    wire.stream.write(b"BYE\n")
    wire.stream.finish(LINGER)
    assert last_words(wire) == (b"OK\nBYE\n", "end")
    assert wire.owner.reasons == [""]


def test_the_end_of_the_other_side_is_told_once_and_costs_no_turns(wire: Wire) -> None:
    wire.far.shutdown(socket.SHUT_WR)
    until(wire.loop, lambda: wire.owner.notes)
    for _ in range(3):
        turn(wire.loop)
    wire.stream.pause()
    wire.stream.resume()
    turn(wire.loop)
    assert wire.owner.notes == ["ended"]
    assert wire.interest == 0


def test_finish_sends_what_is_queued_and_then_the_end(wire: Wire) -> None:
    wire.fill()
    wire.stream.write(b"last ")
    wire.stream.write(b"words")
    wire.stream.finish(LINGER)
    assert wire.stream.state.name == "FINISHING"
    wire.stream.write(b"too late")
    turn(wire.loop)
    assert wire.stream.state.name == "FINISHING"
    found, end = last_words(wire)
    assert (found.lstrip(b"\0"), end) == (b"last words", "end")
    assert wire.stream.state.name == "LINGERING"
    assert not wire.owner.was_lost
    wire.far.close()
    until(wire.loop, lambda: wire.owner.was_lost)
    assert wire.owner.reasons == [""]
    assert wire.stream.state.name == "CLOSED"


def test_finish_with_nothing_queued_says_the_end_at_once(wire: Wire) -> None:
    wire.stream.finish(LINGER)
    assert wire.stream.state is State.LINGERING
    assert last_words(wire) == (b"", "end")
    wire.far.close()
    until(wire.loop, lambda: wire.owner.was_lost)


def test_closing_over_unread_input_resets() -> None:
    """The planted opposite of the next test: why finish() reads on."""
    wire = Wire("tcp")
    wire.stream.pause()
    wire.far.send(b"x" * 1000)
    turn(wire.loop)
    wire.near.send(b"BYE bad-line\n")
    wire.stream.abort()
    turn(wire.loop)
    assert last_words(wire)[1] == "reset"
    wire.close()


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("size", [1000, 300_000])
def test_the_last_words_arrive_though_the_peer_sent_what_nobody_reads(
    wire: Wire, size: int, *, paused: bool
) -> None:
    if paused:
        wire.stream.pause()
    turn(wire.loop)
    sent = 0

    def send_on() -> bool:
        """The peer is in the middle of sending, and goes on."""
        nonlocal sent
        try:
            sent += wire.far.send(b"x" * min(4096, size - sent))
        except BlockingIOError:
            return sent > 0
        return sent == size or sent >= 4096

    until(wire.loop, send_on)
    known = len(wire.owner.data)
    wire.stream.write(b"ERR too-long\n")
    wire.stream.write(b"BYE bad-line\n")
    wire.stream.finish(LINGER)

    def send_all() -> bool:
        send_on()
        return sent == size

    until(wire.loop, send_all)
    assert last_words(wire) == (b"ERR too-long\nBYE bad-line\n", "end")
    assert len(wire.owner.data) == known, "what comes after the goodbye is nobody's"
    assert not wire.owner.was_lost
    wire.far.close()
    until(wire.loop, lambda: wire.owner.was_lost)
    assert wire.owner.reasons == [""]
    assert wire.near.fileno() == -1


def test_a_peer_that_reads_only_when_it_has_sent_all_gets_its_last_words(wire: Wire) -> None:
    """We had stopped reading it; to wait for it to read while it waits for us would be for ever."""
    wire.stream.pause()
    wire.fill()
    wire.stream.write(b"BYE\n")
    turn(wire.loop)
    sent = fill_socket(wire.far)
    wire.stream.finish(LINGER)

    def send_on() -> bool:
        nonlocal sent
        with contextlib.suppress(BlockingIOError):
            sent += wire.far.send(b"x" * 65_536)
        return sent > 10_000_000

    until(wire.loop, send_on)
    assert wire.stream.state is State.FINISHING
    found, end = last_words(wire)
    assert (found.lstrip(b"\0"), end) == (b"BYE\n", "end")


def test_who_does_not_read_its_last_words_is_cut_when_the_time_is_up(wire: Wire) -> None:
    wire.fill()
    wire.stream.write(b"BYE\n")
    wire.stream.finish(LINGER)
    turn(wire.loop)
    wire.clock.advance(LINGER - 0.1)
    turn(wire.loop)
    assert not wire.owner.was_lost
    wire.clock.advance(0.2)
    turn(wire.loop)
    assert wire.owner.reasons == [""]
    assert wire.near.fileno() == -1


def test_who_reads_but_does_not_close_is_cut_when_the_time_is_up(wire: Wire) -> None:
    wire.stream.write(b"BYE\n")
    wire.stream.finish(LINGER)
    assert last_words(wire) == (b"BYE\n", "end")
    wire.clock.advance(LINGER - 0.1)
    turn(wire.loop)
    assert wire.stream.state is State.LINGERING
    wire.clock.advance(0.2)
    turn(wire.loop)
    assert wire.owner.reasons == [""]


def test_finish_without_a_linger_still_tries_once(wire: Wire) -> None:
    wire.loop.hooks.append(lambda: wire.stream.finish(0))
    wire.stream.write(b"BYE\n")
    turn(wire.loop)
    turn(wire.loop)
    assert last_words(wire) == (b"BYE\n", "end")
    assert wire.owner.reasons == [""]


def test_finish_twice_is_finish_once(wire: Wire) -> None:
    wire.stream.write(b"BYE\n")
    wire.stream.finish(LINGER)
    turn(wire.loop)
    wire.stream.finish(0)
    wire.clock.advance(1)
    turn(wire.loop)
    assert not wire.owner.was_lost


def test_finish_when_the_other_side_has_ended_closes_at_once(wire: Wire) -> None:
    wire.far.shutdown(socket.SHUT_WR)
    until(wire.loop, lambda: wire.owner.notes)
    wire.stream.finish(LINGER)
    assert wire.owner.reasons == [""]
    assert last_words(wire) == (b"", "end")


def test_the_end_of_the_peer_while_last_words_wait_is_no_end_of_ours(wire: Wire) -> None:
    wire.fill()
    wire.stream.write(b"BYE\n")
    wire.stream.finish(LINGER)
    wire.far.shutdown(socket.SHUT_WR)
    for _ in range(3):
        turn(wire.loop)
    assert not wire.owner.was_lost
    found, end = last_words(wire)
    assert (found.lstrip(b"\0"), end) == (b"BYE\n", "end")
    assert wire.owner.reasons == [""]


def test_abort_tells_once_and_closes_at_the_end_of_the_turn(wire: Wire) -> None:
    wire.stream.write(b"never")
    wire.stream.abort("because")
    wire.stream.abort("again")
    assert wire.owner.reasons == ["because"]
    assert wire.stream.queued == 0
    assert wire.near.fileno() != -1
    for call in (wire.stream.pause, wire.stream.resume, wire.stream.flush, wire.stream.drop_unsent):
        call()
    wire.stream.write(b"x")
    wire.stream.finish(LINGER)
    turn(wire.loop)
    assert wire.near.fileno() == -1
    wire.clock.advance(100)
    turn(wire.loop)
    assert wire.owner.reasons == ["because"]
    assert drain_socket(wire.far) == b""


def test_abort_in_a_call_of_the_stream_is_the_last_that_is_heard(wire: Wire) -> None:
    """Listening itself fails when it hears something after lost()."""
    wire.owner.on["blocked"] = lambda: wire.stream.abort("slow")
    piece = b"x" * 100_000
    for _ in range(60):
        wire.stream.write(piece)
    turn(wire.loop)
    turn(wire.loop)
    assert wire.owner.notes == ["blocked", "lost"]


def test_lost_is_the_last_that_is_heard_when_the_last_byte_leaves(wire: Wire) -> None:
    wire.far.shutdown(socket.SHUT_WR)
    until(wire.loop, lambda: wire.owner.notes)
    wire.stream.write(b"BYE\n")
    wire.stream.finish(LINGER)
    turn(wire.loop)
    assert wire.owner.notes == ["ended", "lost"]


@pytest.mark.parametrize("call", ["received", "flushed"])
def test_abort_in_any_call(wire: Wire, call: str) -> None:
    wire.owner.on[call] = wire.stream.abort
    wire.far.send(b"x")
    wire.stream.write(b"x")
    until(wire.loop, lambda: wire.owner.was_lost)
    turn(wire.loop)
    assert wire.owner.reasons == [""]


def test_a_reset_is_told_in_words() -> None:
    wire = Wire("tcp")
    wire.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.far.close()
    until(wire.loop, lambda: wire.owner.was_lost)
    assert wire.owner.reasons == ["reset by the other side"]
    wire.close()


def test_a_reset_while_lingering_ends_it() -> None:
    wire = Wire("tcp")
    wire.stream.finish(LINGER)
    turn(wire.loop)
    wire.far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.far.close()
    until(wire.loop, lambda: wire.owner.was_lost)
    assert wire.stream.state is State.CLOSED
    wire.close()


def test_drop_unsent_keeps_the_piece_that_has_begun(wire: Wire) -> None:
    wire.stream.write(b"a" * 1_000_000)
    wire.stream.write(b"b" * 1000)
    wire.stream.write(b"c" * 1000)
    turn(wire.loop)
    left = wire.stream.queued - 2000
    assert 0 < left < 1_000_000
    wire.stream.drop_unsent()
    assert wire.stream.queued == left
    wire.stream.write(b"BYE slow-reader\n")
    wire.stream.finish(LINGER)
    assert last_words(wire) == (b"a" * 1_000_000 + b"BYE slow-reader\n", "end")


def test_drop_unsent_drops_everything_when_no_piece_has_begun(wire: Wire) -> None:
    room = wire.fill()
    wire.stream.write(b"a" * 1000)
    wire.stream.write(b"b" * 1000)
    turn(wire.loop)
    assert wire.stream.is_blocked
    wire.stream.drop_unsent()
    assert wire.stream.queued == 0
    wire.stream.write(b"BYE slow-reader\n")
    wire.stream.finish(LINGER)
    assert last_words(wire) == (b"\0" * room + b"BYE slow-reader\n", "end")


def test_drop_unsent_before_the_flush_leaves_nothing(wire: Wire) -> None:
    wire.stream.write(b"a")
    wire.stream.drop_unsent()
    turn(wire.loop)
    assert wire.stream.queued == 0
    assert wire.owner.notes == []
    wire.stream.write(b"b")
    assert wire.drain_until(b"b") == b"b"


def test_a_stream_takes_any_socket_without_waiting_for_it() -> None:
    near, far = tcp_pair()
    assert near.gettimeout() is None
    wire = Wire("tcp")
    stream = Stream(wire.loop, near, Listening())
    assert near.gettimeout() == 0
    stream.abort()
    wire.close()
    far.close()
