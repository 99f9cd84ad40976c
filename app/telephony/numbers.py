"""Phone numbers as people write them, and the two forms that some countries' numbers have.

Sources of ``_TODAY``: libphonenumber's metadata (``phonenumbers``), which refuses the old forms as
too long or too short, and reports of what arrives. WhatsApp goes on showing the form in which an
account was once opened: Mexico ``+52 1`` (chatwoot/chatwoot#14048, through this carrier), Argentina
``+54 9`` and Brazil's eight digits (chatwoot/chatwoot#14264), Côte d'Ivoire's eight digits
(devlikeapro/waha#1894; to ten on 2021-01-31 by the digit of the operator, ARTCI). Benin put 01
before every number on 2024-11-30.
"""

from __future__ import annotations

import re

import phonenumbers

from app.errors import BadRequest

# The old form of a country's numbers, and how today's is made of it. Brazil's landlines begin with
# 2 to 5 and keep their eight digits, as those of Côte d'Ivoire, which nobody texts from, are left.
_TODAY = (
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    (re.compile(r"\+55(\d{2})([689]\d{7})"), r"+55\g<1>9\2"),
    (re.compile(r"\+225([04-8][0-3]\d{6})"), r"+22501\1"),
    (re.compile(r"\+225([04-8][4-6]\d{6})"), r"+22505\1"),
    (re.compile(r"\+225([04-8][7-9]\d{6})"), r"+22507\1"),
    (re.compile(r"\+229(\d{8})"), r"+22901\1"),
)
_ARGENTINE_MOBILE = re.compile(r"\+549(\d{10})")
_TWO_FORMS = ("+52", "+54", "+55", "+225", "+229")
# How an extension is written where libphonenumber does not know the word.
_EXTENSION = re.compile(
    r"(?:poste|anexo|interno|ramal|durchwahl|dahili)\W*(\d{1,7})\s*$", re.IGNORECASE
)


class NumberNotUnderstood(BadRequest):
    """Write the phone number with a plus and its country code in front."""


class ExtensionNotDialled(NumberNotUnderstood):
    """Behind this number stands an extension, which we can neither text nor dial.

    Write a number that reaches the person directly, and the extension in a note.
    """


def read_number(text: str) -> str:
    """Return a number that somebody wrote, in E.164 and in today's form.

    NumberNotUnderstood where it has no country code or no possible length; ExtensionNotDialled.
    """
    try:
        number = phonenumbers.parse(_EXTENSION.sub(r" ext \1", text), None)
    except phonenumbers.NumberParseException as error:
        raise NumberNotUnderstood from error
    if number.extension:
        raise ExtensionNotDialled
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    today = find_todays_form(written)
    if today == written and not phonenumbers.is_possible_number(number):
        raise NumberNotUnderstood
    return today


def clean_number(text: str) -> str | None:
    """Return the same, or None for what ``read_number`` refuses."""
    try:
        return read_number(text)
    except NumberNotUnderstood:
        return None


def identify_number(number: str) -> str:
    """Return one form of an E.164 number, by which its phone is known in whichever form it writes.

    For comparing only: in Argentina it is not the one that is dialled. Whatever is no number is
    returned as it is.
    """
    if not number.startswith(_TWO_FORMS):
        return number
    return _ARGENTINE_MOBILE.sub(r"+54\1", find_todays_form(number))


def is_same_phone(one: str | None, other: str | None) -> bool:
    """Return whether two numbers are one phone's."""
    return one == other or bool(one and other and identify_number(one) == identify_number(other))


def find_todays_form(number: str) -> str:
    """Return an E.164 number as it is dialled today, where its country has changed its form."""
    for old, today in _TODAY:
        if found := old.fullmatch(number):
            return found.expand(today)
    return number
