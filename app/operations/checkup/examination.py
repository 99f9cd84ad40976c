"""``kith check``: what would lose messages or leak, and what else to look at, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from app.operations.checkup.desk import look_at_desk
from app.operations.checkup.findings import CheckFinding, CheckScene
from app.operations.checkup.line import look_at_line
from app.operations.checkup.machine import look_at_machine


def examine_installation(scene: CheckScene) -> Iterator[CheckFinding]:
    """Yield everything that was looked at, the machine first."""
    yield from look_at_machine(scene)
    yield from look_at_line(scene)
    yield from look_at_desk(scene)
