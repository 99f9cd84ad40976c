"""Shifts: the rota, overrides, swaps, hand-over notes, and members' own calendars.

``find_duty(load_rota(db), at)`` tells who is on duty.
"""

from app.rota.feed import close_feed, has_feed, open_feed, read_feed
from app.rota.handover import read_handovers, write_handover
from app.rota.overrides import ChangedTurn, join_shift, override_turn, restore_turn
from app.rota.rota import Duty, ShiftTurn, Slot, find_duty, list_turns
from app.rota.rules import MOST_TIMES
from app.rota.shift_rows import load_rota, read_shift_versions
from app.rota.shifts import (
    SHIFT_ROLES,
    ShiftChanges,
    ShiftFacts,
    add_shift,
    change_shift,
    remove_shift,
)
from app.rota.swaps import Swap, find_swap, list_swaps, offer_swap, take_swap, withdraw_swap
from app.rota.unfilled import (
    describe_lacking,
    find_lacking_turns,
    find_untold_turns,
    note_told,
    put_away_old,
)
from app.rota.visibility import find_shift, show_slot, show_turn
from app.rota.wall_time import find_instant, show_wall_time

__all__ = [
    "MOST_TIMES",
    "SHIFT_ROLES",
    "ChangedTurn",
    "Duty",
    "ShiftChanges",
    "ShiftFacts",
    "ShiftTurn",
    "Slot",
    "Swap",
    "add_shift",
    "change_shift",
    "close_feed",
    "describe_lacking",
    "find_duty",
    "find_instant",
    "find_lacking_turns",
    "find_shift",
    "find_swap",
    "find_untold_turns",
    "has_feed",
    "join_shift",
    "list_swaps",
    "list_turns",
    "load_rota",
    "note_told",
    "offer_swap",
    "open_feed",
    "override_turn",
    "put_away_old",
    "read_feed",
    "read_handovers",
    "read_shift_versions",
    "remove_shift",
    "restore_turn",
    "show_slot",
    "show_turn",
    "show_wall_time",
    "take_swap",
    "withdraw_swap",
    "write_handover",
]
