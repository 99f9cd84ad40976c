"""Every text a caller may get, and the words callers are understood by: one TOML per language.

``everyone.toml`` holds what is said in the same bytes to everybody, and notices in English and
French for a phone whose language is not known. A language is offered once ``enabled``; it stays
marked ``reviewed_by = "none"`` until a native speaker has read it.
"""

from app.texts.catalogue import Texts, load_texts, read_script_plan
from app.texts.folding import fold
from app.texts.languages import LANGUAGE_NAMES
from app.texts.member_notices import (
    MEMBER_LANGUAGES,
    MemberNotice,
    MemberText,
    choose_member_language,
)
from app.texts.rules import QUESTIONS, SAID_ALIKE, FieldRefused, TextRefused, check_field
from app.texts.spoken.sentences import Sentence, Spoken, load_spoken

__all__ = [
    "LANGUAGE_NAMES",
    "MEMBER_LANGUAGES",
    "QUESTIONS",
    "SAID_ALIKE",
    "FieldRefused",
    "MemberNotice",
    "MemberText",
    "Sentence",
    "Spoken",
    "TextRefused",
    "Texts",
    "check_field",
    "choose_member_language",
    "fold",
    "load_spoken",
    "load_texts",
    "read_script_plan",
]
