"""What a text will cost before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from app.telephony import Segments, measure_text

# Twilio's list price of a segment to Canada or the United States in 2026, in US dollars; what the
# callers' own carriers charge on top (up to as much again) is not in it.
PRICE_OF_A_SEGMENT = Decimal("0.0083")


@dataclass(frozen=True)
class Preview:
    """A text as it would go out."""

    body: str
    weight: Segments

    @property
    def cents(self) -> Decimal:
        """The list price in US cents."""
        return (self.weight.segments * PRICE_OF_A_SEGMENT * 100).quantize(Decimal("0.1"))

    @property
    def costly(self) -> list[str]:
        """The characters that the phone network's small alphabet lacks, each once."""
        if self.weight.encoding == "GSM-7":
            return []
        return sorted({c for c in self.body if measure_text(c).encoding != "GSM-7"})


def preview(body: str) -> Preview:
    """Return a text with what it weighs."""
    return Preview(body, measure_text(body))


@cache
def alphabet() -> tuple[str, str]:
    """Return the characters of one septet and those of two, for counting while one types."""
    ascii_and_more = [chr(code) for code in range(0x20, 0x2200)] + ["\n"]
    small = [c for c in ascii_and_more if measure_text(c).encoding == "GSM-7"]
    weights = {c: measure_text(c).units for c in small}
    return (
        "".join(c for c in small if weights[c] == 1),
        "".join(c for c in small if weights[c] == 2),
    )
