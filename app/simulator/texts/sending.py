"""A text from the service to a phone: checks, delivery, and status callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from app.simulator.network.callbacks import CallbackQueue
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.resources.formats import new_sid
from app.simulator.resources.forms import text_status_fields
from app.simulator.resources.messages import SimulatedMessage
from app.simulator.values import errors
from app.simulator.values.addresses import WHATSAPP, check_text_destination, split_channel
from app.simulator.values.segments import count_segments

_MAX_BODY = 1600
_TRIAL = "Sent from your Twilio trial account - "
_PLAIN = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "..."})
_UNREACHABLE, _UNKNOWN_HANDSET, _OUTSIDE_WINDOW = 30003, 30005, 63016
_WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """A text that the service asks the carrier to send; ``to`` as the service wrote it."""

    to: str
    from_: str = ""
    body: str = ""
    media_urls: tuple[str, ...] = ()
    status_callback: str | None = None
    messaging_service_sid: str | None = None
    content_sid: str | None = None
    """The template that the words fill; the simulated network knows every template."""


def accept_text(
    carrier: SimulatedCarrier, outgoing: OutgoingMessage, *, direction: str = "outbound-api"
) -> SimulatedMessage:
    """Take a text over and let it travel; raises ``RestError`` with the carrier's refusal."""
    to = _check_text(carrier, outgoing)
    now = carrier.clock()
    message = SimulatedMessage(
        seq=carrier.next_seq(),
        sid=new_sid("MM" if outgoing.media_urls else "SM"),
        account_sid=carrier.config.account_sid,
        from_=outgoing.from_ or split_channel(to)[0] + _choose_number(carrier),
        to=to,
        body=_change_body(carrier, outgoing.body, to),
        direction=direction,
        status="queued",
        created=now,
        updated=now,
        num_segments=count_segments(outgoing.body),
        num_media=len(outgoing.media_urls),
        messaging_service_sid=outgoing.messaging_service_sid,
        status_callback=outgoing.status_callback,
    )
    carrier.messages[message.sid] = message
    error = _choose_error(carrier, to, template=outgoing.content_sid is not None)
    carrier.timers.spawn(_deliver(carrier, message, error))
    return message


def _choose_number(carrier: SimulatedCarrier) -> str:
    """Return the number of the messaging service that a text goes out from."""
    return next(iter(carrier.config.pool), carrier.config.number)


def _change_body(carrier: SimulatedCarrier, body: str, to: str) -> str:
    """Return the words as the carrier keeps and delivers them."""
    if carrier.faults.take("body-encoding", to):
        body = body.translate(_PLAIN)
    return _TRIAL + body if carrier.faults.take("body-trial", to) else body


def _check_text(carrier: SimulatedCarrier, outgoing: OutgoingMessage) -> str:
    """The destination, after every check that the carrier makes before it takes a text over."""
    if not outgoing.to.strip():
        raise errors.bad_request(21604, "A 'To' phone number is required")
    if not outgoing.body and not outgoing.media_urls:
        raise errors.bad_request(21602, "Message body is required")
    if len(outgoing.body) > _MAX_BODY:
        raise errors.bad_request(21617, "The message body exceeds the 1600 character limit")
    to = check_text_destination(outgoing.to)
    _check_sender(carrier, outgoing, to)
    callback = outgoing.status_callback
    if callback and urlsplit(callback).scheme not in {"http", "https"}:
        raise errors.bad_request(21609, "The 'StatusCallback' URL is not a valid URL")
    if to in carrier.opted_out or carrier.faults.take("api-21610", to):
        raise errors.opted_out()
    if carrier.faults.take("api-14107", to):
        raise errors.reply_loop()
    if carrier.faults.take("api-21611", to):
        raise errors.queue_full()
    return to


def _check_sender(carrier: SimulatedCarrier, outgoing: OutgoingMessage, to: str) -> None:
    config = carrier.config
    if not outgoing.from_ and not outgoing.messaging_service_sid:
        raise errors.bad_request(21603, "A 'From' phone number is required")
    if outgoing.from_ and split_channel(outgoing.from_)[1] != config.number:
        raise errors.bad_request(21606, "The 'From' number is not a number of this account")
    if outgoing.messaging_service_sid not in {None, config.messaging_service_sid}:
        raise errors.bad_request(21701, "The messaging service does not exist")
    if outgoing.from_ and split_channel(outgoing.from_)[0] != split_channel(to)[0]:
        raise errors.bad_request(63007, "The 'From' address is not one of the channel of 'To'")
    if split_channel(to)[1] == config.number:
        raise errors.bad_request(21266, "'To' and 'From' number cannot be the same")
    if carrier.faults.take("number-out-of-service", config.number):
        raise errors.bad_request(21606, "The 'From' number is not a number of this account")


def _choose_error(carrier: SimulatedCarrier, to: str, *, template: bool) -> int | None:
    """The error that will end the text: WhatsApp's window is closed, or a fault says so.

    As at the carrier, which takes the text over first and hears from WhatsApp later.
    """
    if split_channel(to)[0] == WHATSAPP and not template:
        heard = carrier.heard_on_whatsapp.get(to)
        if heard is None or carrier.clock() - heard >= _WINDOW:
            return _OUTSIDE_WINDOW
    if carrier.faults.take("callback-21610", to):
        return 21610
    if carrier.faults.take("api-30003", to):
        return _UNREACHABLE
    return _UNKNOWN_HANDSET if carrier.faults.take("number-out-of-service", to) else None


async def _deliver(carrier: SimulatedCarrier, message: SimulatedMessage, error: int | None) -> None:
    """Carry the text to the phone, and report each step to the service."""
    callbacks = CallbackQueue(carrier, message.sid, message.phone, numbered=False)
    for status in ("queued", "sent", "undelivered" if error else "delivered"):
        if status != "queued":
            await carrier.timers.sleep(carrier.config.transit_s)
        _change_status(carrier, message, status, error)
        if url := message.status_callback:
            fields = text_status_fields(message, carrier.clock())
            callbacks.send(url, fields, status)
    callbacks.release()


def _change_status(
    carrier: SimulatedCarrier, message: SimulatedMessage, status: str, error: int | None
) -> None:
    now = carrier.clock()
    message.status, message.updated = status, now
    if status == "sent":
        message.sent = now
    elif status == "delivered":
        carrier.handset(message.to).show(message.sid, message.body, now, received=True)
    elif status == "undelivered":
        message.error_code = error
