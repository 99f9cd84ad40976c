"""Executing documents: what a phone hears, is asked, and is connected to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urljoin, urlsplit

from app.simulator.calls import dialling, record_verb
from app.simulator.calls.fetching import APOLOGY, Hopeless, fetch
from app.simulator.network.lines import Line
from app.simulator.twiml.calls import CallDocument, Verb
from app.simulator.values.events import CallOver, Diverted, Key, Source

_SILENT_FIRST = {"Reject", "Redirect", "Pause"}


async def perform(line: Line, source: Source | None) -> None:
    """Execute documents until there is nothing left to do, or nothing that can be done."""
    while source is not None:
        try:
            document = await fetch(line, source)
            await line.flush()
            source = await run(line, document)
        except Diverted as diverted:
            source = diverted.source
        except Hopeless:
            line.answer()
            line.note("Say", APOLOGY)
            line.end()
            raise CallOver from None


async def run(line: Line, document: CallDocument) -> Source | None:
    """Execute one document; the next one, if a verb leads there."""
    for verb in document.verbs:
        if line.call.final:
            raise CallOver
        if verb.name not in _SILENT_FIRST and not verb.flag("answerOnBridge", default=False):
            line.answer()
        if following := await _VERBS[verb.name](line, document, verb):
            return following
    await line.flush()
    return None


def action(
    document: CallDocument, verb: Verb, *fields: tuple[str, str], default: str | None = None
) -> Source:
    """The document a verb's ``action`` leads to; by default the current one again."""
    url = urljoin(document.url, verb.get("action") or default or document.url)
    return Source(url, verb.get("method") or "POST", fields)


async def _say(line: Line, _document: CallDocument, verb: Verb) -> Source | None:
    more = {name: verb.get(name) for name in ("language", "voice") if verb.get(name)}
    line.note("Say", verb.text, **more)
    return None


async def _play(line: Line, document: CallDocument, verb: Verb) -> Source | None:
    """Fetch what is to be played, as the carrier would; what is no audio is only written down."""
    if digits := verb.get("digits"):
        line.note("Play", digits)
        return None
    url = urljoin(document.url, verb.text)
    line.note("Play", url)
    if urlsplit(url).scheme not in {"http", "https"}:
        line.carrier.debug(11100, "the address is no good", sid=line.call.sid, url=url, http=None)
        return None
    answer = await line.carrier.webhooks.post(url, [], method="GET")
    kind = answer.content_type.partition(";")[0]
    if answer.error or not kind.startswith("audio/"):
        code, what = (answer.error or 12300), "what was to be played is not audio"
        line.carrier.debug(code, what, sid=line.call.sid, url=url, http=answer.status)
    return None


async def _pause(line: Line, _document: CallDocument, verb: Verb) -> Source | None:
    line.note("Pause", seconds=verb.number("length", 1))
    await line.expect(seconds=verb.number("length", 1), waiting="pause")
    return None


async def _gather(line: Line, document: CallDocument, verb: Verb) -> Source | None:
    line.note("Gather", attributes=dict(verb.attributes))
    for prompt in verb.inside:
        if prompt.name == "Pause":  # it takes no time, as what is said takes none
            line.note("Pause", seconds=prompt.number("length", 1))
        else:
            await _VERBS[prompt.name](line, document, prompt)
    digits, finished = await _collect(line, verb)
    empty = verb.flag("actionOnEmptyResult", default=False)
    if not digits and not empty:
        return None
    more = (("Digits", digits), *([("FinishedOnKey", finished)] if finished else []))
    return action(document, verb, *more)


async def _collect(line: Line, verb: Verb) -> tuple[str, str]:
    """What is pressed before the time is up, and the key that ended it."""
    last = verb.attributes.get("finishOnKey", "#")
    most = verb.number("numDigits", 0)
    for digit in line.automatic:
        line.tell(Key(digit))
    digits, line.automatic = "", ""
    while not most or len(digits) < most:
        timeout = verb.number("timeout", 5) + line.reading_s
        key = await line.expect(Key, seconds=timeout, waiting="digits")
        if key is None:
            break
        if key.digit in last:
            return digits, key.digit
        digits += key.digit
    return digits, ""


async def _redirect(line: Line, document: CallDocument, verb: Verb) -> Source | None:
    line.note("Redirect", verb.text)
    url = urljoin(document.url, verb.text or document.url)
    return Source(url, verb.get("method") or "POST")


async def _hangup(line: Line, _document: CallDocument, _verb: Verb) -> Source | None:
    line.note("Hangup")
    line.end()
    await line.flush()
    return None


async def _reject(line: Line, _document: CallDocument, verb: Verb) -> Source | None:
    reason = verb.get("reason") or "rejected"
    line.note("Reject", reason)
    line.end("busy" if reason == "busy" else "no-answer")
    await line.flush()
    return None


async def _record(line: Line, document: CallDocument, verb: Verb) -> Source | None:
    fields = await record_verb.record(line, document, verb)
    return None if fields is None else action(document, verb, *fields)


async def _dial(line: Line, document: CallDocument, verb: Verb) -> Source | None:
    fields = await dialling.dial(line, document, verb, perform)
    return action(document, verb, *fields) if verb.get("action") else None


Handler = Callable[[Line, CallDocument, Verb], Awaitable[Source | None]]
_VERBS: dict[str, Handler] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Record": _record,
    "Dial": _dial,
    "Redirect": _redirect,
    "Hangup": _hangup,
    "Reject": _reject,
}
