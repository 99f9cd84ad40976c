"""A text on its way to the service: webhook, fallback, and the answer carried out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin, urlsplit

from app.simulator.network.webhooks import Answer, Fields
from app.simulator.resources.messages import VERSION, SimulatedMessage
from app.simulator.texts import sending
from app.simulator.twiml import messages as twiml
from app.simulator.values.addresses import geography, split_channel
from app.simulator.values.errors import RestError

if TYPE_CHECKING:
    from app.simulator.network.carrier import SimulatedCarrier


Posting = Callable[[], Coroutine[Any, Any, int | None]]
COUNTED = ("delivered", "failed", "fallback", "lost", "duplicated", "delayed", "reordered")
_MAX_REDIRECTS = 5


async def deliver(
    carrier: SimulatedCarrier, message: SimulatedMessage, opt_out: str | None
) -> int | None:
    """Post one inbound text, unless a fault has other plans; return the service's last answer."""
    post = partial(_post, carrier, message, _fields(carrier, message, opt_out))
    if _put_off(carrier, message, post):
        return None
    path = urlsplit(carrier.number.sms_url).path
    fault = carrier.faults.take("webhook-duplicate", message.from_, f"POST {path}")
    status = await (_twice(carrier, fault.delay_s, post) if fault else post())
    await _release(carrier)
    return status


def _put_off(carrier: SimulatedCarrier, message: SimulatedMessage, post: Posting) -> bool:
    """Whether a fault keeps this text from being posted now."""
    labels = message.from_, f"POST {urlsplit(carrier.number.sms_url).path}"
    if carrier.faults.take("webhook-lost", *labels):
        carrier.counts["lost"] += 1
        return True
    if fault := carrier.faults.take("webhook-reorder", *labels):
        carrier.counts["reordered"] += 1
        carrier.held.append(post)
        carrier.timers.later(fault.delay, partial(_release, carrier, post))
        return True
    if fault := carrier.faults.take("webhook-delay", *labels):
        carrier.counts["delayed"] += 1
        carrier.timers.later(fault.delay, post)
        return True
    return False


async def _twice(carrier: SimulatedCarrier, delay_s: float | None, post: Posting) -> int | None:
    carrier.counts["duplicated"] += 1
    if delay_s:
        carrier.timers.later(delay_s, post)
        return await post()
    return (await asyncio.gather(post(), post()))[-1]


async def _release(carrier: SimulatedCarrier, only: Posting | None = None) -> None:
    """Post the texts held back for reordering, or just that one if it still is."""
    released = [post for post in carrier.held if only is None or post is only]
    for post in released:
        carrier.held.remove(post)
    for post in released:
        await post()


def _fields(carrier: SimulatedCarrier, message: SimulatedMessage, opt_out: str | None) -> Fields:
    """The form of an inbound text; towns the carrier does not know are blank, never missing."""
    fields = [
        ("MessageSid", message.sid),
        ("SmsSid", message.sid),
        ("SmsMessageSid", message.sid),
        ("AccountSid", message.account_sid),
        ("From", message.from_),
        ("To", message.to),
        ("Body", message.body),
        ("NumMedia", str(message.num_media)),
        ("NumSegments", str(message.num_segments)),
        ("SmsStatus", message.status),
        ("ApiVersion", VERSION),
        *geography("From", message.from_),
        *geography("To", message.to),
    ]
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    if opt_out:
        fields.append(("OptOutType", opt_out))
    channel, number = split_channel(message.from_)
    if channel == "whatsapp:":
        fields += [("ProfileName", "Somebody"), ("WaId", number.lstrip("+"))]
    for index, item in enumerate(carrier.media_of(message) if message.num_media else ()):
        fields.append((f"MediaUrl{index}", carrier.config.api_base + item.path))
        fields.append((f"MediaContentType{index}", item.content_type))
    return fields


async def _post(carrier: SimulatedCarrier, message: SimulatedMessage, fields: Fields) -> int | None:
    """Ask the service, then its fallback; carry out the answer; return the last HTTP status."""
    number = carrier.number
    answer, document = await _ask(carrier, message, number.sms_url, fields)
    status = answer.status
    if document:
        carrier.counts["delivered"] += 1
    elif number.sms_fallback_url:
        why = [("ErrorCode", str(answer.error)), ("ErrorUrl", urldefrag(number.sms_url).url)]
        answer, document = await _ask(carrier, message, number.sms_fallback_url, fields + why)
        status = answer.status or status
        carrier.counts["fallback" if document else "failed"] += 1
    else:
        carrier.counts["failed"] += 1
    await _carry_out(carrier, message, document, fields)
    return status


async def _ask(
    carrier: SimulatedCarrier, message: SimulatedMessage, url: str, fields: Fields
) -> tuple[Answer, twiml.MessageDocument | None]:
    """Post to one address and read its answer; what is wrong with it goes to the debugger log."""
    if not url:
        carrier.debug(11100, "no webhook is configured", sid=message.sid, http=None)
        return Answer(None, error=11100), None
    answer = await carrier.webhooks.post(url, fields)
    if answer.error:
        what = "the webhook was not answered with success"
        carrier.debug(answer.error, what, sid=message.sid, url=url, http=answer.status)
        return answer, None
    try:
        document = twiml.read(answer.content_type, answer.body)
    except twiml.BadTwiml as bad:
        carrier.debug(bad.code, str(bad), sid=message.sid, url=url, http=answer.status)
        return Answer(answer.status, error=bad.code), None
    for verb in document.unknown:
        what = f"the answer has the unknown verb <{verb}>"
        carrier.debug(12200, what, sid=message.sid, url=url, http=answer.status)
    return answer, document


async def _carry_out(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    document: twiml.MessageDocument | None,
    fields: Fields,
) -> None:
    url = carrier.number.sms_url
    for _ in range(_MAX_REDIRECTS):
        if document is None:
            return
        for reply in document.replies:
            _reply(carrier, message, reply, url)
        if document.redirect is None:
            return
        url = urljoin(url, document.redirect)
        _, document = await _ask(carrier, message, url, fields)


def _reply(
    carrier: SimulatedCarrier, message: SimulatedMessage, reply: twiml.ReplyVerb, url: str
) -> None:
    callback = urljoin(url, reply.status_callback) if reply.status_callback else None
    outgoing = sending.OutgoingMessage(
        to=reply.to or message.from_,
        from_=message.to,
        body=reply.body,
        media_urls=reply.media,
        status_callback=callback,
    )
    try:
        sending.accept(carrier, outgoing, direction="outbound-reply")
    except RestError as refused:
        carrier.debug(refused.code, refused.message, sid=message.sid, url=url, http=None)
