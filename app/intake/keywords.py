"""Words that act whatever the script has just asked, if they are the whole text."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from app.texts import Language, Texts, fold, is_word

# The carrier's own list: it opts the phone out before the text reaches us and lets no reply
# through. Source: Twilio's documentation of opt-out keywords, with REVOKE and OPTOUT since 2025.
BUILTIN_STOP = frozenset(
    {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "REVOKE", "OPTOUT", "CANCEL"}
)
# The carrier's words that lift its own STOP; to us "yes" is an answer unless texting is stopped.
BUILTIN_START = frozenset({"START", "YES", "UNSTOP"})


class Keyword(StrEnum):
    """A wish that a caller states with a single word."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    WRONG_NUMBER = "wrong_number"
    CALL_ME = "call_me"
    ERASE = "erase"


# A folded whole text to what it asks for and the language it is written in, if it has one.
Keywords = dict[str, tuple[Keyword, str | None]]


def is_builtin_stop(text: str) -> bool:
    """Whether the carrier itself takes ``text`` as STOP: one word of its list, any case.

    "Stop." is not one: the carrier wants the bare word, so we confirm that one ourselves.
    """
    return text.strip().upper() in BUILTIN_STOP


def is_builtin_start(text: str) -> bool:
    """Whether the carrier itself takes ``text`` as the end of a STOP."""
    return text.strip().upper() in BUILTIN_START


def collect_keywords(texts: Texts) -> Keywords:
    """Return the keywords of all languages, offered or not. Raises ``ValueError`` if two clash."""
    keywords: Keywords = {}
    for language in (texts.everyone, *sorted(texts.languages.values(), key=_is_further)):
        code = None if language is texts.everyone else language.code
        for name, phrases in language.words.keywords.items():
            for phrase in phrases:
                _add(keywords, phrase, Keyword(name), code, offered=language.enabled)
    return keywords


def _is_further(language: Language) -> bool:
    return not language.enabled


def find_keyword(keywords: Keywords, words: Sequence[str]) -> tuple[Keyword, str | None] | None:
    """Return what the folded ``words`` ask for if all of them together are a keyword."""
    if len(words) > 8:  # longer than any keyword; spares joining long texts
        return None
    found = keywords.get(" ".join(words))
    if found is None and not all(map(is_word, words)):
        found = keywords.get(" ".join(filter(is_word, words)))
    return found


def _add(
    keywords: Keywords, phrase: str, keyword: Keyword, language: str | None, *, offered: bool
) -> None:
    """Add a phrase; one that two offered languages share is answered for everyone."""
    folded = " ".join(fold(phrase))
    known, code = keywords.get(folded, (keyword, language))
    if not folded or known is not keyword:
        raise ValueError(f"{phrase!r} cannot mean {keyword} and {known}")
    keywords[folded] = (keyword, language if code == language else code if not offered else None)
