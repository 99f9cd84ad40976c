"""Kith, changed on purpose, to show that the checks would notice.

They exist here only: each is the real command line with a function or two replaced. Where texts
may get lost, the carrier's list is not gone through: what it brings back would hide the loss.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.responses import Response

from app import cli
from app.api import twilio
from app.api.state import Service
from app.outbox import sender
from app.outbox.outcomes import SendOutcome, requeue_text
from app.store.db import Database, Db
from app.store.jobs import postpone_job
from app.telephony.carrier import Carrier
from app.worker import duties

_ONLY_LATER_S = 0.5


def without_reconciler(arguments: list[str]) -> None:
    """Work as always, but never ask the carrier for texts whose webhook got lost."""
    _forget_the_list()
    _run(arguments)


def answers_too_early(arguments: list[str]) -> None:
    """Answer a webhook 200 before what it brought is committed."""
    pending = set()

    async def write(service: Service, item: Any) -> None:
        await asyncio.sleep(_ONLY_LATER_S)
        await service.writer.submit(item)

    async def store(
        service: Service,
        _kind: str,
        item: Any,
        answer: Callable[[str | None], Response],
        _away: Response | None = None,
    ) -> Response:
        task = asyncio.create_task(write(service, item))
        pending.add(task)
        task.add_done_callback(pending.discard)
        return answer(None)

    twilio.store = store  # type: ignore[assignment]  # broken on purpose
    _forget_the_list()
    _run(arguments)


def sends_again(arguments: list[str]) -> None:
    """Send a text again that may have been sent, without asking the carrier."""

    def settle(database: Database, carrier: Carrier, text: Any) -> SendOutcome:
        def outcome(db: Db, now: datetime) -> None:
            requeue_text(db, text.id)
            postpone_job(db, text.job, now)

        return outcome

    sender.settle_doubt = settle  # type: ignore[attr-defined]  # broken on purpose
    _run(arguments)


def _forget_the_list() -> None:
    duties.take_in_lost_texts = lambda *_: 0  # type: ignore[attr-defined]  # broken on purpose


def _run(arguments: list[str]) -> None:
    sys.argv = ["kith", *arguments]
    cli.main()


PROGRAMS: dict[str, Callable[[list[str]], None]] = {
    "answers-too-early": answers_too_early,
    "sends-again": sends_again,
    "without-reconciler": without_reconciler,
}
