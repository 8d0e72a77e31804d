"""What may be said: the wire of obrol, pure.

Bytes become frames and frames become bytes here. Nothing in this folder opens a socket or a file,
reads a clock or waits: a test asserts that no such module is imported. It may import nothing of
the other folders; they all may import it.

``grammar``   what a name, a number, a text … must look like
``verbs``     every line of the wire, both ways, as two tables
``parser``    bytes -> frames: three calls and the line/payload state machine
``errors``    the codes of ``ERR`` and the words of ``BYE``, with their texts
``limits``    every limit that an operator may set, with its reason
"""
