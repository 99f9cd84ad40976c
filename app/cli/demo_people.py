"""The people of the demo, and their rota."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select

from app.access import Principal
from app.cli.demo_file import DemoLogin
from app.clock import Clock
from app.crypto import encode_base32
from app.members import (
    MemorySessions,
    NewcomerSecrets,
    SignInThrottle,
    admit_newcomers,
    change_profile,
    give_demo_teams,
    list_members,
    make_invitation,
    make_secrets,
    open_second_factor,
    redeem_invitation,
    sign_in,
    suggest_passphrase,
)
from app.models import Member, MemberProfile
from app.rota import ShiftFacts, add_shift, load_rota, show_wall_time
from app.store import Database, Db


@dataclass(frozen=True)
class DemoPerson:
    """A member of the demo. Handles are birds: they name no real person."""

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
# Every day: the member, the hour it begins, for how many hours, whether only as a fallback.
DEMO_ROTA = (("plover", 8, 12, False), ("plover", -4, 12, False), ("crane", 0, 24, True))


def make_demo_login(person: DemoPerson) -> DemoLogin:
    """Return a login with a new passphrase."""
    return DemoLogin(person.handle, suggest_passphrase(), person.roles)


def complete_members(
    database: Database, members: tuple[DemoLogin, ...], clock: Clock
) -> tuple[DemoLogin, ...]:
    """Make the members who are missing; return all, with their second factors."""
    if all(login.totp_secret for login in members):
        return members
    now = clock()
    founder = sign_in_to_demo(database, members[0], now)
    completed = tuple(_complete_member(database, founder, login, now) for login in members)
    with database.transaction() as db:
        _plan_rota(db, founder, now)
    return completed


def _plan_rota(db: Db, founder: Principal, now: datetime) -> None:
    """Make a rota, so that alerts reach a member; most members stay free to be tried out."""
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


def sign_in_to_demo(database: Database, login: DemoLogin, now: datetime) -> Principal:
    """Sign a member in with their login; return the principal."""
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


def _complete_member(
    database: Database, founder: Principal, login: DemoLogin, now: datetime
) -> DemoLogin:
    """Return a login with its second factor, making the member if there is none yet."""
    with database.snapshot() as db:
        exists = db.scalar(select(Member.id).where(Member.handle == login.handle)) is not None
    if not exists:
        newcomer = make_secrets(login.passphrase, login.handle)
        with database.transaction() as db:
            _join_demo(db, founder, login.handle, newcomer, now)
        return replace(login, totp_secret=encode_base32(newcomer.totp_secret))
    is_founder = login.handle == founder.handle
    keys = (founder if is_founder else sign_in_to_demo(database, login, now)).keys
    with database.transaction() as db:
        member = db.scalars(select(Member).where(Member.handle == login.handle)).one()
        change_profile(db, member, lambda _: _make_profile(login.handle, now))
        factor = open_second_factor(db, member, keys)
    return replace(login, totp_secret=encode_base32(factor.secret))


def _join_demo(
    db: Db, founder: Principal, handle: str, newcomer: NewcomerSecrets, now: datetime
) -> None:
    """Invite, redeem, and pass the keys on, as the founder's next request would.

    A demo asks for no second coordinator.
    """
    person = next(person for person in DEMO_PEOPLE if person.handle == handle)
    archive = "coordinator" in person.roles
    code, _ = make_invitation(
        db, founder, person.roles, person.languages, person.regions, now, archive=archive
    )
    profile = _make_profile(handle, now)
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
    give_demo_teams(db, founder, now)


def _make_profile(handle: str, now: datetime) -> MemberProfile:
    place, person = next((i, one) for i, one in enumerate(DEMO_PEOPLE) if one.handle == handle)
    return MemberProfile(
        name=handle.capitalize(),
        phone=f"+15145550{110 + place}",
        languages=person.languages,
        regions=person.regions,
        weekly_cap=3,
        vetted_on=now.date(),
    )
