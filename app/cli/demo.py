"""The demo: an organisation with a member for each role, on a simulated phone network.

Its logins lie in ``demo.json`` in the data directory, for people and programs that try Kith out.
The first start makes them, and they stay. After a start that was cut short the next one goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from app.cli.demo_file import DemoLogin, ShownDemo, read_demo, write_demo
from app.cli.demo_people import DEMO_PEOPLE, complete_members, make_demo_login
from app.cli.foundation import lay_foundation
from app.clock import Clock
from app.crypto import KeyFiles
from app.errors import OperatorError
from app.main import open_database
from app.operations import is_founded
from app.settings import DEMO_ACCOUNT_PREFIX, Settings, load_settings
from app.vault import (
    has_backup_public,
    keep_backup_public,
    make_backup_pair,
    new_backup_key,
    print_backup_key,
    read_backup_key,
)

DEMO_NUMBER = "+15145550100"
A_CALLER = "+15145550150"
_SIMULATOR = "/simulator"


class LoginsLost(OperatorError):
    """There is an organisation here, but its demo.json is gone. Remove the data directory."""


def make_demo_settings(environment: Mapping[str, str]) -> Settings:
    """Return settings for the demo: its own values for what ``environment`` leaves open.

    The carrier's credentials are made up on the first start and kept in ``demo.json``.
    """
    plain = load_settings(environment="demo")
    known = read_demo(plain)
    twilio = known.twilio if known else _new_credentials()
    url = plain.public_url or f"http://127.0.0.1:{plain.port}"
    defaults: dict[str, object] = {
        "public_url": url,
        "operational_key": "file",
        "require_mfa": False,
        "twilio_rate": 100,
        "twilio_account_sid": twilio["account_sid"],
        "twilio_auth_token": twilio["auth_token"],
        "twilio_number": twilio["number"],
        "twilio_api_url": f"{url}{_SIMULATOR}/twilio",
    }
    left_open = {
        name: value
        for name, value in defaults.items()
        if not environment.keys() & {f"KITH_{name.upper()}", f"KITH_{name.upper()}_FILE"}
    }
    return load_settings(environment="demo", **left_open)


def ensure_demo(settings: Settings, tell: Callable[[str], None]) -> ShownDemo:
    """Make what is missing of the demo's data, and write ``demo.json``. LoginsLost."""
    known = read_demo(settings)
    exists = is_founded(settings.sqlalchemy_url)
    if exists and not known:
        raise LoginsLost
    members = known.members if known else tuple(map(make_demo_login, DEMO_PEOPLE))
    backup_key = known.backup_key if known else print_backup_key(new_backup_key())
    shown = _shown(settings, members, backup_key)
    # Before the first member is made: a start that is cut short must not lose a passphrase.
    write_demo(settings, shown)
    if not exists:
        tell("Making keys and a demo organisation; this takes some seconds, once.")
        lay_foundation(settings, members[0].handle, members[0].passphrase)
    files = KeyFiles(settings.keys_path)
    if not has_backup_public(files):
        keep_backup_public(files, make_backup_pair(read_backup_key(backup_key)).public)
    clock = Clock()
    database = open_database(settings, clock)
    try:
        shown = replace(shown, members=complete_members(database, members, clock))
    finally:
        database.close()
    write_demo(settings, shown)
    return shown


def write_guide(shown: ShownDemo) -> str:
    """Return what to do now, for the person at the terminal."""
    width = max(len(login.handle) for login in shown.members)
    passphrases = max(len(login.passphrase) for login in shown.members)
    logins = "\n".join(
        f"  {login.handle:{width}}  {login.passphrase:{passphrases}}  {', '.join(login.roles)}"
        for login in shown.members
    )
    return f"""
Kith is ready on {shown.url} - a demo, with a simulated phone network.

Sign in with a name and its passphrase:
{logins}

Text it from a simulated phone: {shown.simulator_url}
  The hotline is {shown.twilio["number"]}; your phone could be {A_CALLER}.

Stop with Ctrl-C; start again and it continues."""


def _shown(settings: Settings, members: tuple[DemoLogin, ...], backup_key: str) -> ShownDemo:
    twilio = {
        "account_sid": settings.twilio_account_sid,
        "auth_token": settings.twilio_auth_token.get_secret_value(),
        "number": settings.twilio_number,
        "api_url": settings.twilio_api_url,
    }
    return ShownDemo(settings.url, settings.url + _SIMULATOR, twilio, members, backup_key)


def _new_credentials() -> dict[str, str]:
    account = DEMO_ACCOUNT_PREFIX + secrets.token_hex(12)
    return {"account_sid": account, "auth_token": secrets.token_hex(16), "number": DEMO_NUMBER}
