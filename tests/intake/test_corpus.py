"""The labelled sentences: enough of each kind, and a test part that training never saw."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from app.intake import Keyword
from app.intake.script import SITUATIONS
from app.intake.state import STAGES
from app.texts import LANGUAGE_NAMES, fold
from training.corpus import Sentence, read_test_part, read_training_part

FIRST = ("en", "fr", "es", "ht")
NEAR = 0.6  # the share of pieces of four letters that two sentences have in common
OTHER_STAGES = {"talk", "page", "offer", "erase"}
TRAINING, TEST = read_training_part(), read_test_part()
LANGUAGES = sorted(LANGUAGE_NAMES)


def of(sentences: list[Sentence], language: str) -> list[Sentence]:
    return [sentence for sentence in sentences if sentence.language == language]


def pieces(text: str) -> frozenset[str]:
    plain = " ".join(fold(text))
    return frozenset(plain[at : at + 4] for at in range(len(plain) - 3)) or frozenset({plain})


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_is_enough_of_each_kind(language: str) -> None:
    sentences = of(TRAINING, language)
    tiers = Counter(sentence.tier for sentence in sentences)
    assert len(sentences) >= (1000 if language in FIRST else 300)
    assert tiers[0] / len(sentences) >= 0.15
    assert tiers[None] / len(sentences) >= 0.40
    replies = [sentence for sentence in sentences if sentence.answer not in {None, "none"}]
    assert len(replies) / len(sentences) >= 0.10
    assert of(TEST, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_labels_are_of_our_codes(language: str) -> None:
    for sentence in of(TRAINING, language) + of(TEST, language):
        assert sentence.stage in STAGES | OTHER_STAGES, sentence
        assert sentence.tier in {None, 0, 1, 2, 3}, sentence
        assert sentence.situation is None or sentence.situation in SITUATIONS, sentence
        assert sentence.keyword is None or sentence.keyword in set(Keyword), sentence


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_test_sentence_is_near_a_training_one(language: str) -> None:
    known: dict[str, list[int]] = {}
    training = [pieces(sentence.text) for sentence in of(TRAINING, language)]
    for number, parts in enumerate(training):
        for part in parts:
            known.setdefault(part, []).append(number)
    for sentence in of(TEST, language):
        if len(fold(sentence.text)) < 3:  # "yes", "1": there is no other way to say it
            continue
        parts = pieces(sentence.text)
        shared = Counter(number for part in parts for number in known.get(part, ()))
        for number, count in shared.most_common(3):
            near = count / (len(parts) + len(training[number]) - count)
            assert near < NEAR, sentence.text


def test_nothing_that_trains_reads_the_test_part() -> None:
    folder = Path(__file__).parents[2] / "training"
    for name in ("train.py", "heads.py", "plain.py"):
        assert "read_test_part" not in (folder / name).read_text("utf-8")


def test_numbers_in_it_are_nobodys() -> None:
    for sentence in TRAINING + TEST:
        for number in re.findall(r"\+?1?[ .-]?\(?\d{3}\)?[ .-]?\d{3}[ .-]?\d{4}", sentence.text):
            assert re.search(r"555\D?01\d\d$", number), sentence.text
