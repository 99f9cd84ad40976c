"""``kith check``: what would lose messages or leak, and what else to look at, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

from app.checkup.desk import look_at_desk
from app.checkup.findings import Finding, Scene
from app.checkup.line import look_at_line
from app.checkup.machine import look_at_machine

__all__ = ["Finding", "Scene", "examine"]


def examine(scene: Scene) -> Iterator[Finding]:
    """Yield everything that was looked at, the machine first."""
    yield from look_at_machine(scene)
    yield from look_at_line(scene)
    yield from look_at_desk(scene)
