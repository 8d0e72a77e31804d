"""The hub: who is here, which rooms, what is delivered to whom. It knows no socket.

``stage``     what a turn wants to send and to store, until the log has answered
``people``    sessions and the names that belong to them
``rooms``     rooms and who is in them
``pace``      how fast somebody may talk
``answers``   what is answered once the turn is on disk: acknowledgements, pages of history
``locks``     keys and passwords: how they are kept and tried; ``passwords``: those of names
``entering``  the verbs of coming, going and being called something
``guests``    people whose door knows nobody: in memory alone
``rooming``   the verbs of rooms
``talking``   the verbs of talk and of reading it again
``searching`` the verb SEARCH, and the searches that take several turns
``filing``    the verbs of files; ``keeping``: how long files are kept
``banning``   who is kept out and who is silent; ``operating``: the other verbs of operators
``hub``       the table of verbs, and the turn: handle, settle, take back

A door calls :meth:`Hub.handle` for each line, :meth:`Hub.refuse` for each bad one and
:meth:`Hub.lost` when a connection is gone; the loop calls :meth:`Hub.settle` once a turn.
"""

from reactor.hub.hub import Hub
from reactor.hub.stage import Item, Peer

__all__ = ["Hub", "Item", "Peer"]
