"""The desk: key holders, texts for callers, late texts, copies at the carrier, cost, rota."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import func, select

from app.access import ARCHIVE, DESK
from app.members import list_handles
from app.models import Job
from app.operations.checkup.findings import (
    CheckFinding,
    CheckScene,
    report_ok,
    report_problem,
    report_warning,
)
from app.outbox import (
    COPY_PATIENCE,
    NEAR,
    PICTURES_KEPT,
    count_copies,
    find_phone_troubles,
    read_month,
)
from app.rota import find_lacking_turns, load_rota
from app.store import Db
from app.texts import load_spoken
from app.vault import read_roster

_OVERDUE = timedelta(minutes=5)


def look_at_desk(scene: CheckScene) -> Iterator[CheckFinding]:
    """Yield what the database and the texts say."""
    yield _texts(scene)
    yield _sentences(scene)
    with scene.database.snapshot() as db:
        yield from _holders(db)
        yield from _copies(db)
        yield _waiting(db, scene)
        yield _cost(db, scene)
        yield _rota(db, scene)
        yield _phones(db, scene)


def _texts(scene: CheckScene) -> CheckFinding:
    names = [language.name for language in scene.texts.unreviewed()]
    if names:
        return report_warning(
            "texts", f"No native speaker has read the texts in {', '.join(names)}."
        )
    return report_ok("texts", "Native speakers have read every text that is offered.")


def _sentences(scene: CheckScene) -> CheckFinding:
    missing = load_spoken(scene.settings.data_dir / "prompts").unrecorded()
    if missing:
        return report_warning(
            "calls",
            f"No voice of the carrier speaks {', '.join(missing)}, and not every sentence is "
            "recorded: callers hear French instead (docs/operations.md, Calls).",
        )
    return report_ok("calls", "Every sentence has a voice.")


def _holders(db: Db) -> Iterator[CheckFinding]:
    listed = read_roster(db)
    for team in (DESK, ARCHIVE):
        holders = len(listed.team(team))
        if holders == 0:
            yield report_problem("key holders", f"Nobody holds the key of the {team}.")
        elif holders == 1:
            said = f"Only one person holds the key of the {team}: if they lose it, all is lost."
            yield report_warning("key holders", said)
        else:
            yield report_ok("key holders", f"{holders} people hold the key of the {team}.")


def _copies(db: Db) -> Iterator[CheckFinding]:
    counted = count_copies(db)
    if counted["stuck"]:
        days = COPY_PATIENCE.days
        yield report_problem(
            "carrier copies",
            f"The carrier has refused for {days} days to delete {counted['stuck']} messages: "
            "ask its support.",
        )
    if counted["pictures"]:
        days = PICTURES_KEPT.days
        yield report_warning(
            "pictures",
            f"{counted['pictures']} messages with pictures wait at the carrier to be fetched; "
            f"each is deleted there after {days} days. If there are ever more: see to the worker.",
        )
    yield report_ok("carrier copies", f"{counted['held']} messages wait for their deletion there.")


def _waiting(db: Db, scene: CheckScene) -> CheckFinding:
    overdue = (Job.kind == "send", Job.state == "queued", Job.run_at < scene.now - _OVERDUE)
    late = db.scalar(select(func.count()).select_from(Job).where(*overdue)) or 0
    if late:
        return report_problem(
            "sending", f"{late} texts should have gone out: is the worker running?"
        )
    return report_ok("sending", "No text is late.")


def _cost(db: Db, scene: CheckScene) -> CheckFinding:
    if not db.keys.is_open:
        return report_ok("cost", "The month's cost can be read only by the running service.")
    month = read_month(db, scene.now)
    said = f"{month.segments} segments in {month.month}, {month.cost:.2f}"
    if not month.cap:
        return report_warning("cost", said + "; there is no monthly cap.")
    said += f" of {month.cap:.2f}."
    return report_warning("cost", said) if month.percent >= NEAR else report_ok("cost", said)


def _phones(db: Db, scene: CheckScene) -> CheckFinding:
    troubles = find_phone_troubles(db, scene.now)
    if not troubles:
        return report_ok("phones", "No member's phone is known to get no texts.")
    handles = list_handles(db)
    named = ", ".join(sorted(f"{handles[one]} ({why})" for one, why in troubles.items()))
    return report_warning("phones", f"These phones of members get no texts: {named}.")


def _rota(db: Db, scene: CheckScene) -> CheckFinding:
    if not db.keys.is_open:
        return report_ok("rota", "The rota can be read only by the running service.")
    if not load_rota(db).slots:
        return report_warning("rota", "There is no rota: every alert goes to the whole desk.")
    lacking = find_lacking_turns(db, scene.now)
    if lacking:
        places = sum(turn.missing for turn in lacking)
        return report_warning(
            "rota", f"{len(lacking)} shifts of the next 48 hours lack {places} people."
        )
    return report_ok("rota", "Every shift of the next 48 hours has the people it needs.")
