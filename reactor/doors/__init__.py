"""The ways in. A door turns bytes into calls on the hub, and what the hub delivers into bytes.

``sockets``  listening sockets, and what the kernel knows of who connects
``native``   the protocol of ``wire``, over TCP, UNIX sockets and TLS
``peer``     one of its connections: what it says; ``connection``: whether it is silent or slow
``outgoing`` files on their way out of one connection

Programs that do not speak that protocol are guests:

``guest``     what their doors have in common; ``tongue``: lines of the wire in words for people
``plain``     telnet, nc, and programs for which one ``recv`` is one message
``datagrams`` the bounded table of addresses behind ``udp`` and ``multicast``
``foreign``   which of them were asked for

``announce`` tells the LAN that there is a server, ``metrics`` tells Prometheus its numbers;
``opening``  all doors of one server
"""
