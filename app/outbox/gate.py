"""Whether a text may go to a phone: suppressions, safe methods, safe hours.

The same rules are asked twice: when somebody writes a reply (so that they are told why not), and
at the last gate before the carrier (since much can change in between).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.cases import CasePhone, find_contact_terms, find_phone, is_within_hours
from app.errors import (
    CaseClosed,
    CaseErased,
    ConsentMissing,
    HoursNotSaid,
    NumberSuppressed,
    OutsideSafeHours,
    Refusal,
    UnsafeMethod,
)
from app.models import (
    LIVE_STATES,
    PERHAPS_ANOTHER_OWNER,
    Case,
    CaseValues,
    HoursSaid,
    Outgoing,
    OutgoingValues,
    Reach,
)
from app.organisation import TEXT_METHODS, find_zone
from app.outbox.suppressions import SILENCED, UNSAFE, find_suppressions
from app.store import Db
from app.telephony import Channel

# A text this soon after one from the phone is an answer.
ANSWER_WINDOW = timedelta(minutes=30)
# An answer stays one while it waits for the carrier, but not for longer than this.
ANSWER_PATIENCE = timedelta(hours=1)
MAYBE_STRANGER = (
    "This number was silent for 90 days and may be somebody else's now. Only ready replies go to it"
    " until you have made sure who it is and confirmed the caller."
)
# Texts to people of the organisation, who chose to be reached this way.
_TO_OURS = ("alert", "offer", "test")


def check_text(
    db: Db,
    case: Case,
    values: CaseValues,
    now: datetime,
    *,
    written_at: datetime,
    channel: Channel = "sms",
    answers: bool = True,
) -> None:
    """Raise the named refusal if a text written at ``written_at`` may not go to the caller now.

    An answer goes on the channel of the text that it answers, and stays one while it waits for the
    carrier, for an hour at most. A reminder ``answers`` nobody, whenever it goes. Whatever is no
    answer needs consent to this channel.

    NumberSuppressed, UnsafeMethod, ConsentMissing, OutsideSafeHours, CaseClosed, CaseErased.
    """
    _check_live(case)
    _check_phone(db, values, now)
    if not (answers and is_answer(values.find_last_text(channel), written_at, now)):
        terms = find_contact_terms(db, case.id, values)
        zone = find_zone(db, values.region)
        check_agreement(terms, now, zone, method=TEXT_METHODS[channel])


def _check_live(case: Case) -> None:
    if case.state == "erased":
        raise CaseErased
    if case.state not in LIVE_STATES:
        raise CaseClosed


def _check_phone(db: Db, values: CaseValues, now: datetime) -> None:
    """Raise if nothing at all may go to this phone. UnsafeMethod, NumberSuppressed."""
    if "phone_compromised" in values.flags:
        raise UnsafeMethod(
            "This phone may be in the wrong hands. Record another safe contact before writing."
        )
    number = values.number
    if not number:
        raise UnsafeMethod("There is no number in this case that could be texted or called.")
    if find_suppressions(db, [db.keys.number_lookup(number)], now):
        raise NumberSuppressed


def check_call(db: Db, case: Case, values: CaseValues, now: datetime) -> None:
    """Raise the named refusal if the caller may not be called now.

    Who called, or asked for a call (``9``), within the last half hour may be: that is an answer.

    NumberSuppressed, UnsafeMethod, ConsentMissing, OutsideSafeHours, CaseClosed, CaseErased.
    """
    _check_live(case)
    _check_phone(db, values, now)
    stamps = (values.last_call_at, values.call_wanted_at)
    if not any(is_answer(at, now, now) for at in stamps):
        terms = find_contact_terms(db, case.id, values)
        check_agreement(terms, now, find_zone(db, values.region), method="call")


def is_answer(last_inbound_at: datetime | None, written_at: datetime, now: datetime) -> bool:
    """Return whether a text answers one from the phone, and is still fresh enough to."""
    if last_inbound_at is None or now - written_at > ANSWER_PATIENCE:
        return False
    return written_at - last_inbound_at <= ANSWER_WINDOW


def check_agreement(
    terms: Reach | None, now: datetime, zone: ZoneInfo, *, method: str = "text"
) -> None:
    """Raise unless the caller agreed to texts (or calls) at this time of their day.

    Hours that nobody told us are not any time: the desk asks the caller first. ConsentMissing,
    UnsafeMethod, HoursNotSaid, OutsideSafeHours.
    """
    if terms is None or not terms.granted:
        raise ConsentMissing
    if method not in terms.methods:
        raise UnsafeMethod
    if terms.hours.said is HoursSaid.NOT_SAID:
        raise HoursNotSaid
    if not is_within_hours(terms.hours, now, zone):
        raise OutsideSafeHours


# -- the last gate


def find_gate_refusal(db: Db, row: Outgoing, text: OutgoingValues, now: datetime) -> str | None:
    """Return why a queued text must not go to the carrier now, as a refusal's slug, or None.

    Nothing passes a block. The fixed texts of the script answer a phone in the wrong hands like
    any other, since silence would betray it; nothing else goes there. Notices (the one confirmation
    of a STOP or of a wrong number, the dialogue about erasing) pass the suppression that they
    confirm. Both go only while they are an answer. What a person or a reminder says to a caller
    goes by the rules of ``check_text``.
    """
    try:
        _check_outgoing(db, row, text, now)
    except Refusal as refusal:
        return refusal.slug
    return None


def _check_outgoing(db: Db, row: Outgoing, text: OutgoingValues, now: datetime) -> None:
    lookup = db.keys.number_lookup(text.to)
    if not is_allowed(row.purpose, find_suppressions(db, [lookup], now).get(lookup, set())):
        raise NumberSuppressed
    if row.purpose in _TO_OURS:
        return
    if row.purpose == "notice":
        if now - text.written_at > ANSWER_PATIENCE:
            raise OutsideSafeHours
        return
    if row.case_id is None:
        raise CaseErased
    case = db.get_one(Case, row.case_id)
    phone = find_phone(db, case, text.to)
    if phone is None:
        raise UnsafeMethod
    _check_phone_of_case(db, row.purpose, phone, text, now)


def is_allowed(purpose: str, suppressions: Collection[str]) -> bool:
    """Return whether these suppressions of a phone let a text of this purpose through."""
    kinds = set(suppressions)
    if kinds & SILENCED:
        return False
    if purpose == "notice":
        return True
    return not (kinds - {UNSAFE} if purpose == "script" else kinds)


def _check_phone_of_case(
    db: Db, purpose: str, phone: CasePhone, text: OutgoingValues, now: datetime
) -> None:
    values, written_at, channel = phone.values, text.written_at, text.channel
    if purpose == "script":
        _check_live(phone.case)
        if not is_answer(values.find_last_text(channel), written_at, now):
            raise OutsideSafeHours
        return
    answers = purpose != "reminder"
    check_text(db, phone.case, values, now, written_at=written_at, channel=channel, answers=answers)
    heard = values.last_inbound_at
    if PERHAPS_ANOTHER_OWNER in values.flags and heard is not None and written_at < heard:
        raise UnsafeMethod(MAYBE_STRANGER)
