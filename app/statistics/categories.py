"""The public lists of categories. They are fixed: a new list is a new version.

A code that is not in its list, or that is not known, counts as the last of the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from app.models import CaseValues, DenialValues
from app.organisation import (
    DENIAL_SECTORS,
    DENIED_SERVICES,
    LANGUAGES,
    OUTCOMES,
    SITUATIONS,
)

VERSION = 1
OTHER = "other"
# Until a member of the desk had taken or answered a case: the targets of the tiers, and two more.
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
        "sector": _with_other(DENIAL_SECTORS),
        "service": _with_other(DENIED_SERVICES),
    }


def _with_other(codes: Iterable[str]) -> list[str]:
    return [*(code for code in codes if code != OTHER), OTHER]


def place_code(listed: Sequence[str], code: str | None) -> int:
    """Return where a code stands in its list; the last place for one that is not in it."""
    return listed.index(code) if code in listed else len(listed) - 1


def list_case_codes(values: CaseValues) -> Mapping[str, str | None]:
    """Return the code of a case in each dimension; None where it has none."""
    return {
        "region": values.region,
        "situation": values.situation,
        "language": values.language,
        "outcome": values.outcome,
        "time_to_human": _place_time_to_human(values.time_to_human),
    }


def list_denial_codes(values: DenialValues) -> Mapping[str, str | None]:
    """Return the code of a refused service in each dimension."""
    return {"sector": values.sector, "service": values.service}


def _place_time_to_human(waited: timedelta | None) -> str:
    """Return the category of how long a case waited until a person had it."""
    if waited is None:
        return _NOBODY
    return next((name for name, latest in _LATEST if waited <= latest), _LATER)
