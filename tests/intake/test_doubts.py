"""A phone that others hold or read, and a way taken back: nothing is taken, a person reads it."""

from __future__ import annotations

import pytest

from app.intake import Step
from tests.intake.taking import take_at


def take(text: str) -> Step:
    return take_at("reach", text)


@pytest.mark.parametrize(
    "text",
    [
        "3 but my husband reads my texts", "1 but he checks my phone",
        "both but my dad sees everything", "2 but the police have my phone",
        "3 mais mon mari lit mes textos", "1 mais on surveille mon tel",
        "3 pero mi esposo ve mis mensajes", "1 pero la policia tiene mi telefono",
        "3 men mari m li mesaj yo", "1 men polis la gen telefon mwen",
        "3, my boss reads my messages", "1 ma mère regarde mon téléphone",
        "3 mas meu marido olha meu telefone", "1 但他看我的手机", "3 लेकिन वह देखता है",
        "text but be careful", "1 but...", "2 men are here",
        "me quitaron el telefono", "me robaron el telefono", "yo ka we mesaj mwen yo",
        "they took my phone", "on m'a pris mon téléphone", "yo pran telefòn mwen",
        "someone else answers my phone", "3 mi celular lo tiene mi marido",
        "1, my phone, my husband has it", "2, they listen to my calls",
    ],
)  # fmt: skip
def test_no_way_is_taken_where_others_may_read(text: str) -> None:
    step = take(text)
    assert step.contact is None
    assert (step.answers["reach"], step.answers["reach_hours"]) == ("unclear", text)


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("3 but only after 6 pm", ["text", "call"]), ("1 mais après 18h svp", ["text"]),
        ("3 pero después de las 6 de la tarde", ["text", "call"]),
        ("1 men apre 6è diswa", ["text"]),
        ("2 but call me soon", ["call"]), ("3 mais texto c'est mieux", ["text", "call"]),
        ("3, I have my phone", ["text", "call"]), ("1, ici on écoute les appels", ["text"]),
        ("2 my phone is 514 555 0199", ["call"]), ("4 but thanks", []),
        ("2 lo más pronto", ["call"]),
    ],
)  # fmt: skip
def test_hours_and_ways_behind_a_but_take_nothing_back(text: str, ways: list[str]) -> None:
    contact = take(text).contact
    assert contact is not None
    assert list(contact.methods) == ways
