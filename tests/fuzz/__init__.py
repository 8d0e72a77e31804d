"""Fuzzing: recorded sessions, damaged by a seed, at every door of a real server.

``seeds``    the sessions, by door
``mutator``  a seed and a number give one input: bytes, how they are cut, how it ends
``fuzzing``  many of them at once against a server, a witness beside them, and what must hold
"""
