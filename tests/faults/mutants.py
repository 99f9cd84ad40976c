"""Kith, broken on purpose, to show that the checks would notice.

They exist here only: each is the real command line with one function replaced.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from app import cli, jobs
from app.api import twilio
from app.api.state import Service
from app.clock import Clock
from app.db import Database
from app.jobs import Claimed
from app.outgoing import sending
from app.telephony import Carrier

_ONLY_LATER_S = 0.5


def answers_too_early(arguments: list[str]) -> None:
    """Answer a webhook 200 before what it brought is committed."""
    pending = set()

    async def write(service: Service, item: Any) -> None:
        await asyncio.sleep(_ONLY_LATER_S)
        await service.writer.submit(item)

    async def store(service: Service, _kind: str, item: Any) -> Response:
        task = asyncio.create_task(write(service, item))
        pending.add(task)
        task.add_done_callback(pending.discard)
        return twilio._twiml()

    twilio._store = store  # type: ignore[assignment]  # broken on purpose
    _run(arguments)


def sends_again(arguments: list[str]) -> None:
    """Send a text again that may have been sent, without asking the carrier."""

    def settle(database: Database, carrier: Carrier, job: Claimed, text: Any, clock: Clock) -> None:
        with database.transaction() as db:
            sending._requeue(db, text.id)
            jobs.postpone(db, job.id, clock())

    sending._settle = settle
    _run(arguments)


def _run(arguments: list[str]) -> None:
    sys.argv = ["kith", *arguments]
    cli.main()


PROGRAMS: dict[str, Callable[[list[str]], None]] = {
    "answers-too-early": answers_too_early,
    "sends-again": sends_again,
}
