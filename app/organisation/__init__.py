"""The organisation: its settings and its lists of codes."""

from app.organisation.codes import (
    ANSWERS,
    CONSENT_SCOPES,
    CONTACT_METHODS,
    DIRECTORY_KINDS,
    EVENT_KINDS,
    LANGUAGES,
    OUTCOMES,
    REQUEST_KINDS,
    SITUATIONS,
    TEXT_METHODS,
    check_codes,
    check_fields,
)
from app.organisation.own_texts import (
    TextVersion,
    change_texts,
    check_edit,
    list_text_versions,
    read_texts,
    read_texts_version,
)
from app.organisation.settings import (
    change_settings,
    find_zone,
    look_up_versions,
    read_regions,
    read_settings,
    read_settings_version,
)

__all__ = [
    "ANSWERS",
    "CONSENT_SCOPES",
    "CONTACT_METHODS",
    "DIRECTORY_KINDS",
    "EVENT_KINDS",
    "LANGUAGES",
    "OUTCOMES",
    "REQUEST_KINDS",
    "SITUATIONS",
    "TEXT_METHODS",
    "TextVersion",
    "change_settings",
    "change_texts",
    "check_codes",
    "check_edit",
    "check_fields",
    "find_zone",
    "list_text_versions",
    "look_up_versions",
    "read_regions",
    "read_settings",
    "read_settings_version",
    "read_texts",
    "read_texts_version",
]
