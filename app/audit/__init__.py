"""The audit chain: each deed with its member and its object, as ids and kinds only.

Each entry's MAC covers the entry and the MAC before it, under a key outside the database. An entry
is written in the transaction of the deed: a deed that cannot be recorded does not happen.
"""

from app.audit.anchor import Verdict, advance_anchor, verify
from app.audit.chain import begin, record
from app.audit.checkpoints import ENTRY_LIFE, bridge_to_anchor, forget_old_entries
from app.audit.log import (
    DAMAGED,
    UNUSUAL,
    find_entries_since,
    find_proved_objects,
    has_done,
    history,
    mass_reading,
    read_page,
)

__all__ = [
    "DAMAGED",
    "ENTRY_LIFE",
    "UNUSUAL",
    "Verdict",
    "advance_anchor",
    "begin",
    "bridge_to_anchor",
    "find_entries_since",
    "find_proved_objects",
    "forget_old_entries",
    "has_done",
    "history",
    "mass_reading",
    "read_page",
    "record",
    "verify",
]
