"""Sixty kills, on each database half, lose nothing acknowledged and repeat nothing unnoticed."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests import postgres
from tests.faults.installation import build
from tests.faults.killing import kill_again_and_again
from tests.faults.nursery import Nursery

KILLS = 30


@pytest.fixture
def seed() -> int:
    """Another one each time; a failing test prints it."""
    return random.SystemRandom().randrange(1 << 32)


def test_the_whole_service_on_sqlite(nursery: Nursery, seed: int, tmp_path: Path) -> None:
    outcome = kill_again_and_again(
        build(tmp_path, nursery), rounds=KILLS, seed=seed, program="without-reconciler"
    )
    print(outcome)  # noqa: T201  # shown by pytest for a failure, and with -s
    assert not outcome.findings.problems
    assert outcome.findings.acknowledged > KILLS
    assert len(outcome.kills) == KILLS


def test_service_and_worker_in_turn_on_postgresql(
    nursery: Nursery, seed: int, tmp_path: Path, durable_server: postgres.Server
) -> None:
    kith = build(tmp_path, nursery, durable_server.url("postgres"))
    outcome = kill_again_and_again(kith, rounds=KILLS, seed=seed)
    print(outcome)  # noqa: T201  # shown by pytest for a failure, and with -s
    assert not outcome.findings.problems
    assert outcome.findings.acknowledged > KILLS
    assert {kill.victim for kill in outcome.kills} == {"service", "worker"}
