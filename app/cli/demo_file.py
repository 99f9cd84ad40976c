"""``demo.json``: how people and programs that try Kith out sign in to the demo."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from app.crypto import replace_file
from app.settings import Settings

_NAME = "demo.json"


@dataclass(frozen=True)
class DemoLogin:
    """How one demo member signs in."""

    handle: str
    passphrase: str
    roles: tuple[str, ...]
    totp_secret: str | None = None

    def __repr__(self) -> str:
        return f"Login({self.handle!r}, …)"


@dataclass(frozen=True)
class ShownDemo:
    """What ``demo.json`` tells."""

    url: str
    simulator_url: str
    twilio: Mapping[str, str] = field(repr=False)
    members: tuple[DemoLogin, ...]
    # ``kith init`` prints it once; here it is for those who try ``kith restore --key-file``.
    backup_key: str = field(repr=False)


def read_demo(settings: Settings) -> ShownDemo | None:
    """Return what ``demo.json`` tells; None before the first start."""
    try:
        content = json.loads((settings.data_dir / _NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    logins = ({**member, "roles": tuple(member["roles"])} for member in content["members"])
    return ShownDemo(**{**content, "members": tuple(DemoLogin(**login) for login in logins)})


def write_demo(settings: Settings, shown: ShownDemo) -> None:
    """Write ``demo.json``, for its owner alone."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(settings.data_dir / _NAME, json.dumps(asdict(shown), indent=2).encode())
