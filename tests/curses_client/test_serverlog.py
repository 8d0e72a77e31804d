"""The operator's windows: everybody's, and the server's log; what everybody is told."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from curses_client.bars import window_name
from curses_client.serverlog import ServerLog
from curses_client.state import LOG, Anchor, Kind, Level, moment
from curses_client.texts import Texts
from tests.curses_client.fakes import TIME
from tests.curses_client.tellers import Teller
from tests.curses_client.typing_desk import Typing


class Following:
    """A teller whose chat writes down what it says."""

    def __init__(self, folder: Path) -> None:
        self.typing = Typing(folder)
        self.teller = Teller("en")
        self.chat = self.typing.chat
        self.log = ServerLog(self.teller.state, Texts("en"), self.teller.story, self.chat)

    def said(self) -> list[str]:
        return self.typing.wire.take()


@pytest.fixture
def following(tmp_path: Path) -> Iterator[Following]:
    """In #lab, connected."""
    following = Following(tmp_path)
    yield following
    following.typing.loop.close()


def test_the_log_is_asked_for_at_once_and_after_each_break(following: Following) -> None:
    following.log.begin()
    assert following.said() == ["LOG on"]
    following.log.begin()
    assert following.said() == []
    following.teller.story.welcome()
    assert following.said() == ["LOG on"]
    following.log.end()
    assert following.said() == ["LOG off"]
    following.teller.story.welcome()
    assert following.said() == []


def test_before_there_is_a_connection_it_waits_for_one(tmp_path: Path) -> None:
    typing = Typing(tmp_path, online=False)
    teller = Teller("en")
    log = ServerLog(teller.state, Texts("en"), teller.story, typing.chat)
    log.begin()
    assert typing.wire.take() == []
    assert teller.texts("") == []
    assert teller.state.find(LOG) is None
    typing.loop.close()


def test_its_window_is_there_once_the_server_agreed(following: Following) -> None:
    state, shown = following.teller.state, []
    following.log.begin(lambda window: shown.append(window.target))
    assert state.find(LOG) is None
    following.typing.answer()
    following.teller.pass_("LOG", f"{TIME} joined name=rizky")
    assert following.teller.texts(LOG)[-1] == "joined name=rizky"
    assert (shown, state.current.target) == ([LOG], "")
    # Asked for once more, it is shown at once; after a break it does not come to the front.
    following.log.begin(lambda window: shown.append(window.target))
    following.teller.story.welcome()
    following.typing.answer()
    assert (shown, window_name(following.teller.window(LOG), Texts("id"))) == ([LOG] * 2, "catatan")


def test_the_end_of_it_is_told(following: Following) -> None:
    told: list[str] = []
    assert not following.log.end(told.append)
    assert following.said() == []
    following.log.begin()
    following.typing.answer()
    assert following.log.end(told.append)
    assert told == []
    following.typing.answer()
    assert told == ["the server's log is not followed any longer"]


def test_closing_its_window_ends_it(following: Following) -> None:
    following.log.begin()
    following.typing.answer()
    window = following.teller.window(LOG)
    following.said()
    following.log.closed(following.teller.state.windows[0])
    assert following.said() == []
    following.log.closed(window)
    assert following.said() == ["LOG off"]


def test_who_is_no_operator_is_told_so_once(following: Following) -> None:
    following.log.begin()
    following.typing.answer(end="ERR not-allowed x")
    assert following.teller.state.find(LOG) is None
    assert following.teller.texts("") == ["/log: you may not do that"]
    following.said()
    following.teller.story.welcome()
    assert following.said() == []


def test_lines_of_the_log_raise_no_mention_and_stand_with_their_time(following: Following) -> None:
    teller = following.teller
    teller.state.show(teller.state.open("#lab"))
    following.log.begin()
    following.typing.answer()
    teller.pass_("LOG", f"{TIME} joined name=rizky")
    teller.pass_("LOG", "rizky without a time")
    window = teller.window(LOG)
    shown = [line for line in window.lines if line.kind is Kind.PLAIN]
    assert [line.text for line in shown] == ["joined name=rizky", "rizky without a time"]
    assert shown[0].clock == moment(TIME).clock
    assert (window.level, window.unread, window.mentions) == (Level.LOG, 2, 0)
    assert teller.stage.bells == 0
    assert teller.texts("#lab") == []
    # Talk comes first for Alt+a.
    teller.state.touch(teller.state.open("#uas"), Level.FILE)
    assert teller.state.busiest() is teller.window("#uas")
    teller.window("#uas").looked_at()
    assert teller.state.busiest() is window


def test_a_line_for_a_window_that_was_closed_goes_nowhere(following: Following) -> None:
    teller = following.teller
    teller.pass_("LOG", f"{TIME} joined name=rizky")
    assert teller.state.find(LOG) is None
    assert teller.texts("") == []


# What everybody is told.


def test_an_announcement_is_seen_where_one_looks() -> None:
    teller = Teller("en", ignore="admin")
    teller.state.show(teller.state.open("#lab"))
    teller.event("server mati 30 s", "*", "admin")
    first = teller.state.windows[0]
    assert teller.texts("") == ["server mati 30 s"]
    assert teller.texts("#lab") == ["[everybody] server mati 30 s"]
    assert (first.unread, first.read, teller.stage.bells) == (0, 1, 1)
    assert teller.window("#lab").lines[0].mention
    # It is no event of the room: what was read there does not change.
    assert teller.window("#lab").newest == 0


@pytest.mark.parametrize("how", ["unfocused", "scrolled"])
def test_an_announcement_that_was_perhaps_not_seen_calls(how: str) -> None:
    teller = Teller("en")
    teller.state.show(teller.state.open("#lab"))
    for n in range(3):
        teller.event(str(n))
    if how == "unfocused":
        teller.state.focus(gained=False)
    else:
        teller.state.current.anchor = Anchor(0, 0)
    teller.event("perhatian", "*", "admin")
    first = teller.state.windows[0]
    assert (first.unread, first.level, teller.stage.bells) == (1, Level.MENTION, 1)
    assert "[everybody] perhatian" in teller.texts("#lab")


def test_old_announcements_are_not_repeated_in_the_room() -> None:
    teller = Teller("en")
    teller.state.show(teller.state.open("#lab"))
    teller.event("kemarin", "*", "admin", live=False, fresh=False)
    assert (teller.texts(""), teller.texts("#lab")) == (["kemarin"], [])
    # What was missed while the link was broken is.
    teller.event("baru saja", "*", "admin", live=False)
    assert teller.texts("#lab") == ["[everybody] baru saja"]
    assert teller.stage.bells == 0


@pytest.mark.parametrize("fresh", [True, False])
def test_a_countdown_that_is_over_calls_nobody(*, fresh: bool) -> None:
    teller = Teller("en")
    first = teller.state.windows[0]
    teller.state.show(teller.state.open("#lab"))
    first.known = 1  # as far as the last run had come
    now = teller.clock.wall()

    def told(ago: float, text: str = "server mati 30 s") -> None:
        time = datetime.fromtimestamp(now - ago, UTC).isoformat(timespec="milliseconds")
        teller.event(text, "*", "admin", time=time, live=False, fresh=fresh)

    told(3600)  # the first one was read
    told(61)
    assert (teller.texts("#lab"), first.unread, first.mentions) == ([], 1 + fresh, 0)
    assert (first.level, first.lines[-1].mention) == (Level.TALK, False)
    told(59)
    assert first.lines[-1].mention
    assert len(teller.texts("#lab")) == fresh
    # A call by name is one however long ago.
    told(3600, "rizky: tugasmu?")
    assert (first.level, first.lines[-1].mention) == (Level.MENTION, True)


def test_the_window_for_everybody_takes_the_announcements_of_the_console() -> None:
    teller = Teller("en")
    teller.state.show(teller.state.open("*"))
    teller.event("halo semua", "*", "rizky")
    assert (teller.texts("*"), teller.texts("")) == (["halo semua"], [])


@pytest.mark.parametrize("operator", [True, False])
def test_the_console_is_for_the_operator(*, operator: bool) -> None:
    teller = Teller("en")
    teller.story.console = True
    teller.chat.is_operator = operator
    welcomed: list[bool] = []
    teller.story.on_welcome = lambda: welcomed.append(True)
    teller.story.welcome()
    assert welcomed == [True] * operator
    assert len(teller.stage.ends) == (not operator)
    assert operator or "as the account that runs the server" in teller.stage.ends[0]


def test_the_console_without_a_socket_ends_and_says_why() -> None:
    teller = Teller("id")
    teller.story.console = True
    teller.story.link_lost("Connection refused")
    assert "tidak ada soket UNIX @obrol-59000: sambungan ditolak" in teller.stage.ends[0]
    later = Teller("id")
    later.story.console = later.chat.is_operator = True
    later.story.welcome()
    later.story.link_lost("kabel lepas")
    assert later.stage.ends == []
