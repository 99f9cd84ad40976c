"""Whole conversations, one file per language: what a caller texts and what follows.

A turn `says` a text `after` so many minutes (1 unless given; a first turn has no before) and lists
the `replies` by key (none unless given). Everything else it names must hold for the step: `tier`,
`language`, `situation`, `region`, `answers`, `ways` and `hours` to answer, `callback`, `keyword`,
`understood`; "none" where there is none. A situation or region it does not name was not chosen.
"""

from __future__ import annotations

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.intake import ScriptState, Step, load_script, take_step
from app.models import dump_values, load_values

SCRIPT = load_script()
REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
FILES = sorted((Path(__file__).parent / "conversations").glob("*.toml"))
CONVERSATIONS = [
    pytest.param(file.stem, conversation["turns"], id=f"{file.stem}: {conversation['name']}")
    for file in FILES
    for conversation in tomllib.loads(file.read_text("utf-8"))["conversation"]
]


def test_there_are_conversations_in_every_enabled_language() -> None:
    assert [file.stem for file in FILES] == sorted(language.code for language in _enabled())


@pytest.mark.parametrize(("language", "turns"), CONVERSATIONS)
def test_a_conversation_goes_as_written(language: str, turns: list[dict[str, Any]]) -> None:
    state, tier = None, 3
    for number, turn in enumerate(turns):
        taken = _take(turn, state, tier, first=number == 0)
        assert _facts(taken, turn) == _expected(turn), f"turn {number}: {turn['says'][:60]!r}"
        _check_language(taken, language)
        state, tier = load_values(ScriptState, dump_values(taken.state)), taken.urgency


def _take(turn: dict[str, Any], state: ScriptState | None, tier: int, *, first: bool) -> Step:
    return take_step(
        SCRIPT,
        state,
        turn["says"] * turn.get("times", 1),
        silent_for=None if first else timedelta(minutes=turn.get("after", 1)),
        urgency=tier,
        regions=REGIONS,
        human=turn.get("human", False),
    )


def _expected(turn: dict[str, Any]) -> dict[str, Any]:
    aside = {"says", "times", "after", "human"}
    named = {
        name: None if value == "none" else value
        for name, value in turn.items()
        if name not in aside
    }
    return {"replies": [], "situation": None, "region": None, **named}


def _facts(taken: Step, turn: dict[str, Any]) -> dict[str, Any]:
    hint = taken.contact
    facts = {
        "replies": [reply.key for reply in taken.replies],
        "tier": taken.urgency,
        "language": taken.language,
        "situation": taken.situation,
        "region": taken.region,
        # What raised a tier is the model's to say: tests/intake/test_inputs.py.
        "answers": {k: v for k, v in taken.answers.items() if k != "urgent_because"},
        "ways": None if hint is None else list(hint.methods),
        "hours": None if hint is None else hint.hours,
        "callback": taken.callback,
        "keyword": taken.keyword,
        "understood": taken.understood,
    }
    return {name: facts[name] for name in _expected(turn)}


def _check_language(taken: Step, language: str) -> None:
    """Whatever is answered is in the language of the file, or for everyone."""
    for reply in taken.replies:
        assert reply.language in {None, language}
        assert reply.text == SCRIPT.texts.get(reply.language, reply.key)


def _enabled() -> list[Any]:
    return SCRIPT.texts.enabled()
