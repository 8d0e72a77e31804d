"""The soak: very many connections over every door for a while, cut, killed and restarted at random.

``records``  what each client did and was told, written down before it goes on, read by the judge
``people``   native clients, who come back with their session and what was not acknowledged
``guests``   plain programs, and those of datagrams
``crew``     one process that plays hundreds of them; it may be killed and started again
``conduct``  the server, the crews, the faults, and the judgement
"""
