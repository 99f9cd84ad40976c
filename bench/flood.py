"""A flood: 50 000 texts in a burst from 5 000 phones, real callers among pumping and a loop.

    python -m bench.flood                                     SQLite (minutes)
    python -m bench.flood --texts 5000 --database postgresql

Nothing may be lost, a text that says that people are in danger stands on top of the queue and is
paged within ten seconds, automatic replies stay within their budget, and memory hardly grows. It
exits 1 where one of these is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from sqlalchemy import create_engine, text

from app.outbox import SCRIPT_PER_HOUR
from bench import load, machine
from bench.burst import IN_DANGER, Flood, Watch, watch_flood
from bench.carrier import TakenOver, agreeable_carrier
from bench.contestants import PASSPHRASE, Kind, Workplace, contestants
from bench.desk import Desk

_ROOT = Path(__file__).parents[1]
_TEXTS = 50_000
_WARM_UP = 500  # texts before memory is first looked at
_WITHIN_S, _MORE_MB = 10.0, 20.0
_MEMBER_PHONE = load.make_number(79_900)
_NOW = ", now"  # in a page: tier 0
# Few enough for the carrier, which takes one text a second, to reach it. Tier 1 may use it twice.
_PER_HOUR = 40


_STORED = "SELECT count(*) FROM messages WHERE direction = 'inbound'"
_MOST_REPLIES = """
    SELECT max(replies) FROM (
        SELECT count(*) AS replies FROM messages WHERE direction = 'outbound' GROUP BY case_id
    ) AS of_cases
"""


@dataclass(frozen=True)
class Told:
    """One line of the table: what was seen, what it may be, and whether that holds."""

    what: str
    seen: str
    goal: str
    holds: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Send the flood and print what came of it; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--texts", type=int, default=_TEXTS)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    wanted = parser.parse_args(arguments)
    folder = _ROOT / "var" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[TakenOver] = []
    with agreeable_carrier(taken.append) as carrier:
        place = Workplace(Path(tempfile.mkdtemp(dir=folder)), machine.free_port(), carrier)
        place.folder.chmod(0o755)  # PostgreSQL runs as another user if this runs as root
        try:
            told = _flood(place, wanted.texts, wanted.database, taken)
        finally:
            place.close()
    for line in told:
        print(f"{line.what:42}{line.seen:>26}   {line.goal:22}{'' if line.holds else 'MISSED'}")
    return int(not all(line.holds for line in told))


def _flood(place: Workplace, texts: int, database: Kind, taken: list[TakenOver]) -> list[Told]:
    launch = contestants()[f"kith-{database}"](place)
    flood = Flood(place.webhook, texts)
    with machine.running(launch.command, launch.environment, place.folder / "log") as server:
        machine.await_health(place.url, server)
        desk = Desk(place.url, place.read_account(database), PASSPHRASE)
        desk.set_phone(_MEMBER_PHONE)
        desk.bound_replies(_PER_HOUR)
        forms = flood.write_forms()
        flood.send_all(islice(forms, _WARM_UP))
        with watch_flood(server.pid, desk, flood) as watch:
            start = time.monotonic()
            flood.send_all(forms)
            duration = time.monotonic() - start
            time.sleep(_WITHIN_S)  # whatever comes later than that is too late
    print(f"{texts} texts in {duration:.0f} s, {texts / duration:.0f} a second")
    stored = _count(launch.environment, _STORED)
    most = _count(launch.environment, _MOST_REPLIES)
    return [
        _tell_kept(flood, stored),
        *_tell_danger(flood, watch, taken),
        _tell_bound("replies to one phone", most, SCRIPT_PER_HOUR),
        _tell_bound("automatic texts in the hour", _count_automatic(taken), 2 * _PER_HOUR),
        _tell_memory(watch),
    ]


def _count(environment: Mapping[str, str], query: str) -> int:
    """Return a number from the tables of the service."""
    file = f"sqlite:///{Path(environment['KITH_DATA_DIR']) / 'kith.db'}"
    engine = create_engine(environment.get("KITH_DATABASE_URL", file))
    with engine.connect() as db:
        return int(db.execute(text(query)).scalar_one())


def _count_automatic(taken: Sequence[TakenOver]) -> int:
    """Return how many texts went to callers, but the one in danger, whom no bound holds back."""
    ours = {_MEMBER_PHONE, IN_DANGER}
    return sum(text.to not in ours for text in taken)


def _tell_kept(flood: Flood, stored: int) -> Told:
    lost = flood.texts - stored
    seen = f"{lost} lost, {flood.refused} refused"
    return Told("texts taken in", seen, "0 lost, 0 refused", not lost and not flood.refused)


def _tell_danger(flood: Flood, watch: Watch, taken: Sequence[TakenOver]) -> Iterator[Told]:
    sent = flood.danger_sent or 0.0
    pages = (one for one in taken if one.to == _MEMBER_PHONE and _NOW in one.body)
    paged_at = next((page.at for page in pages if page.at >= sent), None)
    for what, at in (("danger on top of the queue", watch.on_top_at), ("paged", paged_at)):
        waited = None if at is None else at - sent
        seen = "never" if waited is None else f"after {waited:.1f} s"
        holds = waited is not None and waited <= _WITHIN_S
        yield Told(what, seen, f"within {_WITHIN_S:.0f} s", holds)


def _tell_bound(what: str, seen: int, bound: int) -> Told:
    return Told(what, f"{seen}", f"≤ {bound}", seen <= bound)


def _tell_memory(watch: Watch) -> Told:
    more = watch.memory_most - watch.memory_before
    seen = f"+{more:.1f} MB (from {watch.memory_before:.0f})"
    return Told("memory of the process", seen, f"≤ +{_MORE_MB:.0f} MB", more <= _MORE_MB)


if __name__ == "__main__":
    sys.exit(main())
