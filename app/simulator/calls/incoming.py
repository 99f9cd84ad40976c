"""A call from a phone to the hotline."""

from __future__ import annotations

from app.simulator.calls.execution import perform
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.network.lines import Line
from app.simulator.resources.calls import SimulatedCall
from app.simulator.resources.formats import new_sid
from app.simulator.values.targets import NO_CALLBACK, CallbackTarget, DocumentSource

WITHHELD_CALLER = "anonymous"


def call_hotline(
    carrier: SimulatedCarrier,
    caller: str,
    *,
    phone: str = "",
    forwarded_from: str | None = None,
    reading_s: int = 0,
) -> Line:
    """Call the hotline from ``phone``; the network shows ``caller``."""
    now, number = carrier.clock(), carrier.number
    call = SimulatedCall(
        seq=carrier.next_seq(),
        sid=new_sid("CA"),
        account_sid=carrier.config.account_sid,
        from_=caller,
        to=carrier.config.number,
        direction="inbound",
        status="ringing",
        created=now,
        updated=now,
        phone_number_sid=number.sid,
        dialled=now,
        forwarded_from=forwarded_from,
    )
    fallback = None
    if number.voice_fallback_url:
        fallback = DocumentSource(number.voice_fallback_url, number.voice_fallback_method)
    callback = CallbackTarget(number.status_callback, number.status_callback_method)
    line = Line(carrier, call, callback, fallback, phone=phone or caller, reading_s=reading_s)
    carrier.keep_line(line)
    line.start(_connect(carrier, line, DocumentSource(number.voice_url, number.voice_method)))
    return line


async def _connect(carrier: SimulatedCarrier, line: Line, source: DocumentSource) -> None:
    if carrier.faults.take("number-out-of-service", line.call.to):
        carrier.calls.pop(line.call.sid)  # the carrier never saw it
        line.callback = NO_CALLBACK
        line.end("failed")
        return
    await perform(carrier, line, source)
