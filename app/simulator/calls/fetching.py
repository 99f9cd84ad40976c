"""Asking the service what to do with a call, and its fallback when the answer is no good."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urlsplit

from app.simulator.network.callbacks import call_fields
from app.simulator.network.webhooks import Answer, Fields
from app.simulator.twiml.calls import CallDocument, read
from app.simulator.twiml.messages import BadTwiml

if TYPE_CHECKING:
    from app.simulator.network.lines import Line
    from app.simulator.values.events import Source


APOLOGY = "We are sorry, an application error has occurred. Goodbye."
_UNREACHED, _LOOP = 11205, 11100


class Hopeless(Exception):
    """Neither address gave a document that can be executed."""


async def fetch(line: Line, source: Source) -> CallDocument:
    """The document to execute next, from the fallback if need be. Raises ``Hopeless``."""
    if line.hurried():
        what = "too many documents in a row, without anybody or any time passing in between"
        line.carrier.debug(_LOOP, what, sid=line.call.sid, url=source.url, http=None)
        raise Hopeless
    document, error = await _try(line, source.url, source.method, list(source.fields), source)
    if document is None and line.fallback and line.fallback.url != source.url:
        why = [("ErrorCode", str(error)), ("ErrorUrl", urldefrag(source.url).url)]
        again = [*source.fields, *why]
        document, _ = await _try(line, line.fallback.url, line.fallback.method, again, None)
        line.carrier.counts["fallback" if document else "failed"] += 1
    if document is None:
        raise Hopeless
    return document


async def _try(
    line: Line, url: str, method: str, more: Fields, source: Source | None
) -> tuple[CallDocument | None, int]:
    """Ask one address; what is wrong with its answer goes to the debugger log."""
    if source and source.document is not None:
        answer = Answer(200, "text/xml", source.document.encode())
    else:
        answer = await _post(line, url, method, more)
    error, what = answer.error or 0, "the webhook was not answered with success"
    document = None
    if not error:
        try:
            document = read(answer.content_type, answer.body, url)
        except BadTwiml as bad:
            error, what = bad.code, str(bad)
    shown = {"url": urldefrag(url).url, "method": method, "fields": dict(more)}
    line.requests.append({**shown, "http_status": answer.status, "error": error or None})
    if error:
        line.carrier.debug(error, what, sid=line.call.sid, url=url, http=answer.status)
    return document, error


async def _post(line: Line, url: str, method: str, more: Fields) -> Answer:
    """Post what the call is about and ``more``, unless a fault has other plans."""
    carrier, fields = line.carrier, [*call_fields(line.call), *more]
    labels = line.call.phone, f"{method} {urlsplit(url).path}"
    if carrier.faults.take("webhook-lost", *labels):
        carrier.counts["lost"] += 1
        return Answer(None, error=_UNREACHED)
    if fault := carrier.faults.take("webhook-delay", *labels):
        carrier.counts["delayed"] += 1
        await line.expect(seconds=fault.delay, waiting="network")
    answer = await carrier.webhooks.post(url, fields, method=method)
    if carrier.faults.take("webhook-duplicate", *labels):
        carrier.counts["duplicated"] += 1
        answer = await carrier.webhooks.post(url, fields, method=method)
    carrier.counts["failed" if answer.error else "delivered"] += 1
    return answer
