"""Executing documents: what a phone hears, is asked, and is connected to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urljoin, urlsplit

from app.simulator.calls.dialling import dial
from app.simulator.calls.documents import NoDocument, fetch_document
from app.simulator.calls.instructions import Instruction
from app.simulator.calls.record_verb import record
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.twiml.answers import read_kind
from app.simulator.twiml.calls import CallDocument, Verb
from app.simulator.values.events import CallOver, Diverted, Key
from app.simulator.values.targets import DocumentSource

_APOLOGY = "We are sorry, an application error has occurred. Goodbye."
_SILENT_FIRST = {"Reject", "Redirect", "Pause"}


async def perform(carrier: SimulatedCarrier, line: Line, source: DocumentSource) -> None:
    """Execute documents until one ends, or none can be had. Raises ``CallOver``."""
    following: DocumentSource | None = source
    while following is not None:
        try:
            document = await fetch_document(carrier, line, following)
            await line.flush()
            following = await _run(carrier, line, document)
        except Diverted as diverted:
            following = diverted.source
        except NoDocument:
            line.answer()
            line.note("Say", _APOLOGY)
            line.end()
            raise CallOver from None


async def _run(
    carrier: SimulatedCarrier, line: Line, document: CallDocument
) -> DocumentSource | None:
    """Execute one document; the next one, if a verb leads there."""
    for verb in document.verbs:
        if line.call.final:
            raise CallOver
        if verb.name not in _SILENT_FIRST and not verb.flag("answerOnBridge", default=False):
            line.answer()
        instruction = Instruction(carrier, line, document, verb, perform)
        if following := await _VERBS[verb.name](instruction):
            return following
    await line.flush()
    return None


async def _say(say: Instruction) -> None:
    named = {name: say.verb.get(name) for name in ("language", "voice")}
    say.line.note("Say", say.verb.text, **{name: text for name, text in named.items() if text})


async def _play(play: Instruction) -> None:
    """Fetch the sound, as the carrier would; what is not audio only goes to the log."""
    line = play.line
    if digits := play.verb.get("digits"):
        line.note("Play", digits)
        return
    url = urljoin(play.document.url, play.verb.text)
    line.note("Play", url)
    if urlsplit(url).scheme not in {"http", "https"}:
        line.debug(11100, "the file to play has no http address", url)
        return
    answer = await play.carrier.webhooks.post(url, [], method="GET")
    if answer.error or not read_kind(answer.content_type).startswith("audio/"):
        line.debug(answer.error or 12300, "the file to play is not audio", url, answer.status)


async def _pause(pause: Instruction) -> None:
    seconds = pause.verb.number("length", 1)
    pause.line.note("Pause", seconds=seconds)
    await pause.line.expect(seconds=seconds, waiting="pause")


async def _gather(gather: Instruction) -> DocumentSource | None:
    gather.note()
    for prompt in gather.verb.inside:
        if prompt.name == "Pause":  # it takes no time, like everything that is said here
            gather.line.note("Pause", seconds=prompt.number("length", 1))
        else:
            await _VERBS[prompt.name](gather.within(prompt))
    digits, finished = await _collect_keys(gather.line, gather.verb)
    if not digits and not gather.verb.flag("actionOnEmptyResult", default=False):
        return None
    return gather.action([("Digits", digits), *([("FinishedOnKey", finished)] if finished else [])])


async def _collect_keys(line: Line, verb: Verb) -> tuple[str, str]:
    """The keys that are pressed before the time is up, and the key that ended them."""
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


async def _redirect(redirect: Instruction) -> DocumentSource:
    text = redirect.verb.text
    redirect.line.note("Redirect", text)
    return redirect.source(urljoin(redirect.document.url, text or redirect.document.url))


async def _hangup(hangup: Instruction) -> None:
    hangup.line.note("Hangup")
    hangup.line.end()
    await hangup.line.flush()


async def _reject(reject: Instruction) -> None:
    reason = reject.verb.get("reason") or "rejected"
    reject.line.note("Reject", reason)
    reject.line.end("busy" if reason == "busy" else "no-answer")
    await reject.line.flush()


async def _record(recording: Instruction) -> DocumentSource | None:
    fields = await record(recording)
    return None if fields is None else recording.action(fields)


async def _dial(dialling: Instruction) -> DocumentSource | None:
    fields = await dial(dialling)
    return dialling.action(fields) if dialling.verb.get("action") else None


_VERBS: dict[str, Callable[[Instruction], Awaitable[DocumentSource | None]]] = {
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
