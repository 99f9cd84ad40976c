"""The ways that a caller's words name, and their words about hours, which are always kept."""

from __future__ import annotations

import pytest

from app.intake import Step
from tests.intake.taking import take_at


def take(text: str) -> Step:
    return take_at("reach", text)


@pytest.mark.parametrize(
    "text",
    [
        "12", "7", "after 6 pm", "apre 6è diswa", "après 18h", "despues de las 18",
        "cuando sea", "nimporte quand", "text, never call", "no texts just text",
        "no texts no call",
    ],
)  # fmt: skip
def test_hours_alone_name_no_way(text: str) -> None:
    step = take(text)
    assert step.contact is None
    assert (step.answers["reach"], step.answers["reach_hours"]) == ("unclear", text)


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("llamada 7", "call"), ("texto midi", "text"), ("call 7", "call"),
        ("rele apre 18è", "call"),
        ("1 18h", "text"), ("2 noon", "call"), ("text anytime", "text"),
        ("no texts just call", "call"), ("only text, no calls", "text"),
        ("call only no texts", "call"),
        ("pas d'appels juste textos", "text"), ("no llamadas solo mensajes", "text"),
        ("pa rele sèlman tèks", "text"), ("no texts, just call during my lunch", None),
    ],
)  # fmt: skip
def test_words_about_hours_are_kept(text: str, way: str | None) -> None:
    step = take(text)
    assert step.answers["reach"] == way or (way is None and step.contact is None)
    assert step.answers["reach_hours"] == text


@pytest.mark.parametrize(
    ("text", "way"), [("call please", "call"), ("text please", "text"), ("1", "text")]
)
def test_a_way_alone_has_no_hours(text: str, way: str) -> None:
    assert take(text).answers == {"reach": way}
