"""The spool: the stored files, by content, and the uploads that are not finished yet.

Nobody else touches its folder. A file is named by the SHA-256 of its bytes, so the same file twice
is stored once, and no name that a stranger chose is ever a path. ``files/`` holds what is whole and
synced to disk, ``partial/`` what is still coming: the bytes, and beside them a small description.

``spool``     the folder: what is stored, how much, what may go
``upload``    one upload: bytes in, hash while they come, to the disk piecewise, rename at the end
``writeback`` the way of a big upload to the disk, begun early and waited for late
``checkup``   what is wrong in the folder, in words
``shared``    an open file that several senders read, closed when the last one is done
"""

from reactor.spool.shared import SharedFile
from reactor.spool.spool import Spool
from reactor.spool.upload import Meta, SyncError, Upload

__all__ = ["Meta", "SharedFile", "Spool", "SyncError", "Upload"]
