"""The organisation: its settings and its lists of codes."""

from app.organisation.codes import ANSWERS, LANGUAGES, SITUATIONS, check_codes, check_fields
from app.organisation.settings import (
    change_settings,
    find_zone,
    look_up_versions,
    read_regions,
    read_settings,
)

__all__ = [
    "ANSWERS",
    "LANGUAGES",
    "SITUATIONS",
    "change_settings",
    "check_codes",
    "check_fields",
    "find_zone",
    "look_up_versions",
    "read_regions",
    "read_settings",
]
