"""Anonymised statistics: a public calendar, noise drawn once, a ledger, exports of what is stored.

``calendar categories tables consistency`` are pure. ``accumulator`` freezes months, ``releasing``
draws, ``ledger`` and ``chain`` keep count of what was told, ``exports`` hands out. OpenDP and SciPy
load in the process of ``drawing``, everything that draws or prints in that of ``printing``.
"""
