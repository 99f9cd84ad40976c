"""The carrier's own opt-out: words that block or unblock a phone, whatever the service does.

Source: https://help.twilio.com/articles/223134027. ARRET is not among them.
"""

from __future__ import annotations

_WORDS = {
    "STOP": {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL"},
    "START": {"START", "UNSTOP", "YES"},
    "HELP": {"HELP", "INFO"},
}


def find_opt_out_type(body: str) -> str | None:
    """STOP, START or HELP if the whole text is such a word, in any case; else ``None``."""
    word = body.strip().upper()
    return next((kind for kind, words in _WORDS.items() if word in words), None)
