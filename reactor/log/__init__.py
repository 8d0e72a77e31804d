"""The log: every stored event, session, name and room, in one SQLite file.

Nobody else imports sqlite3. The hub hands over a :class:`~reactor.log.records.Batch` and goes on
when the log says that it is on disk and which ids the events got; no id is used before that answer,
so that the log may one day be on another machine.

``records``  what is stored, as plain objects
``schema``   the tables, their version
``changes``  how each kind of change is written
``sqlite``   the log itself: commit, the questions that may be asked, checkpoints
``words``    what a search looks for, how a text is cut into what can be found
``search``   the full-text index, a file of its own that can be made again
``lookup``   one search, by the index and by reading what it does not have
``backup``   reading a log beside its server, and a copy of it
``checkup``  what is wrong in a log, in words
"""

from reactor.log.records import EVERYBODY, Batch, Event, Place
from reactor.log.sqlite import Log, LogBusyError, LogError, LogUnusableError

__all__ = ["EVERYBODY", "Batch", "Event", "Log", "LogBusyError", "LogError", "LogUnusableError",
           "Place"]  # fmt: skip
