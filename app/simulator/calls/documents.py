"""Documents for a call: from the service, or from its fallback when the answer is no good."""

from __future__ import annotations

from urllib.parse import urldefrag, urlsplit

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.network.webhooks import WebhookAnswer
from app.simulator.resources.formats import Fields
from app.simulator.resources.forms import call_fields
from app.simulator.twiml.answers import BadTwiml
from app.simulator.twiml.calls import CallDocument, read_call_document
from app.simulator.values.targets import DocumentSource

_UNREACHED, _LOOP = 11205, 11100


class NoDocument(Exception):
    """Neither address gave a document that the carrier can execute."""


async def fetch_document(
    carrier: SimulatedCarrier, line: Line, source: DocumentSource
) -> CallDocument:
    """The document to execute next, from the fallback if need be. Raises ``NoDocument``."""
    if line.count_document():
        what = "too many documents in a row, and no time passed between them"
        line.debug(_LOOP, what, source.url)
        raise NoDocument
    document, error = await _try(carrier, line, source)
    if document is None and line.fallback and line.fallback.url != source.url:
        why = [("ErrorCode", str(error)), ("ErrorUrl", urldefrag(source.url).url)]
        fields = (*source.fields, *why)
        again = DocumentSource(line.fallback.url, line.fallback.method, fields)
        document, _ = await _try(carrier, line, again)
        carrier.counts["fallback" if document else "failed"] += 1
    if document is None:
        raise NoDocument
    return document


def read_answer(line: Line, answer: WebhookAnswer, url: str) -> tuple[CallDocument | None, int]:
    """Parse an answer; the error number of a bad one is not 0, and goes to the debugger log."""
    document, error = None, answer.error or 0
    what = "the service did not answer the webhook with success"
    if not error:
        try:
            document = read_call_document(answer.content_type, answer.body, url)
        except BadTwiml as bad:
            error, what = bad.code, str(bad)
    if error:
        line.debug(error, what, url, answer.status)
    return document, error


async def _try(
    carrier: SimulatedCarrier, line: Line, source: DocumentSource
) -> tuple[CallDocument | None, int]:
    """Ask one address, and remember the request."""
    if source.document is not None:
        answer = WebhookAnswer(200, "text/xml", source.document.encode())
    else:
        answer = await _post(carrier, line, source)
    document, error = read_answer(line, answer, source.url)
    shown = {"url": urldefrag(source.url).url, "method": source.method}
    asked = {**shown, "fields": dict(source.fields)}
    line.requests.append({**asked, "http_status": answer.status, "error": error or None})
    return document, error


async def _post(carrier: SimulatedCarrier, line: Line, source: DocumentSource) -> WebhookAnswer:
    """Ask the service what to do with the call; faults may lose, delay or repeat the question."""
    fields: Fields = [*call_fields(line.call), *source.fields]
    labels = line.call.phone, f"{source.method} {urlsplit(source.url).path}"
    if carrier.faults.take("webhook-lost", *labels):
        carrier.counts["lost"] += 1
        return WebhookAnswer(None, error=_UNREACHED)
    if fault := carrier.faults.take("webhook-delay", *labels):
        carrier.counts["delayed"] += 1
        await line.expect(seconds=fault.delay, waiting="network")
    answer = await carrier.webhooks.post(source.url, fields, method=source.method)
    if carrier.faults.take("webhook-duplicate", *labels):
        carrier.counts["duplicated"] += 1
        answer = await carrier.webhooks.post(source.url, fields, method=source.method)
    carrier.counts["failed" if answer.error else "delivered"] += 1
    return answer
