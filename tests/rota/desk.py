"""A rota for tests of the domain: shifts and their members, by handle."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.rota import find_duty, load_rota
from app.rota.shifts import ShiftFacts, add_shift
from tests.premises import Premises

# The organisation's clocks show 07:00 when the tests begin, on Thursday 15 January 2026.
NINE = datetime(2026, 1, 15, 9)
TODAY = datetime.fromisoformat("2026-01-15T14:00:00+00:00")
TOMORROW = TODAY + timedelta(days=1)


def add(premises: Premises, *handles: str, hour: int = 9, **facts: Any) -> UUID:
    """A shift of eight hours a day, at nine on the wall unless another hour is given."""
    wanted = ShiftFacts(
        facts.pop("rule", "FREQ=DAILY"),
        facts.pop("starts_at", NINE.replace(hour=hour)),
        facts.pop("duration", timedelta(hours=8)),
        [premises.id(handle) for handle in handles],
        **facts,
    )
    with premises.writing() as db:
        return add_shift(db, premises.principal("crane"), wanted, premises.now)


def on_duty(premises: Premises, at: datetime) -> list[str]:
    handles = {resident.id: handle for handle, resident in premises.residents.items()}
    with premises.reading() as db:
        return [handles[member] for member in find_duty(load_rota(db), at).members()]
