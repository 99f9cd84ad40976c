"""Who takes in what the carrier's webhooks bring: one table, for the writer of batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.calls import (
    CallOver,
    CallSettings,
    CallStep,
    VoiceItem,
    take_call,
    take_call_end,
    take_call_step,
    take_recording_news,
)
from app.inbound import IntakeSettings, take_texts
from app.outbox import StatusUpdate, follow_statuses
from app.store import Db
from app.telephony import InboundCall, InboundText, Recording

Webhook = InboundText | StatusUpdate | VoiceItem
_Taker = Callable[[Db, Sequence[Any], datetime], Iterable[str | None]]


def make_takers(desk: IntakeSettings, line: CallSettings) -> Mapping[type[Webhook], _Taker]:
    """Return, for each kind of webhook, what takes in those of a batch and answers each.

    A batch is taken in kind by kind, in this order.
    """

    def take_statuses(db: Db, updates: Sequence[StatusUpdate], now: datetime) -> list[None]:
        follow_statuses(db, updates, now)
        return [None] * len(updates)

    return {
        InboundText: lambda db, texts, now: take_texts(db, desk, texts, now),
        StatusUpdate: take_statuses,
        InboundCall: lambda db, calls, now: [take_call(db, line, one, now) for one in calls],
        CallStep: lambda db, steps, now: [take_call_step(db, line, one, now) for one in steps],
        CallOver: lambda db, ends, now: [take_call_end(db, one, now) for one in ends],
        Recording: lambda db, told, now: [take_recording_news(db, one, now) for one in told],
    }


def take_webhooks(
    takers: Mapping[type[Webhook], _Taker], db: Db, items: Sequence[Webhook], now: datetime
) -> list[str | None]:
    """Take in a batch of webhooks; return what each is answered with, in their order."""
    answers: dict[int, str | None] = {}
    for kind, take in takers.items():
        places = [place for place, item in enumerate(items) if type(item) is kind]
        if places:
            said = take(db, [items[place] for place in places], now)
            answers.update(zip(places, said, strict=True))
    return [answers[place] for place in range(len(items))]
