"""Phone numbers as people write them."""

from __future__ import annotations

import phonenumbers


def clean_number(text: str) -> str | None:
    """Return a number in E.164, or None where it has no country code or no possible length."""
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
