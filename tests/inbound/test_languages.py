"""The conversations of ``tests/intake``, spoken by phones and read by the desk.

That the script says the right things is tested there; here, that all of it reaches both sides.
"""

from __future__ import annotations

import itertools
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.intake import Step, load_script, take_step
from app.models import OrganisationSettings
from tests.line import Line
from tests.service import fictional

SCRIPT = load_script()
FOLDER = Path(__file__).parent.parent / "intake" / "conversations"
_PHONES = itertools.count()


def conversations() -> list[Any]:
    """Those that take no person and no silence; keywords have tests of their own."""
    aside = {"keyword", "human", "after"}
    return [
        pytest.param(
            [turn["says"] * turn.get("times", 1) for turn in told["turns"]],
            id=f"{file.stem}: {told['name']}",
        )
        for file in sorted(FOLDER.glob("*.toml"))
        for told in tomllib.loads(file.read_text("utf-8"))["conversation"]
        if not any(aside & turn.keys() for turn in told["turns"])
    ]


@pytest.mark.parametrize("says", conversations())
def test_what_a_caller_tells_becomes_facts_of_the_case(shared_line: Line, says: list[str]) -> None:
    line, number = shared_line, fictional(next(_PHONES))
    line.take(*(line.lose(text, number) for text in says))
    line.settle()
    found = line.case_of(number)
    assert found is not None
    case, steps = line.read(found.id), scripted(says)
    replies = [reply.text for taken in steps for reply in taken.replies]
    assert line.inbox(number) == replies
    assert found.urgency == steps[-1].urgency
    for fact in ("situation", "region", "language"):
        assert getattr(case.line.values, fact) == last(steps, fact)
    assert case.fields == {name: v for taken in steps for name, v in taken.answers.items()}
    assert line.inbound(found.id) == says
    outbound = [text for text in case.messages if text.direction == "outbound"]
    assert [text.body for text in outbound] == replies
    assert {text.status for text in outbound} == {"delivered"}


def scripted(says: list[str]) -> list[Step]:
    """What the script alone makes of it."""
    steps: list[Step] = []
    for text in says:
        before = steps[-1] if steps else None
        taken = take_step(
            SCRIPT,
            before.state if before else None,
            text,
            silent_for=timedelta(0) if before else None,
            urgency=before.urgency if before else 3,
            regions=OrganisationSettings().regions,
            human=False,
        )
        steps.append(taken)
    return steps


def last(steps: list[Step], fact: str) -> Any:
    told = [value for taken in steps if (value := getattr(taken, fact)) is not None]
    return told[-1] if told else None
