"""The client of obrol: a curses screen, or plain lines for pipes and screen readers.

Four layers, each with one door to the next: what is known, how it looks, the terminal, the keys.

``chat``      the talk with the server: greeting, rooms, the outbox, questions and answers
``catchup``   nothing missing, nothing twice: history and live events in one order
``front``     what ``chat`` tells to whoever shows it
``link``      one connection at a time: connect, greet, notice silence, come back with back-off
              (``connecting``: how a connect went, and whether TLS answers)
``transfers`` all files on their way: ``uploads``, ``downloads``, and the ``folder`` they end in
``greeting``  HELLO and its answers; ``entering``: rooms; ``credentials``: what lets one in
``store``     what is kept between runs: the session secrets, the keys of rooms
``memory``    and what is remembered: ``remembered`` bounds it, ``process`` tells whose it is
``jsonfile``  the form of both files; ``places``: where they are
``unread``    a count for a prompt, read from there
``state``     what is known: windows, their lines, who is where, what was not read
``story``     what the server tells, made into lines of windows; ``alerts``: who calls me
``view``      state -> rows of styled text (``picture``); ``bars``: title and status; pure
``cells``     how text lies in terminal cells; nothing a stranger wrote can drive the terminal
``screen``    the only importer of curses: rows -> terminal
``keys``      bytes -> keys; ``bindings``: the table of keys; ``hands``: what each of them does
``editor``    the input line; ``modes``: what stands in its place for a while
``pasting``   what comes in several lines at once; ``drafts``: what the last run left there
``commands``  the table of commands; ``desk``: what they work on; ``help``: made from both tables
``actions``   what commands do; ``sending``, ``reading``, ``personal``: those of one kind
``asking``    keys and passwords, unseen (``plain_asking``: in line mode); ``locking``: its commands
``windows``   the desk of the screen; ``tracing``: its view of the wire (``trace``, ``tracewords``)
``keeper``    between the windows and what is remembered of them
``programs``  other programs on the loop; ``external_editor``: $EDITOR
``nearest``   the word that was meant
``settings``  what the user has set; ``options``: the table; ``toml``, ``colours``: its form
``completion`` what Tab completes
``app``       all on one loop; ``lines``: without a screen (``errands``, ``stdin``, ``plainly``)
``start``     the command line; ``face``: puts the parts of the screen together
``texts``     what is said, from ``sentences``, ``operator_sentences`` and the ``terms`` in them;
              ``reasons``: what system and server say; ``refusals``: in words of a command

It imports ``wire``, ``reactor.loop`` and ``reactor.stream``, and nothing else of the server.
"""
