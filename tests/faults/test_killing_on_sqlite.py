"""Thirty kills of the whole service lose nothing acknowledged and repeat nothing unnoticed."""

from __future__ import annotations

from pathlib import Path

from tests.faults.installation import build
from tests.faults.killing import kill_again_and_again
from tests.faults.nursery import Nursery

KILLS = 30


def test_the_whole_service_on_sqlite(nursery: Nursery, seed: int, tmp_path: Path) -> None:
    outcome = kill_again_and_again(
        build(tmp_path, nursery), rounds=KILLS, seed=seed, program="without-reconciler"
    )
    print(outcome)  # noqa: T201  # shown by pytest for a failure, and with -s
    assert not outcome.findings.problems
    assert outcome.findings.acknowledged > KILLS
    assert len(outcome.kills) == KILLS
