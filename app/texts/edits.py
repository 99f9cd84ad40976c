"""What an organisation changes of the texts: wordings, who reviewed a language, what is offered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from app.texts.catalogue import UNREVIEWED, Language, Texts
from app.texts.rules import TextRefused, check_text

LONGEST_NAME = 200


class ReviewRefused(ValueError):
    """A review needs the name of the person who read the texts."""


@dataclass(frozen=True, slots=True)
class TextEdit:
    """One change to the texts of a ``language`` (``und``: what is said to everybody).

    With a ``key`` it words that text or quick reply anew; ``text`` None is the shipped wording.
    ``reviewed_by`` is then who read this wording. Without a key the change is about all texts of
    the language: ``reviewed_by`` has read them as they stand, or ``enabled`` switches it.
    """

    language: str
    key: str | None = None
    text: str | None = None
    reviewed_by: str | None = None
    enabled: bool | None = None


def apply_edit(
    texts: Texts, shipped: Texts, edit: TextEdit, *, never_named: Sequence[str] = ()
) -> Texts:
    """Return ``texts`` with an edit.

    A wording that nobody has read ends the review of its language: see ``Language.is_offered``.

    Raises ``TextRefused`` or ``FieldRefused`` for a text that may not be sent, ``ReviewRefused``
    for a name that is none, ``KeyError`` for a language or key that does not exist. The greeting
    is the same for every organisation's callers and cannot be changed.
    """
    language = texts.find_language(edit.language)
    if language is None:
        raise KeyError(edit.language)
    if edit.reviewed_by is not None:
        check_reviewer(edit.reviewed_by)
    if edit.key is not None:
        language = _word_anew(language, texts, shipped, edit, never_named)
    else:
        language = replace(
            language,
            reviewed_by=edit.reviewed_by or language.reviewed_by,
            enabled=language.enabled if edit.enabled is None else edit.enabled,
        )
    if language.code == texts.everyone.code:
        return replace(texts, everyone=language)
    languages = {**texts.languages, language.code: language}
    return replace(texts, languages=MappingProxyType(languages))


def check_reviewer(name: str) -> None:
    """Raise ``ReviewRefused`` unless ``name`` may be that of a person."""
    letters = sum(character.isalpha() for character in name)
    is_name = letters >= 2 and name.strip().casefold() != UNREVIEWED
    if not is_name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise ReviewRefused


def _word_anew(
    language: Language,
    texts: Texts,
    shipped: Texts,
    edit: TextEdit,
    never_named: Sequence[str],
) -> Language:
    key = edit.key or ""
    if key == "greeting":
        raise TextRefused("greeting: the same for everybody, it cannot be changed")
    is_reply = key in texts.reply_labels and language.code != texts.everyone.code
    if not is_reply and key not in language.texts:
        raise KeyError(key)
    first = shipped.find_language(language.code)
    wording = edit.text if edit.text is not None or first is None else first.find_wording(key)
    if wording is not None:
        check_text(key, wording, never_named=never_named)
    elif not is_reply:
        raise KeyError(key)
    read = edit.reviewed_by is not None or wording == language.find_wording(key)
    reviewed_by = language.reviewed_by if read else UNREVIEWED
    if is_reply:
        return replace(
            language, replies=_put(language.replies, key, wording), reviewed_by=reviewed_by
        )
    return replace(language, texts=_put(language.texts, key, wording), reviewed_by=reviewed_by)


def _put(texts: Mapping[str, str], key: str, wording: str | None) -> Mapping[str, str]:
    changed = {known: text for known, text in texts.items() if known != key or wording}
    return MappingProxyType({**changed, key: wording} if wording else changed)
