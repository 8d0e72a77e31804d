"""The server of obrol: one thread, one select loop, one log.

``loop``      the turn: ready -> stage -> commit -> flush -> timers -> closes; knows nothing of chat
``stream``    one non-blocking socket with its counted write buffer, of ``pieces``; ``tls``: sealed
``listener``  a listening socket, and what to do when descriptors run out
``counters``  the numbers an operator needs, by name; ``gauges`` where they come from
``systemd``   what a service manager is told, and the sockets that it hands over
``service/``  its units, and the programs that ``make install`` makes
``upkeep``    ``--backup`` and ``--check``: what needs no server
``indexing``  when the index for searches is filled; ``trimming``: when memory is given back
``hub/``      who is here, which rooms, what is delivered to whom; knows no socket
``log/``      the stored events; nobody else imports sqlite3
``spool/``    the stored files; nobody else touches its folder
``doors/``    the ways in: bytes become calls on the hub, events become bytes

Arrows run one way: doors -> hub -> log, spool; ``loop`` and ``stream`` import nothing of chat,
because the client runs on them too.
"""
