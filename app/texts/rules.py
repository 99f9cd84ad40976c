"""The limits of every text to a caller, shipped or edited: its length, its words, its questions."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from app.telephony import measure_text
from app.texts.folding import fold

# Questions of the script in the order in which they are asked; any other is refused.
QUESTIONS = ("situation", "need", "safe_now", "reach", "city", "date_soon")

# Said to everybody in the same bytes, whatever language a case is in.
SAID_ALIKE = ("greeting", "other_language", "wrong_number")

# Said in the language of the conversation, or in English and French where none is known.
NOTICES = (
    "help",
    "start",
    "stop",
    "callback",
    "thanks",
    "away",
    "reminder",
    "missed_call",
    "answer_by_voice",
    "erase_code",
    "erase_wrong",
    "erase_only_code",
    "erase_stopped",
    "erase_done",
)

# The only values a text can hold, each with the longest it may become.
PLACEHOLDERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {"erase_code": {"code": "0000"}, "away": {"hours": "Mon-Fri 10:00-18:30, Sat"}}
)

# One segment, with room for what carriers add: septets in GSM-7, UTF-16 units in UCS-2.
LONGEST = MappingProxyType({"GSM-7": 130, "UCS-2": 67})

# A person who reads over a shoulder must not learn what the hotline is about. Word beginnings.
_NEVER_NAMED = (
    "immigr", "inmigr", "imigr", "lamigr", "migra", "deport", "depot", "refug", "asyl", "asil",
    "azil", "detention", "detencion", "detansyon", "border", "frontier", "fronter", "fwonty",
    "polic", "polis", "lapolis", "sherif", "undocument", "sanctuar", "visa", "kith", "cbsa",
    "asfc", "ircc", "rcmp", "uscis", "homeland",
)  # fmt: skip
_NEVER_NAMED_WHOLE = frozenset({"ice", "grc", "dhs", "spvm", "sq", "irb", "cisr", "eoir"})

# Never asked by text. Beginnings of the words of a field's name or of a question.
_NEVER_ASKED = (
    "nationalit", "nacionalidad", "nasyonalite", "citizen", "citoyen", "ciudadan", "sitwayen",
    "country", "pays", "pais", "peyi", "status", "statut", "estatus", "estati", "address",
    "adress", "adres", "direccion", "employ", "emple", "anplwaye", "patron", "patwon", "passport",
    "passeport", "pasaport", "paspo", "criminal", "criminel", "kriminel", "casier", "antecedent",
    "record", "claim", "story", "histoire", "historia", "istwa", "photo", "foto", "picture",
    "child", "enfant", "nino", "hijo", "timoun", "pitit", "school", "ecole", "escuela", "lekol",
    "birth", "naissance", "nacimiento", "nesans", "uci", "alien",
)  # fmt: skip
_NEVER_ASKED_WHOLE = frozenset(
    {"name", "surname", "entry", "entree", "entrada", "route", "ruta", "id", "anumber", "sin"}
)
_NEVER_ASKED_PHRASES = (
    "your name", "full name", "legal name", "what name", "votre nom", "ton nom", "nom complet",
    "quel nom", "su nombre", "tu nombre", "nombre completo", "se llama", "non ou", "non konple",
    "kijan ou rele", "a number", "numero a", "date of entry", "how did you enter", "you work",
    "travaillez", "trabaja", "travay ou",
)  # fmt: skip


class TextRefused(ValueError):
    """This text cannot be sent to callers."""


class FieldRefused(ValueError):
    """This is never asked by text."""


def check_text(key: str, text: str, *, never_named: Sequence[str] = ()) -> None:
    """Raise unless ``text`` may be sent as ``key``.

    ``never_named`` adds names of the organisation. Raises ``TextRefused`` for a text that is
    empty, longer than one segment, names what the hotline is about or holds an unknown
    placeholder; ``FieldRefused`` for a question about what is never asked.
    """
    if not text.strip() or not text.isprintable():
        raise TextRefused(f"{key}: write one line of text")
    check_length(key, fill(key, text, PLACEHOLDERS.get(key, {})))
    check_unnamed(key, text, never_named=never_named)
    if key in QUESTIONS:
        _check_question(key, fold(text))


def check_unnamed(key: str, text: str, *, never_named: Sequence[str] = ()) -> None:
    """Raise ``TextRefused`` for what names the hotline's matter, written or spoken."""
    words = fold(text)
    named = [word for word in words if _is_named(word)]
    named += [name for name in never_named if _holds(words, fold(name))]
    if named:
        raise TextRefused(f"{key}: never name {named[0]!r} in a text")


def check_field(name: str) -> None:
    """Raise ``FieldRefused`` if a field called ``name`` is never asked by text."""
    for word in fold(name.replace("_", " ")):
        if word.startswith(_NEVER_ASKED) or word in _NEVER_ASKED_WHOLE:
            raise FieldRefused(f"{name}: {word!r} is never asked by text")


def fill(key: str, text: str, values: Mapping[str, str]) -> str:
    """Put ``values`` into ``text``. Raises ``TextRefused`` if they do not fit its placeholders."""
    try:
        wanted = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError:
        raise TextRefused(f"{key}: a lone brace") from None
    if wanted != set(values):
        expected = ", ".join(f"{{{name}}}" for name in values) or "none"
        raise TextRefused(f"{key}: the placeholders must be: {expected}")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def check_length(key: str, text: str) -> None:
    """Raise ``TextRefused`` for a text that is longer than one segment."""
    size = measure_text(text)
    longest = LONGEST[size.encoding]
    if size.units > longest:
        raise TextRefused(
            f"{key}: {size.units} units in {size.encoding}, at most {longest} fit one text"
        )


def _check_question(key: str, words: list[str]) -> None:
    if any(_holds(words, phrase.split()) for phrase in _NEVER_ASKED_PHRASES) or any(
        word.startswith(_NEVER_ASKED) for word in words
    ):
        raise FieldRefused(f"{key}: asks for what is never asked by text")


def _is_named(word: str) -> bool:
    return word.startswith(_NEVER_NAMED) or word in _NEVER_NAMED_WHOLE


def _holds(words: list[str], phrase: list[str]) -> bool:
    size = len(phrase)
    return size > 0 and any(words[at : at + size] == phrase for at in range(len(words)))
