"""The page of timers, and who runs them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from app.operations.readiness import HEARTBEATS
from app.worker.crews import ALWAYS, make_crews
from app.worker.duties import RECURRING
from app.worker.handlers import HANDLERS


def test_each_kind_of_job_has_exactly_one_crew() -> None:
    kinds = Counter(kind for crew in make_crews(1) for kind in crew.kinds)
    assert kinds == Counter([*HANDLERS, *RECURRING])


def test_while_sealed_every_timer_runs_but_the_one_that_needs_the_key() -> None:
    kinds = {kind for crew in ALWAYS for kind in crew.kinds}
    assert set(RECURRING) - kinds == {"absorb"}


def test_what_readiness_takes_for_a_heartbeat_beats_each_minute_also_while_sealed() -> None:
    always = {kind for crew in ALWAYS for kind in crew.kinds}
    for kind in HEARTBEATS:
        assert kind in always
        assert RECURRING[kind].every == timedelta(minutes=1)
