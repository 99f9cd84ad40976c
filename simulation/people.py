"""How the people of the simulated month behave: when they write, notice, answer, or do not.

None of it is measured anywhere: it is a plausible month, the same for the same seed, in which
volunteers are slow, asleep or silent. What is judged is what the software makes of it.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

# What a caller texts after the greeting, by situation, with the tier that follows from it at least.
STORIES: dict[str, tuple[float, tuple[str, ...]]] = {
    "happening_now": (0.10, ("1", "1", "N", "2", "montreal")),
    "detained": (0.20, ("1", "2", "Y", "1", "montreal")),
    "date_or_letter": (0.35, ("2", "3", "Y", "1", "laval", "1")),
    "witnessed": (0.10, ("1", "4", "Y", "1", "montreal")),
    "service_denied": (0.10, ("3", "5", "Y", "1", "montreal")),
    "other": (0.15, ("1", "6", "Y", "1", "montreal")),
}
_AREAS = (902, 438, 450, 418, 819, 613, 416, 647, 604, 778)
ZONE = ZoneInfo("America/Toronto")


@dataclass(frozen=True)
class Volunteer:
    """Somebody who accompanies, defends or interprets; all they need is their phone."""

    handle: str
    phone: str
    says_yes: float
    says_no: float
    median_minutes: float

    def answer(self, chance: random.Random, at: datetime) -> tuple[str, timedelta] | None:
        """Return what they will answer to an offer and how much later, or ``None`` for never."""
        drawn = chance.random()
        if drawn >= self.says_yes + self.says_no:
            return None
        word = "YES" if drawn < self.says_yes else "NO"
        return word, pause(chance, self.median_minutes, at)


def pause(chance: random.Random, median_minutes: float, at: datetime) -> timedelta:
    """Return how long somebody takes: half are faster than the median; at night four times it."""
    hour = at.astimezone(ZONE).hour
    factor = 4.0 if hour < 7 else 1.0
    return timedelta(minutes=median_minutes * factor * math.exp(chance.gauss(0, 0.8)))


def story(chance: random.Random, *, raid: bool) -> tuple[str, tuple[str, ...]]:
    """Return a caller's situation and what they text, one text after the other."""
    names = list(STORIES)
    weights = [STORIES[name][0] for name in names]
    if raid:  # half of them see it happen or miss somebody
        weights = [
            w * (4 if name in {"happening_now", "detained", "witnessed"} else 1)
            for name, w in zip(names, weights, strict=True)
        ]
    name = chance.choices(names, weights)[0]
    texts = list(STORIES[name][1])
    return name, tuple(texts[: chance.randint(2, len(texts))])  # many stop answering


def number(serial: int) -> str:
    """Return the ``serial``-th caller's number, all of them fictional; after 1 000 they repeat."""
    last, area = divmod(serial % 1000, len(_AREAS))
    return f"+1{_AREAS[area]}55501{last:02}"


def arrivals(
    chance: random.Random, start: datetime, days: int, per_day: float, raid_day: int, factor: float
) -> list[tuple[datetime, bool]]:
    """Return when callers first text, and whether because of the raid.

    Most write by day. On the raid day there are ``factor`` times as many, from six in the morning
    on, most of them within the first hours.
    """
    found: list[tuple[datetime, bool]] = []
    for day in range(days):
        midnight = (
            (start + timedelta(days=day))
            .astimezone(ZONE)
            .replace(hour=0, minute=0, second=0, microsecond=0)
        )
        usual = [chance.triangular(0, 24, 14) for _ in range(_poisson(chance, per_day))]
        more = round(per_day * (factor - 1)) if day == raid_day else 0
        hurried = [6 + min(chance.expovariate(1 / 4), 17) for _ in range(more)]
        found += [(midnight + timedelta(hours=hours), False) for hours in usual]
        found += [(midnight + timedelta(hours=hours), True) for hours in hurried]
    return sorted((at, raid) for at, raid in found if at > start)


def _poisson(chance: random.Random, mean: float) -> int:
    """Draw by Knuth's product of uniforms, which is fine for the small means of a day."""
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count
