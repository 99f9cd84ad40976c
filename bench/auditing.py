"""What an attacker learns from releases about one case, measured: a lower bound on ε.

The attacker knows every other case and asks whether one more was counted. Two databases that differ
by that case are drawn from many times; how much likelier a verdict is on one than on the other is a
lower bound on ε. Clopper and Pearson's intervals make it certain (but for ``ALPHA``). The bound of
an honest mechanism stays below what it claims; broken variants exceed it, or else the audit would
be blind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from app.statistics import MEASURES, noise_program

ALPHA = 0.0005
# Draws(with the case?, how many) → for each draw the evidence that the case is there.
Draws = Callable[[bool, int], NDArray[np.float64]]
_BEFORE = 40
# Suppression as others do it: what is below this is not shown.
_SUPPRESSED = 5


def lower_bound(draws: Draws, count: int) -> float:
    """Return what ε is at least, from ``count`` draws on each of two neighbouring databases.

    The verdict is chosen on one half of them and judged on the other.
    """
    without, with_case = draws(False, count), draws(True, count)
    half = count // 2
    best = max(
        (_bound(without[:half], with_case[:half], at) for at in _thresholds(with_case[:half])),
        key=lambda found: found[0],
    )[1]
    return max(0.0, _bound(without[half:], with_case[half:], best)[0])


def _thresholds(evidence: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.unique(np.quantile(evidence, np.linspace(0.02, 0.999, 60)))


def _bound(
    without: NDArray[np.float64], with_case: NDArray[np.float64], at: float
) -> tuple[float, float]:
    """Return the bound for the verdict “evidence of at least ``at``”, and ``at``."""
    n, hits, false = len(with_case), int((with_case >= at).sum()), int((without >= at).sum())
    least = beta.ppf(ALPHA, hits, n - hits + 1) if hits else 0.0
    most = beta.ppf(1 - ALPHA, false + 1, n - false) if false < n else 1.0
    return (math.log(least / most) if least > 0 else 0.0), at


# -- what is audited


def draw_family(family: str, millis: Sequence[int] | None = None, downloads: int = 1) -> Draws:
    """Draw what a family publishes of one case, over its life, by the real mechanism.

    It is in one cell of each table. With ``downloads`` noise is drawn anew for each of them.
    """
    spent = millis or [
        measure.milli
        for (of, _), measures in MEASURES.items()
        if of == family
        for measure in measures
    ]

    def draws(with_case: bool, count: int) -> NDArray[np.float64]:
        evidence = np.zeros(count)
        for milli in list(spent) * downloads:
            noisy = np.array(noise_program.noisy([_BEFORE + with_case] * count, milli))
            evidence += (np.abs(noisy - _BEFORE) - np.abs(noisy - _BEFORE - 1)) * milli / 1000
        return evidence

    return draws


def empty_rows_omitted(with_case: bool, count: int) -> NDArray[np.float64]:
    """Return the evidence where a row is printed only if a case is in it."""
    noisy = noise_program.noisy([int(with_case)] * count, 150)
    return np.array([1.0 if with_case else 0.0 for _ in noisy])


def suppressed(with_case: bool, count: int) -> NDArray[np.float64]:
    """Return the evidence where small cells are suppressed and the others are exact."""
    cell = _SUPPRESSED - 1 + with_case
    return np.full(count, float(cell >= _SUPPRESSED))


CLAIM = 1.0
CLAIMS: Mapping[str, float] = {"opened": CLAIM, "closed": 0.5, "denials": 0.25}
BROKEN: Mapping[str, Draws] = {
    "budget unsplit (each table gets all of it)": draw_family("opened", [1000] * 6),
    "empty rows omitted": empty_rows_omitted,
    "fresh noise for each of ten downloads": draw_family("opened", downloads=10),
    "suppression instead of noise": suppressed,
}
