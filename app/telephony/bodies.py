"""The words of a text as the carrier lists them, which are not always those that it was given.

Its smart encoding puts plain signs in place of typographic ones
(https://www.twilio.com/docs/messaging/services/smart-encoding-char-list), and a trial account puts
a sentence in front (https://www.twilio.com/docs/usage/tutorials/how-to-use-your-free-trial-account).
"""

from __future__ import annotations

import re
import unicodedata

_TRIAL = re.compile(r"^sent from your twilio trial account\s*[-\u2013\u2014]\s*", re.IGNORECASE)
_PLAIN = str.maketrans(
    {
        **dict.fromkeys(
            "\u00ab\u00bb\u201c\u201d\u201e\u201f\u02ba\u02ee\u275d\u275e\u301d\u301e\u2033\u2036",
            '"',
        ),
        **dict.fromkeys(
            "\u2018\u2019\u201a\u201b\u02b9\u02bb\u02bc\u02bd\u02c8\u02ca\u02cb\u00b4`\u2032\u2035\u275b\u275c\u2039\u203a",
            "'",
        ),
        **dict.fromkeys(
            "\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u00ad\u23bc\u23bd\u23ba\u23bb\u02d7",
            "-",
        ),
        **dict.fromkeys("\u2022\u2219\u22c5\u00b7", "."),
        **dict.fromkeys("\u204e\u2217\u066d", "*"),
        **dict.fromkeys("\u2044\u2215\u29f8", "/"),
        "\u2026": "...",
        "\u2003": " ",
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"),
    }
)


def is_same_body(listed: str, ours: str, *, framed: bool = False) -> bool:
    """Return whether the carrier's list holds a text of ours, whatever it made of its signs.

    ``framed``: other words may stand around it, as in a template.
    """
    found, wanted = _fold(_TRIAL.sub("", listed)), _fold(ours)
    return found == wanted or (framed and bool(wanted) and wanted in found)


def _fold(body: str) -> str:
    plain = unicodedata.normalize("NFKC", body.translate(_PLAIN)).translate(_PLAIN)
    return " ".join(plain.split())
