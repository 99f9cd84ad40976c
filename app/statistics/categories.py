"""The public lists of what is counted. Fixed: a new list is a new version.

A code that is in no list, or that is not known, counts as the last of its list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from app.organisation import LANGUAGES, OUTCOMES, SITUATIONS

VERSION = 1
OTHER = "other"
# Until somebody of the desk had taken or answered a case; the targets of the tiers and two more.
_LATEST = (
    ("within_5_min", timedelta(minutes=5)),
    ("within_30_min", timedelta(minutes=30)),
    ("within_2_h", timedelta(hours=2)),
    ("within_24_h", timedelta(hours=24)),
    ("within_72_h", timedelta(hours=72)),
)
_LATER, _NOBODY = "later", "nobody"
TIMES = (*(name for name, _ in _LATEST), _LATER, _NOBODY)


def list_keys(regions: Sequence[str]) -> dict[str, list[str]]:
    """Return the categories of each dimension, in the order in which they are always printed."""
    return {
        "region": _with_other(regions),
        "situation": _with_other(SITUATIONS),
        "language": _with_other(LANGUAGES),
        "outcome": _with_other(OUTCOMES),
        "time_to_human": list(TIMES),
    }


def _with_other(codes: Iterable[str]) -> list[str]:
    return [*(code for code in codes if code != OTHER), OTHER]


def place_code(listed: Sequence[str], code: str | None) -> int:
    """Return where a code stands in its list; the last place for one that is not in it."""
    return listed.index(code) if code in listed else len(listed) - 1


def measure_time_to_human(values: Mapping[str, Any]) -> str:
    """Return how long a case waited until a person had it, from its operational values."""
    if not values.get("human_at") or not values.get("opened_at"):
        return _NOBODY
    opened, human = (datetime.fromisoformat(values[name]) for name in ("opened_at", "human_at"))
    return next((name for name, latest in _LATEST if human - opened <= latest), _LATER)
