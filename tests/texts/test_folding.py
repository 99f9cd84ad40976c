"""How words are compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.texts.folding import fold


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("ARRÊT", ["arret"]),
        ("arre\u0302t", ["arret"]),
        ("ÈD", ["ed"]),
        ("l'été", ["l", "ete"]),
        ("１", ["1"]),
        ("1\ufe0f\u20e3", ["1"]),
        ("①", ["1"]),
        ("٢", ["2"]),
        ("۳", ["3"]),
        ("४", ["4"]),
        ("𝟓 𝐒𝐓𝐎𝐏", ["5", "stop"]),
        ("ＳＴＯＰ．", ["stop"]),
        ("\u200f\u202eSTOP\u202c\u200b", ["stop"]),
        ("S\u200bT\u200dO\u2060P", ["stop"]),
        ("si👍🏽", ["si", "👍"]),
        ("Straße", ["strasse"]),
        ("مَرحبا", ["مرحبا"]),
        ("", []),
        ("?!… \n\t", []),
        ("\ud800", []),
    ],
)
def test_a_text_folds_to_plain_words(text: str, words: list[str]) -> None:
    assert fold(text) == words


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    once = fold(text)
    assert fold(" ".join(once)) == once


def test_a_huge_text_is_read_in_part() -> None:
    assert len(fold("a " * 100_000)) == 2000
