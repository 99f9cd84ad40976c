"""Whatever callers, phones and the service do, every call ends, and is told to have ended once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from app.clock import FixedClock
from app.simulator.calls import conferences
from app.simulator.calls.handset_actions import hang_up, pick_up, press_keys, speak
from app.simulator.calls.incoming import call_hotline
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.webhooks import WebhookAnswer, WebhookClient
from app.simulator.resources.calls import FINAL
from app.simulator.resources.formats import Fields
from app.simulator.rest.calls import create_call
from app.simulator.rest.requests import ApiRequest
from app.simulator.values.answering import BEHAVIOURS, Answering
from app.simulator.values.targets import DocumentSource
from tests.simulator.hotline import HOTLINE, config_for

PHONES = ["+15145550123", "+15145550124", "+15145550125"]
LEG = 'statusCallback="/leg" statusCallbackEvent="completed"'
DOCUMENTS = [
    "",
    "<Say>Hello.</Say>",
    '<Gather numDigits="1" action="/a"/><Redirect>/b</Redirect>',
    '<Say>Speak.</Say><Record action="/a" timeout="3" maxLength="20"/>',
    "<Dial action='/a'><Conference>room</Conference></Dial>",
    '<Dial action="/b"><Conference endConferenceOnExit="true">room</Conference></Dial>',
    f'<Dial timeout="9" action="/b"><Number {LEG} url="/a">{PHONES[1]}</Number></Dial>',
    f"<Dial><Number {LEG}>{PHONES[1]}</Number><Number {LEG}>{PHONES[2]}</Number></Dial>",
    '<Pause length="4"/><Reject/>',
    "<Hangup/>",
    "<Nonsense/>",
]
HAPPENINGS = ["call", "out", "key", "star", "speak", "hangup", "answer", "divert", "kick", "wait"]


class Service(WebhookClient):
    """Answers each address with one document, and counts the calls that are over."""

    def __init__(self, documents: dict[str, str]) -> None:
        super().__init__(config_for("http://kith.example"))
        self.documents = documents
        self.over: Counter[str] = Counter()

    async def post(self, url: str, fields: Fields, *, method: str = "POST") -> WebhookAnswer:
        path, form = urlsplit(url).path, dict(fields)
        if "CallbackSource" in form:
            self.over[form["CallSid"]] += form["CallStatus"] in FINAL
        await asyncio.sleep(0)
        document = f"<Response>{self.documents.get(path, '')}</Response>"
        return WebhookAnswer(200, "text/xml", document.encode())


async def happen(carrier: SimulatedCarrier, clock: FixedClock, what: str, which: int) -> None:
    lines = [line for line in carrier.lines.values() if not line.call.final]
    line = lines[which % len(lines)] if lines else None
    if what == "call":
        call_hotline(carrier, PHONES[which % 3])
    elif what == "out":
        await place(carrier, PHONES[which % 3])
    elif what == "wait":
        clock.advance(timedelta(seconds=which))
    elif line:

        def kick() -> None:
            if participant := carrier.participants.get(line.call.sid):
                conferences.kick(carrier, participant)

        def divert() -> None:
            if line.call.started:
                line.divert(DocumentSource("http://kith.example/b"))

        done: dict[str, Callable[[], Coroutine[Any, Any, None] | None]] = {
            "key": lambda: press_keys(line, "1"),
            "star": lambda: press_keys(line, "*"),
            "speak": lambda: speak(line, which + 1),
            "hangup": lambda: hang_up(line),
            "answer": lambda: pick_up(line),
            "divert": divert,
            "kick": kick,
        }
        if (doing := done[what]()) is not None:
            await doing
    await carrier.settle()


async def place(carrier: SimulatedCarrier, phone: str) -> None:
    base = "http://kith.example"
    form = {"To": phone, "From": HOTLINE, "Url": base + "/out", "StatusCallback": base + "/leg"}
    create_call(carrier, ApiRequest("", {}, {name: [value] for name, value in form.items()}, {}))


@settings(max_examples=100, deadline=None)
@given(
    documents=st.fixed_dictionaries(
        {path: st.sampled_from(DOCUMENTS) for path in ("/twilio/voice", "/a", "/b", "/out")}
    ),
    behaviours=st.lists(st.sampled_from(sorted(BEHAVIOURS)), min_size=3, max_size=3),
    happenings=st.lists(st.tuples(st.sampled_from(HAPPENINGS), st.integers(0, 12)), max_size=25),
)
def test_every_call_ends_and_is_told_once(
    documents: dict[str, str], behaviours: list[str], happenings: list[tuple[str, int]]
) -> None:
    asyncio.run(lived(documents, behaviours, happenings))


async def lived(
    documents: dict[str, str], behaviours: list[str], happenings: list[tuple[str, int]]
) -> None:
    clock, spawned = FixedClock(datetime(2026, 1, 15, tzinfo=UTC)), list[asyncio.Task[Any]]()
    service = Service(documents)
    async with SimulatedCarrier(config_for("http://kith.example"), clock=clock) as carrier:
        carrier.webhooks, spawn = service, carrier.timers.spawn

        def remember(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
            spawned.append(spawn(work))
            return spawned[-1]

        cast("Any", carrier.timers).spawn = remember
        for phone, behaviour in zip(PHONES, behaviours, strict=True):
            carrier.handset(phone).answering = Answering(behaviour, 2.0, "1")
        for what, which in [("call", 0), *happenings]:
            await happen(carrier, clock, what, which)
        for line in list(carrier.lines.values()):
            await hang_up(line)
        await carrier.settle()
        for line in list(carrier.lines.values()):
            await hang_up(line)  # the phones that rang because of the others
        await carrier.settle()
        check(carrier, service)
        for task in spawned:
            if task.done():
                task.result()


def check(carrier: SimulatedCarrier, service: Service) -> None:
    assert {line.call.status for line in carrier.lines.values()} <= FINAL
    assert all(line.at_rest and not line.other_side for line in carrier.lines.values())
    told = {sid: 1 for sid, line in carrier.lines.items() if line.callback.url}
    assert service.over == told
    for conference in carrier.conferences.values():
        assert (conference.status, conference.participants) == ("completed", {})
    assert all(one.final for one in carrier.recordings.values())
