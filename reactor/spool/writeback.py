"""The way of a big upload to the disk while it still comes: begun early, waited for late.

fdatasync(2) waits for the newest byte, and empties the cache of the disk each time: said every few
MiB, it makes the loop stand still while the disk works, and the disk while the loop does. So each
part is handed to the disk as soon as it is written, and waited for when BEHIND_BYTES more have
come, by when it is usually there. What is waited for is bounded, and so is what the last fdatasync
finds to do; that one alone makes the file durable, its length and its place on the disk included.

sync_file_range(2) is what this needs. Where it is not to be had, fdatasync does what it can.
"""

import errno
import os
from collections.abc import Callable
from functools import cache
from typing import Final

PART_BYTES: Final = 1024 * 1024
"""So much is handed to the disk at once, or all that came in one turn if that is more."""
BEHIND_BYTES: Final = 8 * 1024 * 1024
"""A part is waited for when so much has come behind it: the disk always has some work."""

_WAIT_BEFORE: Final = 1
_WRITE: Final = 2
_WAIT_AFTER: Final = 4
_BEGIN: Final = _WRITE
_WAIT: Final = _WAIT_BEFORE | _WRITE | _WAIT_AFTER
_NOT_HERE: Final = frozenset({errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.ESPIPE})
"""The kernel, its filter of calls or the file system does not know the call: nothing is lost."""

SyncFileRange = Callable[[int, int, int, int], None]
"""Called with a descriptor, an offset, a length and the flags; raises OSError."""


class WriteBack:
    """How far one upload was handed to the disk: ``begun`` bytes from its start.

    ``offset``: bytes that an earlier process wrote, of which nobody knows how far they got.
    """

    __slots__ = ("_came", "begun")

    def __init__(self, offset: int) -> None:
        self.begun = 0
        self._came = offset

    def advance(self, fd: int, offset: int) -> None:
        """The first ``offset`` bytes of ``fd`` are written: hand over what is new of them.

        A call waits for as many bytes as it hands over, also while it catches up with what an
        earlier process wrote. Raises OSError when the disk did not take what was written.
        """
        came, self._came = offset - self._came, offset
        if offset - self.begun < PART_BYTES:
            return
        length = min(offset - self.begun, max(PART_BYTES, came))
        _say(fd, self.begun, self.begun + length, _BEGIN)
        _say(fd, self.begun - BEHIND_BYTES, self.begun - BEHIND_BYTES + length, _WAIT)
        self.begun += length

    def go_back(self, offset: int) -> None:
        """The bytes from ``offset`` on were dropped; others will come in their place."""
        self.begun = min(self.begun, offset)
        self._came = offset


def _say(fd: int, start: int, end: int, flags: int) -> None:
    """Begin or wait for what stands from ``start`` to ``end``, as far as that is in the file."""
    start = max(0, start)
    if start < end:
        try:
            sync_file_range()(fd, start, end - start, flags)
        except OSError as error:
            if error.errno not in _NOT_HERE:
                raise
            _instead(fd, start, end - start, flags)


def _instead(fd: int, _start: int, _length: int, flags: int) -> None:
    """The same with what every system has; it waits for more than it was asked to."""
    if flags == _WAIT:
        os.fdatasync(fd)


@cache
def sync_file_range() -> SyncFileRange:
    """The call of the C library, or what stands for it where there is none."""
    # It takes its time to load, and a server to which nobody sends big files does without.
    import ctypes  # noqa: PLC0415

    call = getattr(ctypes.CDLL(None, use_errno=True), "sync_file_range", None)
    if call is None:
        return _instead
    call.argtypes = (ctypes.c_int, ctypes.c_int64, ctypes.c_int64, ctypes.c_uint)

    def say(fd: int, offset: int, length: int, flags: int) -> None:
        if call(fd, offset, length, flags):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    return say
