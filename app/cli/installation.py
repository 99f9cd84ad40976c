"""The installation that a command is about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from app.cli.terminal import say, settings

if TYPE_CHECKING:
    from app.settings import Settings

_CARRIER = {"KITH_ENVIRONMENT", "KITH_TWILIO_ACCOUNT_SID", "KITH_TWILIO_ACCOUNT_SID_FILE"}


def read_inspected_settings() -> Settings:
    """Return the settings: the demo's where only the demo can be meant."""
    chosen = settings()
    if _CARRIER & os.environ.keys() or not (chosen.data_dir / "demo.json").exists():
        return chosen
    from app.cli.demo import make_demo_settings

    say(f"{chosen.data_dir} is a demo's: judged as the demo.")
    return make_demo_settings(os.environ)


def refuse_unmade(chosen: Settings) -> None:
    """Raise NotMade before ``kith init``."""
    from app.store import read_revision
    from app.vault import NotMade

    if read_revision(chosen.sqlalchemy_url) is None:
        raise NotMade
