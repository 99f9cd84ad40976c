"""The kill loop is worth something: it notices the two faults that it is there to rule out."""

from __future__ import annotations

from pathlib import Path

from tests.faults.installation import build
from tests.faults.killing import kill_again_and_again
from tests.faults.nursery import Nursery

# Several texts go out unanswered, and no callback of any text tells of it.
SILENCE = (
    {"kind": "api-timeout-after-accept", "delay_s": 0.05, "count": 5},
    {"kind": "status-lost", "count": 1000},
)


def test_a_service_that_answers_before_the_commit_is_found_out(
    nursery: Nursery, tmp_path: Path
) -> None:
    outcome = kill_again_and_again(
        build(tmp_path, nursery),
        rounds=4,
        seed=1,
        program="answers-too-early",
        moments=("after a 200",),
    )
    assert outcome.findings.lost


def test_a_worker_that_sends_what_may_have_been_sent_is_found_out(
    nursery: Nursery, tmp_path: Path
) -> None:
    outcome = kill_again_and_again(
        build(tmp_path, nursery),
        rounds=8,
        seed=1,
        program="sends-again",
        moments=("after a 200", "while running"),
        faults=(SILENCE,),
    )
    assert outcome.findings.sent_twice
