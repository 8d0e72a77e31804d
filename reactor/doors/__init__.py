"""The ways in. A door turns bytes into calls on the hub, and what the hub delivers into bytes.

``sockets``  listening sockets, and what the kernel knows of who connects
``native``   the protocol of ``wire``, over TCP and UNIX sockets; ``peer``: one of its connections
``outgoing`` files on their way out of one connection
"""
