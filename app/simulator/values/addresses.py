"""Phone numbers: which ones the carrier accepts, and the town it guesses from a number."""

from __future__ import annotations

import re

from app.simulator.values.errors import RestError, bad_request

_E164 = re.compile(r"\+[1-9]\d{6,14}")
# Numbers the carrier's documentation reserves for trying out its refusals.
_TRIAL = {
    "+15005550001": RestError(400, 21211, "The 'To' number is not a valid phone number"),
    "+15005550002": RestError(400, 21612, "This 'To' number is not reachable from here"),
    "+15005550003": RestError(400, 21408, "Permission to send to this region is not enabled"),
    "+15005550004": RestError(400, 21610, "Attempt to send to unsubscribed recipient"),
    "+15005550009": RestError(400, 21614, "The 'To' number is not a valid mobile number"),
}
_TRIAL_CALLS = {
    "+15005550001": RestError(400, 21217, "Phone number does not appear to be valid"),
    "+15005550002": RestError(400, 21214, "'To' phone number cannot be reached"),
    "+15005550003": RestError(400, 21215, "The account may not call this country"),
    "+15005550004": RestError(400, 21216, "The account may not call this number"),
}
WHATSAPP = "whatsapp:"
_TOWNS = {
    "514": ("MONTREAL", "QC", "CA"),
    "438": ("MONTREAL", "QC", "CA"),
    "450": ("LAVAL", "QC", "CA"),
    "418": ("QUEBEC", "QC", "CA"),
    "613": ("OTTAWA", "ON", "CA"),
    "416": ("TORONTO", "ON", "CA"),
    "647": ("TORONTO", "ON", "CA"),
    "604": ("VANCOUVER", "BC", "CA"),
    "212": ("NEW YORK", "NY", "US"),
}


def split_channel(address: str) -> tuple[str, str]:
    """Split ``whatsapp:+1514…`` into channel prefix and number; the prefix of a text is empty."""
    channel, colon, number = address.rpartition(":")
    return channel + colon, number


def check_text_destination(to: str) -> str:
    """Return ``to`` as the carrier stores it, or raise the refusal (21211, 21614, …)."""
    channel, number = split_channel(to.strip())
    digits = re.sub(r"[\s().-]", "", number)
    if re.fullmatch(r"\d{10}", digits):
        digits = "+1" + digits
    if refusal := _TRIAL.get(digits):
        raise RestError(refusal.status, refusal.code, refusal.message)
    if not re.fullmatch(r"\+?\d{3,}", digits):
        raise bad_request(21211, f"The 'To' number {to} is not a valid phone number")
    if not _E164.fullmatch(digits) or digits.startswith("+1900"):
        raise bad_request(21614, f"The 'To' number {to} is not a valid mobile number")
    return channel + digits


def check_call_destination(to: str) -> str:
    """Return the called number as the carrier stores it, or raise the refusal."""
    number = re.sub(r"[\s().-]", "", to)
    if not number:
        raise bad_request(21201, "No 'To' number is specified")
    if refusal := _TRIAL_CALLS.get(number):
        raise RestError(refusal.status, refusal.code, refusal.message)
    if not _E164.fullmatch(number):
        raise bad_request(21211, f"Invalid 'To' Phone Number: {to}")
    if number.startswith("+1900"):
        raise bad_request(21215, "The account may not call premium numbers")
    return number


def read_caller(spelled: str) -> str:
    """Return a caller as the network shows it: any name, and a number with its plus."""
    channel, number = split_channel(spelled.strip())
    if channel:
        return channel.lower() + read_caller(number)
    return "+" + number if re.fullmatch(r"\d{8,15}", number) else number


def guess_town(role: str, address: str) -> list[tuple[str, str]]:
    """The webhook fields about the town of ``role`` (From, To); blank where it is not known."""
    number = split_channel(address)[1]
    city, state, country = (
        _TOWNS.get(number[2:5], ("", "", "")) if number[:2] == "+1" else 3 * ("",)
    )
    fields = {"City": city, "State": state, "Zip": "", "Country": country}
    return [(role + name, value) for name, value in fields.items()]
