"""Routing: the right person, in time. Pure: no database, no clock; the same facts, the same answer.

``steps`` gives a request's ladder and ``TIMING`` its time-outs, ``rank`` whom a step asks and why,
``excluded`` why it does not ask somebody, ``reachable`` whom the brief is sealed to. ``assign``
plans for all open requests at once.
"""
