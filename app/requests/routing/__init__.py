"""Routing chooses the right person, in time. Pure: the same facts always give the same answer.

``steps`` is a request's ladder as data, ``search`` chooses the next member on it, ``ranking`` says
who comes first and why, ``exclusions`` why a member is not asked. ``surge`` plans for all requests
at once.
"""
