"""The labelled sentences: one file per language, a training part and a test part."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).resolve().parents[1] / "tests" / "intake" / "corpus"
_VOLUNTEERS = frozenset({"page", "offer"})


@dataclass(frozen=True, slots=True)
class Sentence:
    """One labelled text.

    ``stage``: the question that was open, ``page`` or ``offer`` for a volunteer's phone.
    ``tier``: 0 to 3, None where the text tells of no situation. ``answer``: what it answers to
    the open question: ``none`` where it is no answer, ``unclear`` where a person must decide.
    """

    language: str
    stage: str
    text: str
    tier: int | None
    situation: str | None
    keyword: str | None
    answer: str | None

    @property
    def is_volunteer(self) -> bool:
        """Whether a volunteer's phone wrote it."""
        return self.stage in _VOLUNTEERS


def read_training_part() -> list[Sentence]:
    """Return the sentences that training may read."""
    return [sentence for path in sorted(_FOLDER.glob("*.tsv")) for sentence in _read_file(path)]


def read_test_part() -> list[Sentence]:
    """Return the sentences that only measuring may read."""
    paths = sorted((_FOLDER / "unseen").glob("*.tsv"))
    return [sentence for path in paths for sentence in _read_file(path)]


def _read_file(path: Path) -> Iterator[Sentence]:
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            yield Sentence(
                language=path.stem,
                stage=row["stage"],
                text=row["text"],
                tier=int(row["tier"]) if row["tier"] else None,
                situation=row["situation"] or None,
                keyword=row["keyword"] or None,
                answer=row["answer"] or None,
            )
