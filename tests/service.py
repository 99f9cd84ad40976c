"""The whole service for a test: an organisation with its people, served over real HTTP.

Making it costs seconds (keys, passphrases), so that is done once per kind of database and test
process, and copied for each test. Requests, webhooks and the carrier's API all go through one
uvicorn on a free port of this machine; the simulated phones are on the same one.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from psycopg import sql
from sqlalchemy import select

from app import main
from app.access import Principal
from app.api.state import Service
from app.clock import FixedClock
from app.crypto import KeyFiles, MemberKeys, Secret, new_seed
from app.crypto.passphrases import derive_passphrase_key, new_recovery_code, new_salt
from app.crypto.totp import make_totp_code, new_totp_secret
from app.intake import Script, load_script
from app.members import sessions
from app.members.enrolment import NewcomerSecrets
from app.members.invitations import make_invitation, redeem_invitation
from app.members.member_keys import open_member_seed
from app.members.newcomers import admit_newcomers
from app.members.second_factor import open_second_factor
from app.members.sessions import start_session
from app.members.team_gains import give_demo_teams
from app.models import Member
from app.operations.foundation import found_organisation
from app.settings import Settings, load_settings
from app.simulator.phones import Network, SentText
from app.store.db import Database
from app.store.schema import upgrade_schema
from tests import postgres

ACCOUNT, TOKEN, HOTLINE = "AC" + 32 * "0", "simulated-token", "+15145550100"
# The number most tests text from.
CALLER = "+15145550123"
PASSPHRASE = "seven quiet herons wade"
# The first founds the organisation and invites the others.
PEOPLE: Mapping[str, tuple[str, ...]] = {
    "wren": ("coordinator", "dispatcher"),
    "heron": ("dispatcher",),
    "plover": ("dispatcher",),
    "crane": ("coordinator",),
    "finch": ("accompanier",),
    "owl": ("legal",),
    "starling": ("interpreter",),
    "magpie": ("auditor",),
}


@dataclass(frozen=True)
class Resident:
    """Somebody of the house, with everything they know and hold."""

    id: UUID
    handle: str
    roles: tuple[str, ...]
    keys: MemberKeys = field(repr=False)
    recovery_code: str = field(repr=False)
    totp_secret: bytes = field(repr=False)

    def totp_code(self, now: datetime) -> str:
        """What their authenticator app shows."""
        return make_totp_code(self.totp_secret, now)


@dataclass(frozen=True)
class Client:
    """Makes requests as one member, or as nobody. Paths begin with a slash."""

    http: httpx.Client = field(repr=False)
    token: str | None = field(default=None, repr=False)

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = dict(options.pop("headers", None) or {})
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.http.request(method, path, headers=headers, **options)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> httpx.Response:
        return self.request("PUT", path, json=json, **options)

    def patch(
        self, path: str, json: Any = None, *, version: str | None = None, **options: Any
    ) -> httpx.Response:
        """Change something; ``version`` is the ETag that was read, sent as If-Match."""
        headers = {"If-Match": version} if version else None
        return self.request("PATCH", path, json=json, headers=headers, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)


@dataclass(frozen=True)
class Caller:
    """A phone, and whoever holds it."""

    house: House = field(repr=False)
    number: str

    def text(self, body: str, **options: Any) -> SentText:
        """Text the hotline; return once that and all that follows from it is done."""
        sent = self.house.network.phone(self.number).text(body, **options)
        self.house.settle()
        return sent

    def says(self, *bodies: str) -> list[str]:
        """Text each of ``bodies``; return the texts that came back."""
        before = len(self.inbox())
        for body in bodies:
            self.text(body)
        return self.inbox()[before:]

    def inbox(self) -> list[str]:
        """The texts this phone received, oldest first."""
        return [text.body for text in self.house.network.phone(self.number).inbox()]


@dataclass(frozen=True)
class House:
    """A running service with people in it, on a clock that stands still."""

    url: str
    app: FastAPI
    settings: Settings
    clock: FixedClock
    residents: dict[str, Resident]
    network: Network
    http: httpx.Client

    @property
    def service(self) -> Service:
        """The parts of the service, to look behind its doors."""
        service: Service = self.app.state.service
        return service

    @property
    def database(self) -> Database:
        return self.service.database

    @property
    def nobody(self) -> Client:
        """A client that is not signed in."""
        return Client(self.http)

    def as_(self, handle: str) -> Client:
        """A client with a new session of this member, started without their passphrase."""
        resident, now = self.residents[handle], self.clock()
        with self.database.transaction() as db:
            member = db.get_one(Member, resident.id)
            started = start_session(db, self.service.sessions, member, resident.keys, now)
        return Client(self.http, started.token)

    def principal(self, handle: str) -> Principal:
        """The same member as domain functions know them."""
        resident = self.residents[handle]
        roles, archive = frozenset(resident.roles), "coordinator" in resident.roles
        return Principal(resident.id, handle, roles, archive, uuid4(), resident.keys)

    def sign_in(self, handle: str, code: str | None = None) -> httpx.Response:
        """Sign in as people do, with handle and passphrase."""
        body = {"handle": handle, "passphrase": PASSPHRASE, "code": code}
        return self.nobody.post("/v1/sessions", body)

    def newcomer(self, handle: str, *roles: str) -> Resident:
        """Let somebody join, as ready as the others; they can not sign in with a passphrase."""
        now, crane, wren = self.clock(), self.principal("crane"), self.principal("wren")
        resident = _join(self.database, crane, handle, roles, (new_salt(), new_seed()), now)
        with self.database.transaction() as db:
            admit_newcomers(db, wren, now)
            give_demo_teams(db, wren, now)
        self.residents[handle] = resident
        return resident

    def phone(self, number: str = CALLER) -> Caller:
        """A phone, by its number, a short code, or ``anonymous``."""
        return Caller(self, number)

    def case_of(self, *texts: str, number: str = CALLER) -> dict[str, Any]:
        """Text from a phone and return the case that followed, as the queue shows it."""
        before = {case["id"] for case in self.queue()}
        self.phone(number).says(*(texts or ("hello",)))
        [case] = [case for case in self.queue() if case["id"] not in before]
        return case

    def queue(self, **query: Any) -> list[dict[str, Any]]:
        """The queue as the desk sees it."""
        answer = self.as_("heron").get("/v1/cases", params={"limit": 200, **query})
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def read(self, case_id: str, handle: str = "heron") -> dict[str, Any]:
        """A case whole."""
        answer = self.as_(handle).get(f"/v1/cases/{case_id}")
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case

    def break_glass(
        self, case_id: str, handle: str = "crane", reason: str = "the family asks"
    ) -> dict[str, Any]:
        """Give the reason that opens a closed case to the archive; return the case whole."""
        answer = self.as_(handle).post(f"/v1/cases/{case_id}/break-glass", {"reason": reason})
        assert answer.status_code == 200, answer.text
        case: dict[str, Any] = answer.json()
        return case

    def seal(self) -> None:
        """Leave the server as a restart in `unseal` mode leaves it."""
        assert self.database.keys is not None
        self.database.keys.seal()

    def settle(self) -> None:
        """Return once no job is due, no text on its way, and no callback outstanding."""
        attempts = None
        while attempts != (attempts := self.network.carrier()["webhooks"]["attempts"]):
            self.network.advance(0)

    def advance(self, **by: float) -> datetime:
        """Step the clock, as ``timedelta(**by)``, and do everything that became due."""
        self.network.advance(timedelta(**by).total_seconds())
        self.settle()
        return self.clock()


# Area codes of the numbering plan but those that tests name themselves.
_AREAS = (204, 250, 306, 403, 416, 506, 604, 647, 705, 709, 780, 807, 819, 867, 902, 905)


def fictional(place: int) -> str:
    """Return one of 1600 numbers that belong to nobody: +1 xxx 555 01xx."""
    area, last = divmod(place, 100)
    return f"+1{_AREAS[area]}55501{last:02}"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """Status and slug of a refusal, which always has the same form and is kept by no cache."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert "no-store" in answer.headers["cache-control"]
    problem = answer.json()
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"].endswith((".", "…", "?"))
    kind, _, slug = problem["type"].rpartition(":")
    assert kind == "urn:kith"
    return answer.status_code, slug


# -- made once


@dataclass(frozen=True)
class Blueprint:
    """A house at rest: its files, or its PostgreSQL database, and its people."""

    folder: Path
    residents: Mapping[str, Resident]
    server: postgres.Server | None = None
    database: str = "kith_house"


@pytest.fixture(scope="session")
def sqlite_blueprint(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Blueprint:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(sqlite_template, folder / "kith.db")
    return _rested(Blueprint(folder, _people(f"sqlite:///{folder / 'kith.db'}", folder)))


@pytest.fixture(scope="session")
def postgresql_blueprint(
    postgres_server: postgres.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Blueprint]:
    folder = tmp_path_factory.mktemp("house")
    name = f"kith_house_{uuid4().hex}"
    with postgres.fresh_database(postgres_server, name, upgrade_schema) as url:
        yield _rested(Blueprint(folder, _people(url, folder), postgres_server, name))


def _people(url: str, folder: Path) -> dict[str, Resident]:
    """Found the organisation and let everybody join; two passphrases are worked on in all."""
    database, now = Database(url), start_of_time()
    try:
        founder = _found(database, KeyFiles(folder / "keys"), now)
        residents = {founder.handle: founder}
        signer = Principal(
            founder.id, founder.handle, frozenset(founder.roles), True, uuid4(), founder.keys
        )
        with database.transaction() as db:
            salt = db.get_one(Member, founder.id).passphrase_salt
        key = work_on_passphrase(PASSPHRASE, salt)
        for handle in list(PEOPLE)[1:]:
            roles = PEOPLE[handle]
            residents[handle] = _join(database, signer, handle, roles, (salt, key), now)
        with database.transaction() as db:
            admit_newcomers(db, signer, now)
            give_demo_teams(db, signer, now)
        with database.snapshot() as db:
            assert set(db.scalars(select(Member.state))) == {"active"}
        return residents
    finally:
        database.close()


# Signing in works on it anew each time, which takes a core a third of a second.
work_on_passphrase = cache(derive_passphrase_key)


def start_of_time() -> datetime:
    """The instant at which the clock of every test stands."""
    return datetime.fromisoformat("2026-01-15T12:00:00+00:00")


def _found(database: Database, files: KeyFiles, now: datetime) -> Resident:
    handle = next(iter(PEOPLE))
    founded = found_organisation(
        database, files, handle=handle, passphrase=PASSPHRASE, keep_operational_seed=True, now=now
    )
    member = founded.enrolled.member
    with database.snapshot() as db:
        key = work_on_passphrase(PASSPHRASE, member.passphrase_salt)
        keys = open_member_seed(db, member, "seed_wrap", key)
        secret = open_second_factor(db, member, keys).secret
    code = founded.enrolled.recovery_code
    return Resident(member.id, handle, PEOPLE[handle], keys, code, secret)


def _join(
    database: Database,
    signer: Principal,
    handle: str,
    roles: tuple[str, ...],
    lock: tuple[bytes, Secret],
    now: datetime,
) -> Resident:
    """Let somebody join by invitation; ``lock`` is the salt and key of their passphrase."""
    keys = MemberKeys(new_seed())
    secrets = NewcomerSecrets(keys, *lock, new_recovery_code(), new_totp_secret())
    with database.transaction() as db:
        archive = "coordinator" in roles
        code, _ = make_invitation(
            db, signer, roles, ["en", "fr"], ["montreal"], now, archive=archive
        )
        enrolled = redeem_invitation(
            db, secrets, code=code, handle=handle, name=None, phone=None, now=now
        )
    member_id, recovery_code = enrolled.member.id, enrolled.recovery_code
    return Resident(member_id, handle, roles, keys, recovery_code, secrets.totp_secret)


def _rested(blueprint: Blueprint) -> Blueprint:
    """Run what every start runs once, so that the copies have it behind them."""
    url = blueprint.server.url(blueprint.database) if blueprint.server else None
    with served(blueprint.folder, url, FixedClock(start_of_time()), blueprint.residents) as house:
        house.settle()
    return blueprint


# -- copied for each test


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each test of the service runs on both; to choose, parametrise ``database_kind``."""
    kind: str = request.param
    return kind


@pytest.fixture
def open_house(
    request: pytest.FixtureRequest, database_kind: str, tmp_path: Path, clock: FixedClock
) -> Iterator[Callable[..., House]]:
    """Give a function that opens a house with other settings than the usual ones, once a test."""
    blueprint: Blueprint = request.getfixturevalue(f"{database_kind}_blueprint")
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(opened(blueprint, tmp_path, clock, **settings))


@pytest.fixture
def house(open_house: Callable[..., House]) -> House:
    """A running service, as the demo is but for its people."""
    return open_house()


@pytest.fixture(scope="module")
def shared_house(
    sqlite_blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """One house, on SQLite, for all tests of a module that do not mind each other's traces."""
    folder = tmp_path_factory.mktemp("shared")
    with opened(sqlite_blueprint, folder, FixedClock(start_of_time())) as house:
        yield house


@contextmanager
def opened(
    blueprint: Blueprint, folder: Path, clock: FixedClock, **settings: Any
) -> Iterator[House]:
    """Copy a house into ``folder`` and run it."""
    shutil.copytree(blueprint.folder, folder, dirs_exist_ok=True)
    with ExitStack() as stack:
        url = stack.enter_context(_copied(blueprint)) if blueprint.server else None
        yield stack.enter_context(served(folder, url, clock, blueprint.residents, **settings))


@contextmanager
def _copied(blueprint: Blueprint) -> Iterator[str]:
    assert blueprint.server
    name = f"kith_{uuid4().hex}"
    with blueprint.server.connect() as db:
        postgres.copy_database(db, name, blueprint.database)
    try:
        yield blueprint.server.url(name)
    finally:
        with blueprint.server.connect() as db:
            db.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


# -- served


@contextmanager
def served(
    folder: Path,
    database_url: str | None,
    clock: FixedClock,
    residents: Mapping[str, Resident],
    **changes: Any,
) -> Iterator[House]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        settings = load_settings(**{**_settings(folder, database_url, port), **changes})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(main, "load_script", _script)  # 30 ms, the same for all
            patch.setattr(sessions, "derive_passphrase_key", work_on_passphrase)
            app = main.create_app(settings, clock=clock)
            with _running(app, listening), _http(settings.url) as http:
                network = Network(settings.url)
                yield House(settings.url, app, settings, clock, dict(residents), network, http)


def _settings(folder: Path, database_url: str | None, port: int) -> dict[str, Any]:
    return {
        "data_dir": folder,
        "database_url": database_url,
        "environment": "demo",
        "port": port,
        "operational_key": "file",
        "require_mfa": False,
        "twilio_account_sid": ACCOUNT,
        "twilio_auth_token": TOKEN,
        "twilio_number": HOTLINE,
        "twilio_rate": 10_000,
        "twilio_api_url": f"http://127.0.0.1:{port}/simulator/twilio",
    }


@cache
def _script() -> Script:
    return load_script()


def _http(url: str) -> httpx.Client:
    # Nothing is encrypted here, and loading certificates takes longer than most tests.
    return httpx.Client(base_url=url, timeout=30, verify=False, trust_env=False)


class _Server(uvicorn.Server):
    """Uvicorn without the tenths of a second that it rests between looks at its state."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._end = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.ready = threading.Event()

    def end(self) -> None:
        """Stop serving; to be called from another thread."""
        assert self._loop
        self._loop.call_soon_threadsafe(self._end.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        self.ready.set()
        await self._end.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # The service first: what it is about to send still reaches the phones.
        await self.lifespan.shutdown()
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()


@contextmanager
def _running(app: FastAPI, listening: socket.socket) -> Iterator[None]:
    # Clients keep connections for 5 seconds, as Uvicorn does; whoever is slower would meet a reset.
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="on", timeout_keep_alive=600
    )
    server = _Server(config)

    def run() -> None:
        try:
            server.run(sockets=[listening])
        finally:
            server.ready.set()  # also where it could not start

    thread = threading.Thread(target=run, name="uvicorn")
    thread.start()
    server.ready.wait()
    try:
        assert server.started, "the service did not start; see its log above"
        yield
    finally:
        if thread.is_alive():
            server.end()
        thread.join()
