"""Callers who reach the hotline, and what their cases are found by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from app.crypto import keyed_hash
from app.models import CaseValues, WhatsAppContact
from app.store import Db
from app.telephony import Channel, identify_number, is_same_phone


@dataclass(frozen=True)
class NewCaller:
    """A caller without a live case: how they reach us, and their number unless it is withheld."""

    channel: str
    number: str | None = field(repr=False)


def make_caller_lookup(db: Db, number: str) -> bytes:
    """Return what the cases of one phone are found by, whichever way it reaches us.

    While the server is sealed that is a hash which only this process can make.
    """
    if db.keys.is_open:
        return db.keys.number_lookup(number)
    return keyed_hash(db.keys.provisional_key, "provisional", identify_number(number).encode())


def note_text(values: CaseValues, number: str | None, channel: Channel, at: datetime) -> CaseValues:
    """Note when and on which channel a phone wrote; a text that comes late takes nothing back.

    Of the other phones of a merged case only the time is noted.
    """
    last = values.last_inbound_at
    newest = replace(
        values,
        last_message_at=max(values.last_message_at or at, at),
        last_inbound_at=max(last or at, at),
    )
    if number is None or not is_same_phone(number, values.number):
        return newest
    if channel == "whatsapp":
        known = values.whatsapp
        contact = WhatsAppContact(number=number, last_at=max(known.last_at, at) if known else at)
        newest = replace(newest, whatsapp=contact)
    if channel == values.text_channel or (last is not None and at < last):
        return newest
    return replace(newest, text_channel=channel, last_sms_at=last if channel != "sms" else None)


def inherit_channels(values: CaseValues, gone: CaseValues) -> CaseValues:
    """Return a live case's values, told what a case of the same phone knows of its channels."""
    if gone.whatsapp and values.number:
        values = note_text(values, gone.whatsapp.number, "whatsapp", gone.whatsapp.last_at)
    if sms := gone.find_last_text("sms"):
        values = note_text(values, values.number, "sms", sms)
    return values
