"""The questions that the model learns to answer, and which sentences teach each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from zlib import crc32

from training.corpus import Sentence

# Questions that any words may answer: learned is only whether a text answers them.
_OPEN = frozenset({"language", "city", "need"})
_NO_ANSWER = frozenset({"none", "unclear"})
Label = Callable[[Sentence], str | None]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One head to train. ``label``: a sentence's label, None where it teaches nothing here.

    ``bits``: 2 to the power of it is the number of weights per label. Features of fewer sentences
    than ``rare`` are left out. ``strength``: how closely the weights follow the sentences (C).
    """

    name: str
    bits: int
    label: Label
    rare: int = 1
    strength: float = 5.0

    def collect(self, sentences: Iterable[Sentence]) -> list[tuple[Sentence, str]]:
        """Return the sentences that teach this head, with their labels."""
        labelled = ((sentence, self.label(sentence)) for sentence in sentences)
        return [(sentence, label) for sentence, label in labelled if label is not None]


def _label_danger(sentence: Sentence) -> str | None:
    if sentence.is_volunteer:
        return None
    return "danger" if sentence.tier == 0 else "calm"


def _label_situation(sentence: Sentence) -> str | None:
    """Return the situation told of; small talk teaches "none" whatever was asked."""
    if sentence.is_volunteer or sentence.keyword:
        return None
    if sentence.situation:
        return sentence.situation
    if sentence.stage == "situation" and sentence.answer not in {None, "none", "unclear"}:
        return sentence.answer
    return "none" if sentence.tier is None and sentence.answer in {None, "none"} else None


def _label_wish(sentence: Sentence) -> str | None:
    """Return the wish; a bare "9" is one by a rule, and teaches nothing about "9 of us"."""
    if sentence.is_volunteer or not any(letter.isalpha() for letter in sentence.text):
        return None
    return sentence.keyword or "none"


def _label_language(sentence: Sentence) -> str | None:
    return sentence.language


def _make_label(stage: str) -> Label:
    """Label the answers at ``stage``; a tenth of the calm talk at other stages teaches "none"."""

    def label(sentence: Sentence) -> str | None:
        if sentence.stage == stage:
            answer = _first_word(sentence.answer)
            return answer if stage not in _OPEN or answer in _NO_ANSWER else "answer"
        if sentence.is_volunteer or sentence.keyword or sentence.tier is not None:
            return None
        chosen = crc32(sentence.text.encode()) % 10 == 0 and len(sentence.text) > 12
        return "none" if chosen and sentence.answer in {None, "none"} else None

    return label


def _make_volunteer_label(stage: str) -> Label:
    return lambda sentence: _last_word(sentence.answer) if sentence.stage == stage else None


def _first_word(answer: str | None) -> str:
    """Return what is answered without its hours; hours alone say "any way"."""
    first = (answer or "none").split()[0]
    return "any" if first[0].isdigit() or first[0] == "-" else first


def _last_word(answer: str | None) -> str:
    return (answer or "none").split()[-1]


LESSONS = (
    Lesson("danger", 18, _label_danger, rare=2, strength=1.0),
    Lesson("situation", 16, _label_situation, rare=2, strength=2.0),
    Lesson("wish", 15, _label_wish, rare=2, strength=1.0),
    Lesson("safe_now", 14, _make_label("safe_now")),
    Lesson("date_soon", 14, _make_label("date_soon")),
    Lesson("reach", 14, _make_label("reach")),
    Lesson("choice", 14, _make_label("language")),
    Lesson("city", 14, _make_label("city")),
    Lesson("need", 14, _make_label("need")),
    Lesson("page", 13, _make_volunteer_label("page")),
    Lesson("offer", 13, _make_volunteer_label("offer")),
    Lesson("language", 14, _label_language, rare=5, strength=1.0),
)
