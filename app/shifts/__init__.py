"""Shifts: the rota, what differs once, swaps, hand-over notes, and members' own calendars.

``on_duty(load(db), at)`` says who is on duty. The rest of the package keeps the rota.
"""

from app.shifts.exceptions import Different, override, restore, sign_up
from app.shifts.feed import close_feed, has_feed, open_feed, read_feed
from app.shifts.keeping import ROLES, Wanted, add, change, load, remove, turn_of, versions
from app.shifts.rota import Duty, Rota, Slot, Turn, on_duty, turns
from app.shifts.rules import instant, wall_time
from app.shifts.seeing import find, sees, shown, shown_slot
from app.shifts.watching import lacking

__all__ = [
    "ROLES",
    "Different",
    "Duty",
    "Rota",
    "Slot",
    "Turn",
    "Wanted",
    "add",
    "change",
    "close_feed",
    "find",
    "has_feed",
    "instant",
    "lacking",
    "load",
    "on_duty",
    "open_feed",
    "override",
    "read_feed",
    "remove",
    "restore",
    "sees",
    "shown",
    "shown_slot",
    "sign_up",
    "turn_of",
    "turns",
    "versions",
    "wall_time",
]
