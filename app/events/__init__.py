"""Dates in a case: hearings, check-ins, reviews; and what becomes of them.

The machine knows kind and time while the case is open, for reminders; the place is sealed to the
case. The sealed value holds kind and time too, so that they can leave the operational vault when
the case is closed. To add a date needs no key of the case: whoever was there can add the next one.
"""

from app.events.changing import NOT_AS_SAID, add, change, happened, put
from app.events.reading import Entry, calendar, of_cases, opened, read
from app.events.values import DISTANCES, archive, forget_over, restore
from app.events.wanted import AWAITED, LONGEST_PLACE, Wanted, check, instant_of

__all__ = [
    "AWAITED",
    "DISTANCES",
    "LONGEST_PLACE",
    "NOT_AS_SAID",
    "Entry",
    "Wanted",
    "add",
    "archive",
    "calendar",
    "change",
    "check",
    "forget_over",
    "happened",
    "instant_of",
    "of_cases",
    "opened",
    "put",
    "read",
    "restore",
]
