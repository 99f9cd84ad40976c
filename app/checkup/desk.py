"""The desk: who holds the keys, what callers are told, what waits, what lies at the carrier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from app import carrier_traces, roster, shifts, spending
from app.access import ARCHIVE, DESK
from app.checkup.findings import Finding, Scene, ok, problem, warning
from app.db import Db
from app.models import Job
from app.texts import spoken

_OVERDUE = timedelta(minutes=5)


def look_at_desk(scene: Scene) -> Iterator[Finding]:
    """Yield what the database and the texts say."""
    yield _texts(scene)
    yield _sentences(scene)
    with scene.database.snapshot() as db:
        yield from _holders(db)
        yield from _copies(db)
        yield _waiting(db, scene)
        yield _cost(db, scene)
        yield _rota(db, scene)


def _texts(scene: Scene) -> Finding:
    names = [language.name for language in scene.texts.unreviewed()]
    if names:
        return warning("texts", f"No native speaker has read the texts in {', '.join(names)}.")
    return ok("texts", "Native speakers have read every text that is offered.")


def _sentences(scene: Scene) -> Finding:
    missing = spoken.load(scene.settings.data_dir / "prompts").unrecorded()
    if missing:
        return warning(
            "calls",
            f"No voice of the carrier speaks {', '.join(missing)}, and not every sentence is "
            "recorded: callers hear French instead (docs/operations.md, Calls).",
        )
    return ok("calls", "Every sentence has a voice.")


def _holders(db: Db) -> Iterator[Finding]:
    listed = roster.current(db)
    for team in (DESK, ARCHIVE):
        holders = len(listed.team(team))
        if holders == 0:
            yield problem("key holders", f"Nobody holds the key of the {team}.")
        elif holders == 1:
            said = f"Only one person holds the key of the {team}: if they lose it, all is lost."
            yield warning("key holders", said)
        else:
            yield ok("key holders", f"{holders} people hold the key of the {team}.")


def _copies(db: Db) -> Iterator[Finding]:
    counted = carrier_traces.count(db)
    if counted["stuck"]:
        days = carrier_traces.PATIENCE.days
        yield problem(
            "carrier copies",
            f"The carrier has refused for {days} days to delete {counted['stuck']} messages: "
            "ask its support.",
        )
    if counted["pictures"]:
        days = carrier_traces.PICTURES_KEPT.days
        yield warning(
            "pictures",
            f"{counted['pictures']} messages with pictures lie at the carrier, where alone they "
            f"can be seen; each is deleted after {days} days.",
        )
    yield ok("carrier copies", f"{counted['held']} messages wait for their deletion there.")


def _waiting(db: Db, scene: Scene) -> Finding:
    overdue = (Job.kind == "send", Job.state == "queued", Job.run_at < scene.now - _OVERDUE)
    late = db.scalar(select(func.count()).select_from(Job).where(*overdue)) or 0
    if late:
        return problem("sending", f"{late} texts should have gone out: is the worker running?")
    return ok("sending", "No text is late.")


def _cost(db: Db, scene: Scene) -> Finding:
    if not db.keys.is_open:
        return ok("cost", "The month's cost can be read only by the running service.")
    month = spending.this_month(db, scene.now)
    said = f"{month.segments} segments in {month.month}, {month.cost:.2f}"
    if not month.cap:
        return warning("cost", said + "; there is no monthly cap.")
    said += f" of {month.cap:.2f}."
    return warning("cost", said) if month.percent >= spending.NEAR else ok("cost", said)


def _rota(db: Db, scene: Scene) -> Finding:
    if not db.keys.is_open:
        return ok("rota", "The rota can be read only by the running service.")
    if not shifts.load(db).slots:
        return warning("rota", "There is no rota: every alert goes to the whole desk.")
    lacking = shifts.lacking(db, scene.now)
    if lacking:
        places = sum(turn.missing for turn in lacking)
        return warning("rota", f"{len(lacking)} shifts of the next 48 hours lack {places} people.")
    return ok("rota", "Every shift of the next 48 hours has the people it needs.")
