"""A member's phone is no caller by itself."""

from __future__ import annotations

import pytest

from app.inbound.receiving import AloneOnly
from tests.line import Line

FINCH = "+15145550151"
NOT_KEPT = "Desk: this text was not kept and nobody reads it. Do you need help yourself? Reply HELP"
OPENED = "Desk: we take this as you asking for help yourself. A colleague will read your texts."


@pytest.fixture
def finch(line: Line) -> Line:
    """Finch has a phone."""
    line.give_phone("finch", FINCH)
    return line


@pytest.mark.parametrize("body", ["see you at the meeting", "yes", "1", "0127 yes"])
def test_what_a_member_texts_opens_no_case_and_they_are_told(finch: Line, body: str) -> None:
    assert finch.says(body, sender=FINCH) == [NOT_KEPT]
    assert finch.case_of(FINCH) is None


@pytest.mark.parametrize(
    "body", ["Liked “Desk: 1 new, now.”", "Auto-reply: I am away", "👍 to “Desk”"]
)
def test_what_a_phone_sends_by_itself_is_answered_by_nothing(finch: Line, body: str) -> None:
    assert finch.says(body, sender=FINCH) == []
    assert finch.case_of(FINCH) is None


@pytest.mark.parametrize("body", ["they took him", "HELP", "9"])
def test_words_of_danger_or_a_wish_open_one_and_they_are_told(finch: Line, body: str) -> None:
    assert finch.says(body, sender=FINCH)[0] == OPENED
    case = finch.case_of(FINCH)
    assert case is not None
    # From here on they are a caller like any other.
    assert finch.says("yes", sender=FINCH) != [NOT_KEPT]
    assert "yes" in finch.inbound(case.id)


def test_they_are_told_in_their_language_with_the_word_that_helps(finch: Line) -> None:
    finch.give_phone("finch", FINCH, languages=("fr",))
    [said] = finch.says("on se voit demain", sender=FINCH)
    assert said.endswith("Besoin d'aide pour vous? Répondez AIDE")
    assert finch.says("AIDE", sender=FINCH)[0].startswith("Bureau : nous comprenons")
    assert finch.case_of(FINCH) is not None


@pytest.mark.parametrize(("language", "word"), [("en", "HELP"), ("es", "AYUDA"), ("ht", "EDE")])
def test_the_word_that_helps_is_understood(finch: Line, language: str, word: str) -> None:
    finch.give_phone("finch", FINCH, languages=(language,))
    [said] = finch.says("see you", sender=FINCH)
    assert said.endswith(word)
    finch.text(word, FINCH)
    assert finch.case_of(FINCH) is not None


def test_stop_and_start_need_no_case(finch: Line) -> None:
    finch.text("STOP", FINCH)
    assert finch.says("see you", sender=FINCH) == []
    assert finch.says("START", sender=FINCH) != []
    assert finch.says("see you", sender=FINCH) == [NOT_KEPT]
    assert finch.case_of(FINCH) is None


def test_a_phone_that_a_member_gave_up_is_a_caller_s_like_any_other(finch: Line) -> None:
    finch.give_phone("finch", "+15145550152")
    assert finch.says("hello", sender=FINCH)[0].startswith("Hello / Bonjour.")


def test_a_flood_from_a_members_phone_is_not_answered_for_ever(finch: Line) -> None:
    assert len(finch.says(*["see you"] * 25, sender=FINCH)) == 20


def test_a_text_of_a_members_is_written_alone(finch: Line) -> None:
    with pytest.raises(AloneOnly):
        finch.take(finch.lose("see you", FINCH), finch.lose("hello"))
