"""Every text a caller may get, and the words callers are understood by: one TOML per language.

``everyone.toml`` holds what is said in the same bytes to everybody, and notices in English and
French for a phone whose language is not known. A language stays marked ``reviewed_by = "none"``
until a person who speaks it has read it; but for the first four it is not offered before.
"""

from app.texts.catalogue import (
    FIRST_LANGUAGES,
    REPLY,
    Language,
    Texts,
    load_texts,
    read_script_plan,
)
from app.texts.edits import ReviewRefused, TextEdit, apply_edit
from app.texts.folding import fold, is_word
from app.texts.languages import LANGUAGE_NAMES
from app.texts.member_notices import (
    MEMBER_LANGUAGES,
    MemberNotice,
    MemberText,
    choose_member_language,
)
from app.texts.rules import (
    PLACEHOLDERS,
    QUESTIONS,
    SAID_ALIKE,
    FieldRefused,
    TextRefused,
    check_field,
)
from app.texts.spoken.sentences import Sentence, Spoken, load_spoken

__all__ = [
    "FIRST_LANGUAGES",
    "LANGUAGE_NAMES",
    "MEMBER_LANGUAGES",
    "PLACEHOLDERS",
    "QUESTIONS",
    "REPLY",
    "SAID_ALIKE",
    "FieldRefused",
    "Language",
    "MemberNotice",
    "MemberText",
    "ReviewRefused",
    "Sentence",
    "Spoken",
    "TextEdit",
    "TextRefused",
    "Texts",
    "apply_edit",
    "check_field",
    "choose_member_language",
    "fold",
    "is_word",
    "load_spoken",
    "load_texts",
    "read_script_plan",
]
