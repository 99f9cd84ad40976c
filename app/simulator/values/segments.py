"""The number of segments that the carrier bills for a text.

This encoder is the carrier's and, on purpose, not the one of the service.
GSM 03.38: 160 septets in one segment, 153 in each of several; UCS-2: 70 and 67 UTF-16 units.
"""

from __future__ import annotations

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_DOUBLE = frozenset("\f^{}\\[~]|€")
_GSM7_ALL = _GSM7 | _GSM7_DOUBLE


def count_segments(body: str) -> int:
    """The number of segments of ``body``, at least one."""
    characters = set(body)
    if characters <= _GSM7_ALL:
        units = len(body) + sum(body.count(c) for c in characters & _GSM7_DOUBLE)
        single, several = 160, 153
    else:
        units = len(body.encode("utf-16-be", "surrogatepass")) // 2
        single, several = 70, 67
    return 1 if units <= single else -(-units // several)
