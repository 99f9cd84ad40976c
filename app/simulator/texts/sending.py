"""A text from the service to a phone: checks, delivery, and status callbacks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from app.simulator.network.webhooks import Fields
from app.simulator.resources.messages import VERSION, SimulatedMessage, new_sid
from app.simulator.values import errors
from app.simulator.values.addresses import destination, split_channel
from app.simulator.values.segments import count_segments

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


_MAX_BODY = 1600
_UNREACHABLE, _UNKNOWN_HANDSET = 30003, 30005


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """What the service asks the carrier to send; ``to`` as it was written."""

    to: str
    from_: str = ""
    body: str = ""
    media_urls: tuple[str, ...] = ()
    status_callback: str | None = None
    messaging_service_sid: str | None = None


def accept(
    carrier: SimulatedCarrier, outgoing: OutgoingMessage, *, direction: str = "outbound-api"
) -> SimulatedMessage:
    """Take a text over and let it travel; raises ``RestError`` with the carrier's refusal."""
    to = _checked(carrier, outgoing)
    now = carrier.clock()
    message = SimulatedMessage(
        seq=carrier.next_seq(),
        sid=new_sid("MM" if outgoing.media_urls else "SM"),
        account_sid=carrier.config.account_sid,
        from_=outgoing.from_ or carrier.config.number,
        to=to,
        body=outgoing.body,
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
    carrier.timers.spawn(_travel(carrier, message, _fate(carrier, to)))
    return message


def _checked(carrier: SimulatedCarrier, outgoing: OutgoingMessage) -> str:
    """The destination, after every check the carrier makes before it takes a text over."""
    if not outgoing.to.strip():
        raise errors.bad_request(21604, "A 'To' phone number is required")
    if not outgoing.body and not outgoing.media_urls:
        raise errors.bad_request(21602, "Message body is required")
    if len(outgoing.body) > _MAX_BODY:
        raise errors.bad_request(21617, "The message body exceeds the 1600 character limit")
    to = destination(outgoing.to)
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
    if split_channel(to)[1] == config.number:
        raise errors.bad_request(21266, "'To' and 'From' number cannot be the same")
    if carrier.faults.take("number-out-of-service", config.number):
        raise errors.bad_request(21606, "The 'From' number is not a number of this account")


def _fate(carrier: SimulatedCarrier, to: str) -> int | None:
    """The error the text will end with, if a fault says so; decided as it is taken over."""
    if carrier.faults.take("api-30003", to):
        return _UNREACHABLE
    return _UNKNOWN_HANDSET if carrier.faults.take("number-out-of-service", to) else None


async def _travel(carrier: SimulatedCarrier, message: SimulatedMessage, error: int | None) -> None:
    """Carry the text to the phone, and report each step to the service."""
    transit, held = carrier.config.transit_s, list[Fields]()
    reports: list[Fields] = []
    for status in ("queued", "sent", "undelivered" if error else "delivered"):
        if transit and status != "queued":
            await _report(carrier, message, reports, held)
            reports = []
            await carrier.timers.sleep(transit)
        _step(carrier, message, status, error)
        reports.append(_status_fields(carrier, message))
    await _report(carrier, message, reports, held)
    await _post_held(carrier, message, held)


def _step(
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


def _status_fields(carrier: SimulatedCarrier, message: SimulatedMessage) -> Fields:
    fields = [
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("MessageStatus", message.status),
        ("SmsStatus", message.status),
        ("AccountSid", message.account_sid),
        ("From", message.from_),
        ("To", message.to),
        ("ApiVersion", VERSION),
    ]
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    if message.error_code:
        fields.append(("ErrorCode", str(message.error_code)))
    if message.status == "delivered":
        # One of the parameters the carrier added without notice.
        fields.append(("RawDlrDoneDate", f"{carrier.clock():%y%m%d%H%M}"))
    return fields


async def _report(
    carrier: SimulatedCarrier, message: SimulatedMessage, reports: list[Fields], held: list[Fields]
) -> None:
    """Post status callbacks in order, except those a fault loses, delays, repeats or holds."""
    if not message.status_callback:
        return
    for fields in reports:
        labels = _labels(message, fields)
        post = partial(_post_status, carrier, message, fields)
        if carrier.faults.take("status-lost", *labels):
            carrier.counts["lost"] += 1
        elif carrier.faults.take("status-reorder", *labels):
            carrier.counts["reordered"] += 1
            held.append(fields)
        elif fault := carrier.faults.take("status-delay", *labels):
            carrier.counts["delayed"] += 1
            carrier.timers.later(fault.delay, post)
        else:
            await post()
            if carrier.faults.take("status-duplicate", *labels):
                carrier.counts["duplicated"] += 1
                await post()
            await _post_held(carrier, message, held)


def _labels(message: SimulatedMessage, fields: Fields) -> tuple[str, ...]:
    path = urlsplit(message.status_callback or "").path
    return message.phone, f"POST {path}", dict(fields)["MessageStatus"]


async def _post_held(
    carrier: SimulatedCarrier, message: SimulatedMessage, held: list[Fields]
) -> None:
    while held:
        await _post_status(carrier, message, held.pop())


async def _post_status(
    carrier: SimulatedCarrier, message: SimulatedMessage, fields: Fields
) -> None:
    """Post one status; there is no fallback for these, a failure is only written down."""
    url = message.status_callback or ""
    answer = await carrier.webhooks.post(url, fields)
    carrier.counts["failed" if answer.error else "delivered"] += 1
    if answer.error:
        what = "the status callback was not answered with success"
        carrier.debug(answer.error, what, sid=message.sid, url=url, http=answer.status)
