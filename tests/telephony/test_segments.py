"""Segments: which alphabet, how many units, how many parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.segments import Segments, measure_text

# 3GPP TS 23.038, tables 6.2.1 and 6.2.1.1, written out here so that the codec is checked by it.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
MISSING = "çâêîôûëïœÀÈáíóúÁÍÓÚ`’“”–…\t\x1b\x00"


@pytest.mark.parametrize("character", BASIC)
def test_a_basic_character_costs_one_septet(character: str) -> None:
    assert measure_text(character) == Segments("GSM-7", 1, 1)


@pytest.mark.parametrize("character", EXTENSION)
def test_an_extension_character_costs_two_septets(character: str) -> None:
    assert measure_text(character) == Segments("GSM-7", 2, 1)


@pytest.mark.parametrize("character", MISSING)
def test_one_missing_character_makes_the_whole_text_ucs2(character: str) -> None:
    assert measure_text("abc" + character) == Segments("UCS-2", 4, 1)


@pytest.mark.parametrize(
    ("length", "segments"), [(0, 1), (1, 1), (160, 1), (161, 2), (306, 2), (307, 3), (1600, 11)]
)
def test_gsm7_parts_hold_153_once_a_text_passes_160(length: int, segments: int) -> None:
    assert measure_text("a" * length) == Segments("GSM-7", length, segments)


@pytest.mark.parametrize(
    ("length", "segments"), [(1, 1), (70, 1), (71, 2), (134, 2), (135, 3), (1600, 24)]
)
def test_ucs2_parts_hold_67_once_a_text_passes_70(length: int, segments: int) -> None:
    assert measure_text("ç" * length) == Segments("UCS-2", length, segments)


def test_an_escape_pair_moves_to_the_next_part_whole() -> None:
    fitting, straddling = "a" * 151 + "€" + "a" * 153, "a" * 152 + "€" + "a" * 152
    assert measure_text(fitting) == Segments("GSM-7", 306, 2)
    assert measure_text(straddling) == Segments("GSM-7", 306, 3)


def test_a_surrogate_pair_moves_to_the_next_part_whole() -> None:
    fitting, straddling = "ç" * 65 + "😀" + "ç" * 67, "ç" * 66 + "😀" + "ç" * 66
    assert measure_text(fitting) == Segments("UCS-2", 134, 2)
    assert measure_text(straddling) == Segments("UCS-2", 134, 3)


def test_an_emoji_is_two_units() -> None:
    assert measure_text("😀" * 35) == Segments("UCS-2", 70, 1)
    assert measure_text("😀" * 36) == Segments("UCS-2", 72, 2)


any_text = st.text(st.one_of(st.characters(), st.sampled_from(BASIC + EXTENSION)), max_size=400)


@given(any_text)
def test_ucs2_units_are_utf16_code_units(body: str) -> None:
    size = measure_text(body + "ç")
    assert size.units == len((body + "ç").encode("utf-16-le", "surrogatepass")) // 2


@given(st.text(st.sampled_from(BASIC + EXTENSION), max_size=400))
def test_what_both_tables_hold_is_gsm7(body: str) -> None:
    assert measure_text(body).encoding == "GSM-7"
    assert measure_text(body).units == len(body) + sum(body.count(mark) for mark in EXTENSION)


@given(any_text)
def test_parts_are_as_few_as_their_room_allows(body: str) -> None:
    size = measure_text(body)
    alone, part = (160, 153) if size.encoding == "GSM-7" else (70, 67)
    if size.units <= alone:
        assert size.segments == 1
    else:  # a part may leave one unit empty before a pair, never more
        assert -(-size.units // part) <= size.segments <= -(-size.units // (part - 1))


@given(any_text, st.characters())
def test_a_longer_text_never_costs_less(body: str, more: str) -> None:
    assert measure_text(body + more).segments >= measure_text(body).segments
