"""Whole dialogues as the carrier sees them, of phones with a past and of phones without one.

All hold the same dialogue, in random order, with other phones texting at the same time. For each
dialogue the carrier counts texts and bytes, and measures from each text to its answer. Two-sample
Kolmogorov-Smirnov tests compare each kind with fresh phones, and so they do a control: fresh phones
that are answered 50 ms later.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from scipy.stats import ks_2samp

from app.desk import close_case
from app.telephony import OutgoingText
from tests.inbound.old_phones import PASTS
from tests.line import Line

KINDS = ("handled", "closed", "erased", "merged", "provisional", "forgotten", "unsafe")
FRESH, CONTROL = "fresh", "control"
DIALOGUE = ("hello?", "1", "2", "yes", "both", "Laval")
LATER_S = 0.05
_SILENCE = timedelta(minutes=31)
# So many phones of a kind take turns: what they were does not change from being asked.
_PHONES = 25


@dataclass(frozen=True)
class HeardDialogue:
    """What the carrier saw of one dialogue."""

    texts: int
    octets: int
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """One kind next to fresh phones: the p-value of each test."""

    kind: str
    texts: float
    octets: float
    seconds: float

    def is_told_apart(self, alpha: float) -> bool:
        """Return whether any of the tests tells the kinds apart."""
        return min(self.texts, self.octets, self.seconds) < alpha


class Listener:
    """A phone's dialogues, as the carrier sees them, on a line with other traffic."""

    def __init__(self, line: Line, seed: int, timer: Callable[[], float]) -> None:
        self._timer = timer
        self.line, self._random = line, random.Random(seed)  # an order, no secret
        self._answers: list[tuple[float, int]] = []
        self._listens_to = ""
        self._numbers = (f"+1438{number:07d}" for number in range(2_000_000, 9_999_999))
        self._phones: dict[str, list[tuple[str, UUID]]] = defaultdict(list)
        line.carrier.judge = self._judge

    def _judge(self, text: OutgoingText) -> None:
        if text.to == self._listens_to:
            self._answers.append((self._timer(), len(text.body.encode())))

    def prepare(self, kind: str, phones: int) -> None:
        """Give so many phones a past."""
        for _ in range(phones):
            number = next(self._numbers)
            self._phones[kind].append((number, PASTS[kind](self.line, number)))

    def find_phone(self, kind: str) -> str:
        """Return a phone of a kind; closing and erasing are done again, since texts undo them."""
        if kind in (FRESH, CONTROL):
            return next(self._numbers)
        number, _ = self._random.choice(self._phones[kind])
        case = self.line.case_of(number)
        if kind == "closed" and case is not None:
            self.line.as_member(close_case, "heron", case.id, "supported")
        if kind == "erased" and case is not None:
            number = next(self._numbers)
            PASTS[kind](self.line, number)
        return number

    def hear(self, kind: str) -> HeardDialogue:
        """Hold one dialogue after a silence."""
        number = self.find_phone(kind)
        self.line.clock.advance(_SILENCE)
        self._listens_to = number
        heard = [self._ask(number, body, late=kind == CONTROL) for body in DIALOGUE]
        return HeardDialogue(
            sum(texts for texts, _, _ in heard),
            sum(octets for _, octets, _ in heard),
            sum(seconds for _, _, seconds in heard),
        )

    def _ask(self, number: str, body: str, *, late: bool) -> tuple[int, int, float]:
        self._answers.clear()
        texts = [self.line.lose(body, number)]
        others = range(self._random.randrange(3))
        texts += [self.line.lose("hello", next(self._numbers)) for _ in others]
        self._random.shuffle(texts)
        began = self._timer()
        self.line.take(*texts)
        until = self._timer() + LATER_S if late else 0.0
        while self._timer() < until:
            pass
        self.line.settle("send")
        last = self._answers[-1][0] - began if self._answers else 0.0
        return len(self._answers), sum(octets for _, octets in self._answers), last


def measure(
    line: Line,
    each: int,
    kinds: Sequence[str],
    *,
    seed: int = 1,
    timer: Callable[[], float] = time.perf_counter,
) -> dict[str, list[HeardDialogue]]:
    """Hold ``each`` dialogues of every kind, of fresh phones and of the control."""
    listener = Listener(line, seed, timer)
    for kind in kinds:
        listener.prepare(kind, min(_PHONES, each))
    order = [*kinds, FRESH, CONTROL] * each
    random.Random(seed).shuffle(order)  # an order, no secret
    heard: dict[str, list[HeardDialogue]] = defaultdict(list)
    for kind in order:
        heard[kind].append(listener.hear(kind))
    return heard


def compare(heard: Mapping[str, Sequence[HeardDialogue]]) -> Iterator[Comparison]:
    """Test each kind against fresh phones."""
    fresh = heard[FRESH]
    for kind, dialogues in heard.items():
        if kind != FRESH:
            p = {
                name: float(
                    ks_2samp(
                        [getattr(one, name) for one in dialogues],
                        [getattr(one, name) for one in fresh],
                    ).pvalue
                )
                for name in ("texts", "octets", "seconds")
            }
            yield Comparison(kind, **p)
