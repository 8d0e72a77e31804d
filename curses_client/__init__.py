"""The client of obrol: a curses screen, or plain lines for pipes and screen readers.

Four layers, each with one door to the next: what is known, how it looks, the terminal, the keys.

``chat``      the talk with the server: greeting, rooms, the outbox, questions and answers
``catchup``   nothing missing, nothing twice: history and live events in one order
``front``     what ``chat`` tells to whoever shows it
``link``      one connection at a time: connect, greet, notice silence, come back with back-off
``transfers`` all files on their way: ``uploads``, ``downloads``, and the ``folder`` they end in
``store``     what is kept between runs: the session secrets
``state``     what is known: windows, their lines, who is where
``commands``  the table of commands
``actions``   what each command does; ``sending``: those of files
``completion`` what Tab completes
``story``     what the server tells, made into lines of windows
``view``      state -> rows of styled text; pure
``cells``     how text lies in terminal cells; nothing a stranger wrote can drive the terminal
``screen``    the only importer of curses: rows -> terminal
``keys``      bytes -> keys; ``editor``: the input line
``app``       the four layers on one loop; ``lines``: the same without a screen
``texts``     every sentence, in Indonesian and English

It imports ``wire``, ``reactor.loop`` and ``reactor.stream``, and nothing else of the server.
"""
