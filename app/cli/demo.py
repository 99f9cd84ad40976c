"""The demo: an organisation with everybody in it, on a simulated phone network.

Its logins lie in ``demo.json`` in the data directory, for people and programs that try Kith out.
They are made once and stay; a start that was cut short is taken up where it ended.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from app.access import Principal
from app.clock import Clock
from app.crypto import KeyFiles, encode_base32, replace_file
from app.errors import OperatorError
from app.main import open_database
from app.members import (
    MemorySessions,
    NewcomerSecrets,
    SignInThrottle,
    admit_newcomers,
    change_profile,
    list_members,
    make_invitation,
    make_secrets,
    open_totp_secret,
    redeem_invitation,
    sign_in,
    suggest_passphrase,
)
from app.models import Deployment, Member, MemberProfile
from app.operations import found_organisation
from app.rota import ShiftFacts, add_shift, load_rota, show_wall_time
from app.settings import DEMO_ACCOUNT_PREFIX, Settings, load_settings
from app.store import Database, Db, read_revision, upgrade_schema
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


@dataclass(frozen=True)
class DemoPerson:
    """Somebody of the demo. Handles are birds: nobody's name."""

    handle: str
    roles: tuple[str, ...]
    languages: tuple[str, ...] = ("en", "fr")
    regions: tuple[str, ...] = ("montreal",)


# The first one founds the organisation and invites the others.
DEMO_PEOPLE = (
    DemoPerson("wren", ("coordinator", "dispatcher"), ("en", "fr", "es")),
    DemoPerson("heron", ("dispatcher",), ("en", "fr")),
    DemoPerson("plover", ("dispatcher",), ("en", "es", "ht"), ("montreal", "laval")),
    DemoPerson("finch", ("accompanier",), ("en", "fr"), ("montreal", "laval")),
    DemoPerson("robin", ("accompanier",), ("fr", "ht")),
    DemoPerson("swallow", ("accompanier",), ("en", "es"), ("montreal", "ottawa")),
    DemoPerson("owl", ("legal",), ("en", "fr"), ("montreal", "laval", "quebec")),
    DemoPerson("starling", ("interpreter",), ("en", "es", "pt-BR")),
    DemoPerson("thrush", ("interpreter",), ("fr", "ht", "ar")),
    DemoPerson("magpie", ("auditor",)),
    DemoPerson("crane", ("coordinator",)),
)


# Every day: who, from when, for how many hours, and whether only when nobody else answers.
DEMO_ROTA = (("plover", 8, 12, False), ("plover", -4, 12, False), ("crane", 0, 24, True))


class LoginsLost(OperatorError):
    """There is an organisation here, but its demo.json is gone. Remove the data directory."""


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
    # What ``kith init`` prints once; here for whoever tries ``kith restore --key-file``.
    backup_key: str = field(repr=False)


def make_demo_settings(environment: Mapping[str, str]) -> Settings:
    """Return settings for the demo: its own values for what ``environment`` leaves open.

    The carrier's credentials are made up on the first start and kept in ``demo.json``.
    """
    plain = load_settings(environment="demo")
    known = _read(plain)
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
    known = _read(settings)
    exists = _organisation_exists(settings)
    if exists and not known:
        raise LoginsLost
    members = known.members if known else tuple(_new_login(person) for person in DEMO_PEOPLE)
    backup_key = known.backup_key if known else print_backup_key(new_backup_key())
    shown = _shown(settings, members, backup_key)
    # Before the first member is made: a start that is cut short must not lose a passphrase.
    _write(settings, shown)
    if not exists:
        tell("Making keys and a demo organisation; this takes some seconds, once.")
        _found(settings, members[0])
    files = KeyFiles(settings.keys_path)
    if not has_backup_public(files):
        keep_backup_public(files, make_backup_pair(read_backup_key(backup_key)).public)
    clock = Clock()
    database = open_database(settings, clock)
    try:
        shown = replace(shown, members=_complete(database, members, clock))
    finally:
        database.close()
    _write(settings, shown)
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


def _new_login(person: DemoPerson) -> DemoLogin:
    return DemoLogin(person.handle, suggest_passphrase(), person.roles)


# -- demo.json


def _path(settings: Settings) -> Path:
    return settings.data_dir / "demo.json"


def _read(settings: Settings) -> ShownDemo | None:
    try:
        content = json.loads(_path(settings).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    logins = ({**member, "roles": tuple(member["roles"])} for member in content["members"])
    return ShownDemo(**{**content, "members": tuple(DemoLogin(**login) for login in logins)})


def _write(settings: Settings, shown: ShownDemo) -> None:
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    replace_file(_path(settings), json.dumps(asdict(shown), indent=2).encode())


# -- the people


def _organisation_exists(settings: Settings) -> bool:
    if read_revision(settings.sqlalchemy_url) is None:
        return False
    database = Database(settings.sqlalchemy_url)
    try:
        with database.snapshot() as db:
            return db.scalar(select(Deployment.id)) is not None
    finally:
        database.close()


def _found(settings: Settings, first: DemoLogin) -> None:
    upgrade_schema(settings.sqlalchemy_url)
    database = Database(settings.sqlalchemy_url)
    try:
        found_organisation(
            database,
            KeyFiles(settings.keys_path),
            handle=first.handle,
            passphrase=first.passphrase,
            keep_operational_seed=settings.operational_key == "file",
            now=Clock()(),
        )
    finally:
        database.close()


def _complete(
    database: Database, members: tuple[DemoLogin, ...], clock: Clock
) -> tuple[DemoLogin, ...]:
    """Make the members who are missing; return all, with their second factors."""
    if all(login.totp_secret for login in members):
        return members
    now = clock()
    founder = _sign_in(database, members[0], now)
    completed = tuple(_completed(database, founder, login, now) for login in members)
    with database.transaction() as db:
        _plan(db, founder, now)
    return completed


def _plan(db: Db, founder: Principal, now: datetime) -> None:
    """Make a rota, so that somebody is alerted; most stay free for whoever tries it out."""
    if load_rota(db).slots:
        return
    members = {member.handle: member.id for member in list_members(db)}
    today = show_wall_time(now, db.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for handle, begin, hours, fallback in DEMO_ROTA:
        wanted = ShiftFacts(
            "FREQ=DAILY",
            today + timedelta(hours=begin),
            timedelta(hours=hours),
            [members[handle]],
            fallback=fallback,
        )
        add_shift(db, founder, wanted, now)


def _sign_in(database: Database, login: DemoLogin, now: datetime) -> Principal:
    return sign_in(
        database,
        MemorySessions(),
        SignInThrottle(),
        handle=login.handle,
        passphrase=login.passphrase,
        code=None,
        require_mfa=False,
        now=now,
    ).principal


def _completed(
    database: Database, founder: Principal, login: DemoLogin, now: datetime
) -> DemoLogin:
    """Return a login with its second factor, making the member if there is none yet."""
    with database.snapshot() as db:
        exists = db.scalar(select(Member.id).where(Member.handle == login.handle)) is not None
    if not exists:
        newcomer = make_secrets(login.passphrase)
        with database.transaction() as db:
            _join(db, founder, login.handle, newcomer, now)
        return replace(login, totp_secret=encode_base32(newcomer.totp_secret))
    keys = founder.keys if login.handle == founder.handle else _sign_in(database, login, now).keys
    with database.transaction() as db:
        member = db.scalars(select(Member).where(Member.handle == login.handle)).one()
        change_profile(db, member, lambda _: _profile(login.handle, now))
        return replace(login, totp_secret=encode_base32(open_totp_secret(db, member, keys)[0]))


def _join(
    db: Db, founder: Principal, handle: str, newcomer: NewcomerSecrets, now: datetime
) -> None:
    """Invite, redeem, and pass the keys on, as the founder's next request would."""
    person = next(person for person in DEMO_PEOPLE if person.handle == handle)
    code, _ = make_invitation(db, founder, person.roles, person.languages, person.regions, now)
    profile = _profile(handle, now)
    enrolled = redeem_invitation(
        db,
        newcomer,
        code=code,
        handle=handle,
        name=profile.name,
        phone=profile.phone,
        now=now,
    )
    change_profile(db, enrolled.member, lambda _: profile)
    admit_newcomers(db, founder, now)


def _profile(handle: str, now: datetime) -> MemberProfile:
    place, person = next((i, one) for i, one in enumerate(DEMO_PEOPLE) if one.handle == handle)
    return MemberProfile(
        name=handle.capitalize(),
        phone=f"+15145550{110 + place}",
        languages=person.languages,
        regions=person.regions,
        weekly_cap=3,
        vetted_on=now.date(),
    )
