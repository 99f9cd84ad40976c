"""The script with the organisation's own texts, made anew only when these change."""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.inbound.batches import IntakeSettings
from app.intake import Script, read_script
from app.organisation import read_texts
from app.store import Db
from app.texts import Texts, read_script_plan


@dataclass(frozen=True)
class _OwnScript:
    """The script made of ``texts``."""

    texts: Texts
    script: Script


def with_own_script(db: Db, desk: IntakeSettings) -> IntakeSettings:
    """Return what the intake needs, with the script as it stands; the shipped one while sealed."""
    texts = read_texts(db, desk.script.texts)
    if texts is desk.script.texts:
        return desk
    known = db.keys.recall(_OwnScript)
    if known is None or known.texts is not texts:
        known = _OwnScript(texts, read_script(texts, read_script_plan()))
        db.keys.keep(known)
    return replace(desk, script=known.script)
