"""Who watches the wire: what a link tells besides to the one who uses it."""

from typing import Protocol

from wire.parser import Frame, Refused


class Tap(Protocol):
    """Who watches the wire; all of it is told in the order in which it goes by."""

    def up(self, address: str) -> None:
        """A connection to ``address``, as people write it, is there."""

    def line(self, data: bytes, *, outgoing: bool) -> None:
        """A line with its LF; where CR LF came, without the CR."""

    def payload(self, count: int, *, outgoing: bool) -> None:
        """``count`` bytes behind a SEND line."""

    def refused(self, refused: Refused) -> None:
        """A line came that the parser could not read; its bytes are not kept."""

    def down(self, reason: str) -> None:
        """The connection is closed, or there was none; ``reason`` may be empty."""


def raw_line(frame: Frame) -> bytes:
    """The line as it travelled, with its LF: the grammar has one way to write a tag."""
    tag = b"" if frame.tag is None else b"=%b " % frame.tag.encode()
    return b"%b%b\n" % (tag, frame.line)
