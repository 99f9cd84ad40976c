"""``kith demo``: made on the first start, continued on the next, ended by a signal."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from app.cli import demo, demo_people
from app.cli.demo_file import DemoLogin, ShownDemo, read_demo
from app.clock import Clock
from app.crypto import KeyFiles, Secret
from app.crypto.totp import encode_base32
from app.main import open_database
from app.members import admission, enrolment, sessions
from app.members.enrolment import EnrolledMember
from app.members.invitations import redeem_invitation
from app.members.second_factor import open_second_factor
from app.models import Member
from app.rota.rota import find_duty
from app.rota.shift_rows import load_rota
from app.settings import DEMO_ACCOUNT_PREFIX, Settings
from app.store.schema import downgrade_schema
from app.vault.backup_keys import make_backup_pair, read_backup_key, read_backup_public


@pytest.fixture(scope="module", autouse=True)
def no_slow_passphrases() -> Iterator[None]:
    """Eleven people with a passphrase each: what makes guessing slow is not the point here."""

    def key_of(passphrase: str, salt: bytes) -> Secret:
        return Secret(hashlib.blake2b(passphrase.encode(), salt=salt[:16], digest_size=32).digest())

    with pytest.MonkeyPatch.context() as patch:
        for module in (admission, enrolment, sessions):
            patch.setattr(module, "derive_passphrase_key", key_of)
        yield


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data directory of a demo after its first start, which costs seconds; to be copied."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KITH_DATA_DIR", str(folder))
        make()
    return folder


@pytest.fixture
def demonstrated(once: Path) -> ShownDemo:
    """The demo after its first start."""
    shutil.copytree(once, settings().data_dir)
    shown = read_demo(settings())
    assert shown
    return shown


def settings() -> Settings:
    return demo.make_demo_settings(os.environ)


def make() -> ShownDemo:
    return demo.ensure_demo(settings(), lambda _: None)


def test_everybody_is_there_with_their_keys(demonstrated: ShownDemo) -> None:
    assert_everybody_is_there(demonstrated)


def test_it_can_be_shown_on_postgresql(
    postgresql_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    downgrade_schema(postgresql_url, "base")
    monkeypatch.setenv("KITH_DATABASE_URL", postgresql_url)
    assert_everybody_is_there(make())


def assert_everybody_is_there(shown: ShownDemo) -> None:
    database = open_database(settings(), Clock())
    with database.snapshot() as db:
        members = {member.handle: member for member in db.scalars(select(Member))}
        profiles = [db.keys.read_values(member) for member in members.values()]
    database.close()
    assert {member.state for member in members.values()} == {"active"}
    assert set(members) == {login.handle for login in shown.members}
    assert all(
        profile.phone
        and (profile.phone.startswith("+1514555011") or profile.phone == "+15145550120")
        for profile in profiles
    )
    assert all(profile.languages and profile.regions for profile in profiles)


def test_somebody_is_always_on_duty(demonstrated: ShownDemo) -> None:
    clock = Clock()
    database = open_database(settings(), clock)
    with database.snapshot() as db:
        rota = load_rota(db)
    database.close()
    for hour in range(0, 48, 5):
        duty = find_duty(rota, clock() + timedelta(hours=hour))
        assert len(duty.members()) == len(duty.members(fallback=True)) == 1


def test_it_has_the_roles_that_a_hotline_needs(demonstrated: ShownDemo) -> None:
    roles = [login.roles for login in demonstrated.members]
    assert ("coordinator", "dispatcher") in roles
    assert ("coordinator",) in roles
    assert [roles.count((role,)) for role in ("dispatcher", "accompanier", "interpreter")] == [
        2,
        3,
        2,
    ]
    assert {("legal",), ("auditor",)} <= set(roles)


def test_an_archive_of_it_opens_with_the_key_it_shows(demonstrated: ShownDemo) -> None:
    shown = make_backup_pair(read_backup_key(demonstrated.backup_key))
    assert read_backup_public(KeyFiles(settings().keys_path)) == shown.public


def test_the_file_tells_programs_what_they_need(demonstrated: ShownDemo) -> None:
    path = settings().data_dir / "demo.json"
    told = json.loads(path.read_text())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(told) == {"url", "simulator_url", "twilio", "members", "backup_key"}
    assert set(told["twilio"]) == {"account_sid", "auth_token", "number", "api_url"}
    assert told["twilio"]["account_sid"].startswith(DEMO_ACCOUNT_PREFIX)
    assert len(told["twilio"]["account_sid"]) == 34
    assert told["simulator_url"] == "http://127.0.0.1:8000/simulator"
    assert all(member["totp_secret"] for member in told["members"])


def test_the_second_start_continues(
    demonstrated: ShownDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KITH_PORT", "8123")
    again = make()
    assert again.members == demonstrated.members
    assert again.url == "http://127.0.0.1:8123"
    assert again.twilio == {
        **demonstrated.twilio,
        "api_url": "http://127.0.0.1:8123/simulator/twilio",
    }


def test_a_first_start_cut_short_is_taken_up_again(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = iter(range(3))
    redeem = redeem_invitation

    def power_cut(*arguments: Any, **options: Any) -> EnrolledMember:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return redeem(*arguments, **options)

    monkeypatch.setattr(demo_people, "redeem_invitation", power_cut)
    with pytest.raises(KeyboardInterrupt):
        make()
    monkeypatch.setattr(demo_people, "redeem_invitation", redeem)
    shown = make()
    assert all(login.totp_secret for login in shown.members)
    for login in (shown.members[0], shown.members[1], shown.members[-1]):
        assert signs_in(login)


def signs_in(login: DemoLogin) -> bool:
    database = open_database(settings(), Clock())
    try:
        principal = demo_people.sign_in_to_demo(database, login, Clock()())
        with database.snapshot() as db:
            member = db.get_one(Member, principal.member_id)
            secret = open_second_factor(db, member, principal.keys).secret
        return encode_base32(secret) == login.totp_secret
    finally:
        database.close()


def test_an_organisation_without_its_logins_is_not_touched(demonstrated: ShownDemo) -> None:
    (settings().data_dir / "demo.json").unlink()
    with pytest.raises(demo.LoginsLost):
        make()


def test_what_the_environment_says_goes_before_the_demos_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("KITH_TWILIO_ACCOUNT_SID", "AC" + 32 * "1")
    monkeypatch.setenv("KITH_TWILIO_API_URL", "http://127.0.0.1:9000")
    chosen = settings()
    assert (chosen.twilio_account_sid, chosen.twilio_api_url) == (
        "AC" + 32 * "1",
        "http://127.0.0.1:9000",
    )
    assert (chosen.twilio_rate, chosen.operational_key, chosen.require_mfa) == (100, "file", False)


def test_the_guide_names_every_login_and_a_phone() -> None:
    login = DemoLogin("wren", "seven quiet herons wade", ("dispatcher",), "SECRET")
    shown = ShownDemo("http://x", "http://x/simulator", {"number": demo.DEMO_NUMBER}, (login,), "")
    told = demo.write_guide(shown)
    assert "wren  seven quiet herons wade  dispatcher" in told
    assert demo.DEMO_NUMBER in told
    assert "SECRET" not in told + repr(shown)
    assert "quiet" not in repr(shown)


# -- as a process


@contextmanager
def running(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], Callable[[], str]]]:
    """``make run`` without make: a process group of its own."""
    environment = {**os.environ, "KITH_DATA_DIR": str(folder), "KITH_PORT": str(port)}
    command = [sys.executable, "-c", "from app.cli import main; main()", "demo"]
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout

    def until_ready() -> str:
        said = ""
        for line in process.stdout or ():
            said += line
            if "it continues" in line:
                return said
        raise AssertionError(said)

    try:
        yield process, until_ready
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_it_answers_continues_and_ends_on_sigterm(demonstrated: ShownDemo) -> None:
    folder = settings().data_dir
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with running(folder, port) as (process, until_ready):
        said = until_ready()
        told = json.loads((folder / "demo.json").read_text())
        assert httpx.get(f"{told['url']}/healthz", trust_env=False).status_code == 200
        assert httpx.get(told["simulator_url"], trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert told["members"][0]["passphrase"] == demonstrated.members[0].passphrase
    known = read_demo(settings())
    assert known
    assert known.members == demonstrated.members
    assert demo.write_guide(known).strip() in said
