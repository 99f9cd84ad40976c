"""Thirty kills, of service and worker in turn, lose nothing and repeat nothing unnoticed."""

from __future__ import annotations

from pathlib import Path

from tests import postgres
from tests.faults.installation import build
from tests.faults.killing import kill_again_and_again
from tests.faults.nursery import Nursery

KILLS = 30


def test_service_and_worker_in_turn_on_postgresql(
    nursery: Nursery, seed: int, tmp_path: Path, durable_server: postgres.Server
) -> None:
    kith = build(tmp_path, nursery, durable_server.url("postgres"))
    outcome = kill_again_and_again(kith, rounds=KILLS, seed=seed)
    print(outcome)  # noqa: T201  # shown by pytest for a failure, and with -s
    assert not outcome.findings.problems
    assert outcome.findings.acknowledged > KILLS
    assert {kill.victim for kill in outcome.kills} == {"service", "worker"}
