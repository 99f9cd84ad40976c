"""A text from a phone to the service: webhook, fallback, and the answer carried out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.webhooks import WebhookAnswer
from app.simulator.resources.formats import Fields, new_sid
from app.simulator.resources.forms import inbound_text_fields
from app.simulator.resources.messages import Media, SimulatedMessage
from app.simulator.texts.sending import OutgoingMessage, accept_text
from app.simulator.twiml.answers import BadTwiml
from app.simulator.twiml.messages import MessageDocument, ReplyVerb, read_message_document
from app.simulator.values.addresses import WHATSAPP, read_caller, split_channel
from app.simulator.values.attachments import SimulatedAttachment
from app.simulator.values.errors import RestError
from app.simulator.values.keywords import find_opt_out_type
from app.simulator.values.segments import count_segments

Posting = Callable[[], Coroutine[Any, Any, int | None]]
_MAX_REDIRECTS = 5


@dataclass(frozen=True, slots=True)
class TextOutcome:
    """A text that left a phone. ``http_status`` is the service's last answer, if it gave one."""

    sid: str
    http_status: int | None


async def text_hotline(
    carrier: SimulatedCarrier, phone: str, body: str, media: Sequence[SimulatedAttachment] = ()
) -> TextOutcome:
    """Text the hotline from a phone; returns when the service has answered the webhook.

    ``phone`` may be anything that a network shows: a number, a short code, ``anonymous``.
    """
    sender = read_caller(phone)
    message = _make_message(carrier, sender, body, media)
    carrier.handset(sender).show(message.sid, body, message.created, received=False)
    if carrier.faults.take("number-out-of-service", carrier.config.number):
        carrier.counts["lost"] += 1
        return TextOutcome(message.sid, None)
    _keep_message(carrier, message, media)
    on_whatsapp = split_channel(sender)[0] == WHATSAPP
    if on_whatsapp:
        carrier.heard_on_whatsapp[sender] = message.created
    opt_out = None if on_whatsapp else find_opt_out_type(body)  # it is none of its business there
    if opt_out == "STOP":
        carrier.opted_out.add(sender)
    elif opt_out == "START":
        carrier.opted_out.discard(sender)
    delivery = carrier.timers.spawn(_deliver(carrier, message, opt_out))
    return TextOutcome(message.sid, await asyncio.shield(delivery))


def _make_message(
    carrier: SimulatedCarrier, sender: str, body: str, media: Sequence[SimulatedAttachment]
) -> SimulatedMessage:
    now = carrier.clock()
    return SimulatedMessage(
        seq=carrier.next_seq(),
        sid=new_sid("MM" if media else "SM"),
        account_sid=carrier.config.account_sid,
        from_=sender,
        to=split_channel(sender)[0] + carrier.config.number,
        body=body,
        direction="inbound",
        status="received",
        created=now,
        updated=now,
        sent=now,
        num_segments=count_segments(body),
        num_media=len(media),
        messaging_service_sid=carrier.config.messaging_service_sid or None,
    )


def _keep_message(
    carrier: SimulatedCarrier, message: SimulatedMessage, media: Sequence[SimulatedAttachment]
) -> None:
    carrier.messages[message.sid] = message
    for item in media:
        kept = Media(
            seq=carrier.next_seq(),
            sid=new_sid("ME"),
            account_sid=message.account_sid,
            parent_sid=message.sid,
            content_type=item.content_type,
            data=item.data,
            created=message.created,
            public_name=secrets.token_hex(16),
        )
        carrier.media[kept.sid] = kept


async def _deliver(
    carrier: SimulatedCarrier, message: SimulatedMessage, opt_out: str | None
) -> int | None:
    """Post an inbound text, unless a fault keeps it back; the service's last answer."""
    media, api_base = carrier.media_of(message), carrier.config.api_base
    fields = inbound_text_fields(message, media, opt_out, api_base)
    post = partial(_post, carrier, message, fields)
    labels = message.from_, f"POST {urlsplit(carrier.number.sms_url).path}"
    if _keep_back(carrier, labels, post):
        return None
    if fault := carrier.faults.take("webhook-duplicate", *labels):
        status = await _post_twice(carrier, fault.delay_s, post)
    else:
        status = await post()
    await _release(carrier)
    return status


def _keep_back(carrier: SimulatedCarrier, labels: tuple[str, ...], post: Posting) -> bool:
    """Whether a fault keeps this text back now."""
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


async def _post_twice(
    carrier: SimulatedCarrier, delay_s: float | None, post: Posting
) -> int | None:
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
) -> tuple[WebhookAnswer, MessageDocument | None]:
    """Post to one address and read its answer; a bad answer goes to the debugger log."""
    if not url:
        carrier.debug(11100, "the number has no webhook", sid=message.sid, http=None)
        return WebhookAnswer(None, error=11100), None
    answer = await carrier.webhooks.post(url, fields)
    debug = partial(carrier.debug, sid=message.sid, url=url, http=answer.status)
    if answer.error:
        debug(answer.error, "the service did not answer the webhook with success")
        return answer, None
    try:
        document = read_message_document(answer.content_type, answer.body)
    except BadTwiml as bad:
        debug(bad.code, str(bad))
        return WebhookAnswer(answer.status, error=bad.code), None
    for verb in document.unknown:
        debug(12200, f"the answer has the unknown verb <{verb}>")
    return answer, document


async def _carry_out(
    carrier: SimulatedCarrier,
    message: SimulatedMessage,
    document: MessageDocument | None,
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
    carrier: SimulatedCarrier, message: SimulatedMessage, reply: ReplyVerb, url: str
) -> None:
    outgoing = OutgoingMessage(
        to=reply.to or message.from_,
        from_=message.to,
        body=reply.body,
        media_urls=reply.media,
        status_callback=urljoin(url, reply.status_callback) if reply.status_callback else None,
    )
    try:
        accept_text(carrier, outgoing, direction="outbound-reply")
    except RestError as refused:
        carrier.debug(refused.code, refused.message, sid=message.sid, url=url, http=None)
