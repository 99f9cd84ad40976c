"""Texts to members: every one in every language, one segment, nothing named, answers understood."""

from __future__ import annotations

import pytest

from app.texts import MEMBER_LANGUAGES, MemberNotice, MemberText, choose_member_language
from app.texts import member_notices as notices


@pytest.mark.parametrize("language", MEMBER_LANGUAGES)
def test_every_text_is_written_and_keeps_the_rules(language: str) -> None:
    texts = notices._read(language).texts  # raises where one is missing, too long or names a thing
    assert set(texts) == set(MemberText)
    assert len(set(texts.values())) == len(texts)


def test_a_member_gets_the_first_language_that_there_are_texts_in() -> None:
    assert choose_member_language(("pa", "fr", "en")) == "fr"
    assert choose_member_language(("pa",)) == choose_member_language(()) == "en"
    page = MemberNotice(MemberText.PAGE_NEW, {"count": "1"}, tier=0)
    assert page.write("en") == "Desk: 1 new, now. Reply 1 = mine"
    assert page.write("fr") == "Bureau : 1 de nouveau, maintenant. Répondez 1 = je prends"
