"""Who writes: after a silence a phone may be in other hands, and its answers prove nothing.

The dialogue is a fresh phone's all the same, so that it tells nobody whether a case exists. What
is answered in it changes nothing in an old case until a person of the desk has made sure; it may
only raise the tier, since it is a person who looks then.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from app.intake import Step
from app.models import PERHAPS_ANOTHER_OWNER, CaseValues

# Numbers that nobody pays for are given away; after this long somebody else may have it.
OWNER_MAY_CHANGE = timedelta(days=90)


def begin_talk(own: CaseValues, case: CaseValues, came_at: datetime) -> CaseValues:
    """Return the values of a phone that begins its dialogue anew; ``case``: those of its case."""
    known = (case.human_at, case.language, case.situation, case.region, own.reach)
    values = replace(own, human=False, unproven=any(one is not None for one in known))
    seen = max(at for at in (own.opened_at, own.last_inbound_at, own.owner_known_at) if at)
    if came_at - seen >= OWNER_MAY_CHANGE:
        values = replace(values.with_flag(PERHAPS_ANOTHER_OWNER), unproven=True)
    return values


def collect_answers(step: Step) -> Mapping[str, str]:
    """Return all that a text answered, by the names that ``confirm_caller`` takes."""
    chosen = {"language": step.language, "situation": step.situation, "region": step.region}
    return {**{name: value for name, value in chosen.items() if value}, **step.answers}
