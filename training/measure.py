"""Print how well texts are understood, per language, with 95 % intervals (Wilson).

``python -m training.measure`` reads the test part only, and goes through ``take_step`` as every
incoming text does; ``--training`` measures the training part, ``--misses`` lists what went wrong.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import sqrt
from time import process_time

from app.intake import (
    Keyword,
    Script,
    ScriptState,
    Step,
    load_script,
    read_offer_answer,
    read_page_answer,
    take_step,
)
from training.corpus import Sentence, read_test_part, read_training_part

_ASKED = frozenset({"language", "situation", "safe_now", "date_soon", "reach", "city", "need"})
_ALL_REGIONS = ("montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other")
_Z = 1.96


@dataclass(slots=True)
class Share:
    """How many of how many."""

    right: int = 0
    of: int = 0
    misses: list[str] = field(default_factory=list)

    def count(self, right: bool, sentence: Sentence) -> None:
        """Count one sentence."""
        self.of += 1
        self.right += right
        if not right:
            self.misses.append(
                f"{sentence.stage}: {sentence.text} [{sentence.answer or sentence.keyword or ''}]"
            )

    @property
    def value(self) -> float:
        """The share itself; 1 of none."""
        return self.right / self.of if self.of else 1.0

    def __str__(self) -> str:
        """Return the share with its interval."""
        if not self.of:
            return "-"
        low, high = _find_interval(self.right, self.of)
        return f"{self.value:.2f} ({low:.2f}-{high:.2f})"


@dataclass(slots=True)
class Measures:
    """What is measured of one language. ``wrongly_taken``: volunteers' texts taken for a yes."""

    danger_found: Share = field(default_factory=Share)
    false_alarms: Share = field(default_factory=Share)
    keyword_recall: Share = field(default_factory=Share)
    keyword_precision: Share = field(default_factory=Share)
    answers: Share = field(default_factory=Share)
    volunteers: Share = field(default_factory=Share)
    wrongly_taken: Share = field(default_factory=Share)


def measure(sentences: Iterable[Sentence]) -> dict[str, Measures]:
    """Return the measures by language."""
    script = load_script()
    found: dict[str, Measures] = defaultdict(Measures)
    for sentence in sentences:
        of = found[sentence.language]
        if sentence.is_volunteer:
            _count_volunteer(of, sentence)
        else:
            _count_caller(of, sentence, _read(script, sentence))
    return dict(found)


def _read(script: Script, sentence: Sentence) -> Step:
    stage = sentence.stage if sentence.stage in _ASKED | {"new"} else "done"
    opened = stage not in {"new", "language"}
    language = sentence.language if script.texts.speaks(sentence.language) else "en"
    topic = "date_or_letter" if stage not in {"need", "situation"} else "other"
    state = ScriptState(stage, language, None, topic, 1) if opened else ScriptState(stage)
    return take_step(
        script,
        state,
        sentence.text,
        silent_for=None if stage == "new" else timedelta(minutes=1),
        urgency=3,
        regions=_ALL_REGIONS,
        human=False,
    )


def _count_caller(of: Measures, sentence: Sentence, step: Step) -> None:
    if sentence.tier == 0:
        of.danger_found.count(step.urgency == 0, sentence)
    elif sentence.tier is None:
        of.false_alarms.count(step.urgency == 0, sentence)
    wanted = Keyword(sentence.keyword) if sentence.keyword else None
    if wanted is not None:
        of.keyword_recall.count(step.keyword is wanted, sentence)
    if step.keyword is not None:
        of.keyword_precision.count(step.keyword is wanted, sentence)
    if sentence.stage in _ASKED and sentence.answer and wanted is None:
        of.answers.count(_answers_as(sentence, step), sentence)


def _answers_as(sentence: Sentence, step: Step) -> bool:
    """Whether a step took what the label says. In doubt a person decides: no answer is taken."""
    stage, answer = sentence.stage, sentence.answer or "none"
    taken = _find_taken(stage, step)
    if answer in {"none", "unclear"}:
        return taken in {None, "unclear"}
    first = answer.split()[0]
    if stage in {"city", "need"}:
        return taken is not None
    if stage == "language":
        return taken == (first if first in {"en", "fr", "es", "ht"} else "other")
    if stage == "reach" and first[0].isdigit():
        return taken in {"both", "unclear"}
    return taken == {"neither": "none", "any": "both"}.get(first, first)


def _find_taken(stage: str, step: Step) -> str | None:
    if stage == "language":
        return step.language or ("other" if step.replies and step.understood else None)
    if stage == "situation":
        return step.situation
    return step.answers.get(stage)


def _count_volunteer(of: Measures, sentence: Sentence) -> None:
    label = (sentence.answer or "none").split()
    if sentence.stage == "page":
        said = [read_page_answer(sentence.text).value]
    else:
        offer = read_offer_answer(sentence.text)
        said = [*([offer.code] if offer.code else []), offer.choice.value]
        label = label if len(label) == 2 or not offer.code else [offer.code, *label]
    of.volunteers.count(said == label, sentence)
    if label[-1] not in {"yes", "mine"}:
        of.wrongly_taken.count(said[-1] in {"yes", "mine"}, sentence)


def _find_interval(right: int, of: int) -> tuple[float, float]:
    share, square = right / of, _Z * _Z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = _Z * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _time_a_text() -> float:
    """Return how long reading takes, in milliseconds: the best of three rounds."""
    script, sentences = load_script(), read_test_part()[::5]
    rounds = []
    for _ in range(3):
        begun = process_time()
        for sentence in sentences:
            _read(script, sentence)
        rounds.append(process_time() - begun)
    return min(rounds) / len(sentences) * 1000


_HEADINGS = (
    "tier 0 found", "false alarms", "keyword recall", "precision", "answers right",
    "volunteers right", "wrongly taken",
)  # fmt: skip


def list_shares(of: Measures) -> Sequence[Share]:
    """Return a language's measures in the order of the table."""
    return (
        of.danger_found, of.false_alarms, of.keyword_recall, of.keyword_precision, of.answers,
        of.volunteers, of.wrongly_taken,
    )  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--training", action="store_true", help="measure the training part")
    parser.add_argument("--misses", metavar="LANGUAGE", help="list what went wrong in a language")
    chosen = parser.parse_args()
    found = measure(read_training_part() if chosen.training else read_test_part())
    print("language".ljust(9), *(heading.ljust(17) for heading in _HEADINGS))
    for language, of in sorted(found.items()):
        print(language.ljust(9), *(str(share).ljust(17) for share in list_shares(of)))
    print(f"\na text takes {_time_a_text():.2f} ms of processor time, all of the reading together")
    if chosen.misses:
        of = found[chosen.misses]
        for heading, share in zip(_HEADINGS, list_shares(of), strict=True):
            hits = heading in {"false alarms", "wrongly taken"}
            print(f"\n{heading}{' (the others)' if hits else ''}:")
            print("\n".join(share.misses) if not hits else "")


if __name__ == "__main__":
    main()
