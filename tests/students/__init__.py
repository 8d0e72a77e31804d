"""Chat programs as they are written in a networking lab, each a script of its own.

They know nothing of the wire: blocking sockets, a thread that receives, ``recv(1024)``, no line
ends, no care for a message that comes in two pieces. So they are left on purpose; the server has
to get along with them.
"""
