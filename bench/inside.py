"""Measure the service's inside without HTTP: taking texts in, a page of cases, a long case.

python -m bench.inside                         SQLite, 1 000 and 100 000 cases (minutes)
python -m bench.inside --cases 1000 --database postgresql
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from uuid import UUID

from sqlalchemy import select, update

from app.access import Principal
from app.clock import Clock
from app.crypto import KeyFiles
from app.desk import list_cases, read_case
from app.inbound import IntakeSettings, take_texts
from app.intake import load_script
from app.members import MemorySessions, SignInThrottle, sign_in
from app.models import Case
from app.operations import found_organisation
from app.organisation import read_regions
from app.store import NOT_WAITING, Database, upgrade_schema
from app.telephony import InboundText
from bench import machine
from bench.load import NUMBER
from tests import postgres

_ROOT = Path(__file__).parents[1]
_PASSPHRASE = "a passphrase for benchmarks only"  # noqa: S105  # nothing real is behind it
_BATCHES = (1, 16, 64)
_PAGE = 50
_MESSAGES = 50
_LIVE = 500  # cases that a busy desk has open; all others are closed
_REPEATS = 15


@dataclass(frozen=True)
class Measured:
    """The median of some repetitions, with the spread; memory is this process's, in MB."""

    what: str
    cases: int
    median_ms: float
    least_ms: float
    most_ms: float
    memory_mb: float


@dataclass
class Service:
    """An organisation with one dispatcher, signed in, and cases that this program makes."""

    database: Database
    desk: IntakeSettings
    principal: Principal
    clock: Clock
    cases: int = 0
    texts: int = 0

    def take_in(self, count: int, *, batch: int, new: bool = True) -> None:
        """Take in ``count`` texts, each from a number of its own or all from one."""
        for start in range(0, count, batch):
            texts = [self._text(new=new) for _ in range(min(batch, count - start))]
            with self.database.transaction() as db:
                take_texts(db, self.desk, texts, self.clock())

    def _text(self, *, new: bool) -> InboundText:
        self.texts += 1
        self.cases += new
        fields = {
            "MessageSid": f"SM{self.texts:032x}",
            "From": _sender(self.cases if new else 0),
            "To": NUMBER,
            "Body": f"they took my cousin this morning, text {self.texts}",
        }
        return InboundText.from_form(fields)

    def page(self) -> UUID:
        """Read the first page of the queue; return its last case."""
        with self.database.snapshot() as db:
            lines, _ = list_cases(db, self.principal, limit=_PAGE)
        return lines[-1].case.id

    def read(self, case_id: UUID) -> int:
        """Open one case, as one request does; return how many messages it has."""
        reader = replace(self.principal, opened={})
        with self.database.transaction() as db:
            return len(read_case(db, reader, case_id, self.clock()).messages)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what was asked for, print it, and write it beside the other results."""
    parser = argparse.ArgumentParser(description="Measure the service without HTTP.")
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 100_000])
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    wanted = parser.parse_args(arguments)
    with _service(wanted.database) as service:
        results = list(_measure(service, sorted(wanted.cases)))
    moment = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    result = _ROOT / "bench" / "results" / f"inside-{moment}.json"
    content = {"machine": machine.description(), "database": wanted.database}
    result.write_text(json.dumps({**content, "results": [asdict(r) for r in results]}, indent=1))
    print(f"\nwritten to {result}")
    return 0


def _measure(service: Service, sizes: Sequence[int]) -> Iterator[Measured]:
    for batch in _BATCHES:
        batches = _timed(partial(service.take_in, batch, batch=batch))
        yield _told(service, f"a text in a batch of {batch}", [ms / batch for ms in batches])
    for size in sizes:
        _fill(service, size)
        _grow_old(service)
        last = service.page()
        yield _told(service, f"a page of {_PAGE} of {_LIVE} live cases", _timed(service.page))
        yield _told(service, "opening a case of one text", _timed(partial(service.read, last)))
    yield _long_case(service)


def _long_case(service: Service) -> Measured:
    service.take_in(_MESSAGES, batch=1, new=False)
    with service.database.snapshot() as db:
        lookup = db.keys.number_lookup(_sender(0))
        case_id = db.scalars(select(Case.id).where(Case.number_lookup == lookup)).one()
    messages = service.read(case_id)
    what = f"opening a case of {messages} messages"
    return _told(service, what, _timed(partial(service.read, case_id)))


def _sender(number: int) -> str:
    return f"+1555{number:07d}"  # no area has the code 555


def _fill(service: Service, size: int) -> None:
    start = time.monotonic()
    while service.cases < size:
        service.take_in(min(6_400, size - service.cases), batch=64)
        rate = service.cases / (time.monotonic() - start)
        print(f"  {service.cases} of {size} cases, {rate:.0f} a second", file=sys.stderr)


def _grow_old(service: Service) -> None:
    """Spread cases over the tiers and close all but the newest, as time would.

    Straight in the tables, since it only matters for what a query has to walk past.
    """
    newest = select(Case.id).order_by(Case.last_message_at.desc(), Case.id).limit(_LIVE)
    closed = {"state": "closed", "waiting": False, "queue_order": Case.queue_order + NOT_WAITING}
    with service.database.transaction() as db:
        db.execute(update(Case).values(urgency=Case.queue_order % 4))
        db.execute(update(Case).where(Case.state == "new", Case.id.not_in(newest)).values(closed))


def _timed(action: Callable[[], object]) -> list[float]:
    action()  # the first compiles statements and fills caches
    durations = []
    for _ in range(_REPEATS):
        start = time.perf_counter()
        action()
        durations.append((time.perf_counter() - start) * 1000)
    return durations


def _told(service: Service, what: str, durations: Sequence[float]) -> Measured:
    measured = Measured(
        what,
        service.cases,
        round(median(durations), 3),
        round(min(durations), 3),
        round(max(durations), 3),
        round(machine.memory_mb(os.getpid()), 1),
    )
    print(
        f"{measured.what:36}{measured.cases:8} cases {measured.median_ms:9.2f} ms"
        f"  ({measured.least_ms:.2f}-{measured.most_ms:.2f}) {measured.memory_mb:6.0f} MB"
    )
    return measured


@contextmanager
def _service(kind: str) -> Iterator[Service]:
    place = _ROOT / "var" / "bench"
    place.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=place))
    folder.chmod(0o755)  # PostgreSQL runs as another user if this runs as root
    server = _postgres(folder) if kind == "postgresql" else None
    url = server.url("postgres") if server else f"sqlite:///{folder / 'kith.db'}"
    upgrade_schema(url)
    database = Database(url)
    try:
        yield _found(database, folder)
    finally:
        database.close()
        if server:
            postgres.stop(server)
        shutil.rmtree(folder)


def _postgres(folder: Path) -> postgres.Server:
    inside = folder / "postgres"
    inside.mkdir()
    return postgres.start(inside, durable=True)


def _found(database: Database, folder: Path) -> Service:
    clock = Clock()
    found_organisation(
        database,
        KeyFiles(folder / "keys"),
        handle="bench",
        passphrase=_PASSPHRASE,
        keep_operational_seed=False,
        now=clock(),
    )
    signed_in = sign_in(
        database,
        MemorySessions(),
        SignInThrottle(),
        handle="bench",
        passphrase=_PASSPHRASE,
        code=None,
        require_mfa=False,
        now=clock(),
    )
    return Service(
        database, IntakeSettings(load_script(), read_regions, NUMBER), signed_in.principal, clock
    )


if __name__ == "__main__":
    sys.exit(main())
