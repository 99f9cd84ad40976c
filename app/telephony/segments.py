"""How many segments a text costs, by the rules every phone network shares.

Source: 3GPP TS 23.038 (alphabets) and TS 23.040 (6 octets of each part of a longer text are a
header). The alphabet comes from the ``gsm0338`` package; what is counted here is the splitting.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import gsm0338  # type: ignore[import-untyped]  # the package ships no types

Encoding = Literal["GSM-7", "UCS-2"]


@dataclass(frozen=True, slots=True)
class Segments:
    """The size of a text: ``units`` are septets in GSM-7, UTF-16 code units in UCS-2."""

    encoding: Encoding
    units: int
    segments: int


def measure_text(body: str) -> Segments:
    """Return encoding, units and segments of ``body``, for any string.

    GSM-7 is taken if it has every character: 160 septets alone, 153 in each part of a longer
    text; otherwise UCS-2 with 70 and 67 code units. A character of two units (``€``, most emoji)
    never straddles two parts. An empty text is one segment of no units.
    """
    if _ALONE.issuperset(body):  # as nearly all are, and quickly seen
        units = len(body)
        return Segments("GSM-7", units, 1 if units <= 160 else -(-units // 153))
    septets = [_SEPTETS.get(character, 0) for character in body]
    if all(septets):
        return _weigh("GSM-7", septets, alone=160, part=153)
    return _weigh("UCS-2", [1 + (character > "\uffff") for character in body], alone=70, part=67)


def _weigh(encoding: Encoding, costs: list[int], *, alone: int, part: int) -> Segments:
    units = sum(costs)
    return Segments(encoding, units, 1 if units <= alone else _parts(costs, part))


def _parts(costs: Iterable[int], part: int) -> int:
    parts, filled = 1, 0
    for cost in costs:
        if filled + cost > part:
            parts, filled = parts + 1, 0
        filled += cost
    return parts


def _septets_by_character() -> dict[str, int]:
    """Read the alphabet out of the codec: one septet, or an escape and a second one."""
    codec = gsm0338.Codec()
    escape = 0x1B
    alone = {codec.decode(bytes([code]))[0]: 1 for code in range(128) if code != escape}
    escaped = {
        codec.decode(bytes([escape, code]), "ignore")[0]: 2 for code in range(128) if code != escape
    }
    escaped.pop("", None)
    return alone | escaped


_SEPTETS = _septets_by_character()
_ALONE = frozenset(character for character, septets in _SEPTETS.items() if septets == 1)
