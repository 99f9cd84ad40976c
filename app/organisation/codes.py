"""What a case's coarse facts and the fields of its sheet may be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import BadRequest

SITUATIONS = (
    "happening_now",
    "detained",
    "date_or_letter",
    "witnessed",
    "service_denied",
    "other",
)
# What the script may have learnt; the desk can correct it like any field.
ANSWERS = (
    "safe_now",
    "safe_now_text",
    "city",
    "city_text",
    "date_soon",
    "date_soon_text",
    "need",
    "need_text",
    "reach",
    "reach_text",
    "reach_hours",
)


def check_codes(
    settings: Mapping[str, Any],
    *,
    situation: str | None = None,
    urgency: int | None = None,
    region: str | None = None,
    language: str | None = None,
) -> None:
    """Raise BadRequest for a code that is not in its list."""
    if language is not None and language not in LANGUAGES:
        raise BadRequest(f"A language is one of: {', '.join(LANGUAGES)}.")
    if situation is not None and situation not in SITUATIONS:
        raise BadRequest(f"A situation is one of: {', '.join(SITUATIONS)}.")
    if urgency is not None and urgency not in range(4):
        raise BadRequest("Urgency is 0 (now), 1 (today), 2 (this week) or 3 (information).")
    if region is not None and region not in settings["regions"]:
        raise BadRequest(f"A region is one of: {', '.join(settings['regions'])}.")


def check_fields(settings: Mapping[str, Any], fields: Mapping[str, Any]) -> None:
    """Raise BadRequest for a field that the organisation does not keep, or that is no text."""
    if set(fields) - set(settings["fields"]) - set(ANSWERS):
        raise BadRequest(f"Fields are: {', '.join(settings['fields'])}.")
    if any(value is not None and len(str(value)) > 4000 for value in fields.values()):
        raise BadRequest("A field has at most 4000 characters.")


# BCP 47 codes that cases and members may have.
LANGUAGES = (
    "en",
    "fr",
    "es",
    "ht",
    "pa",
    "hi",
    "pt-BR",
    "tl",
    "zh-Hans",
    "ar",
    "fa",
    "ur",
    "ta",
    "bn",
    "so",
    "tr",
)
