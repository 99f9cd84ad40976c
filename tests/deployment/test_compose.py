"""The compose file: accepted by Debian's program, and as closed as it says."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types

from app.settings import _FROM_FILE, load_settings
from tests.deployment.conftest import REPOSITORY, program, text

COMPOSE: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
each_service = pytest.mark.parametrize("name", SERVICES)
SECRETS = {name.lower() for name in _FROM_FILE}


def test_debians_compose_accepts_it(tmp_path: Path) -> None:
    compose = program("docker-compose", "docker-compose")
    shutil.copy(REPOSITORY / "docker-compose.yml", tmp_path)
    shutil.copy(REPOSITORY / "deploy" / "compose.env.example", tmp_path / ".env")
    (tmp_path / "Dockerfile").touch()
    asked = subprocess.run(
        [compose, "config"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr
    understood = yaml.safe_load(asked.stdout)
    assert set(understood["services"]) == set(SERVICES)
    assert understood["services"]["worker"]["environment"]["KITH_TWILIO_NUMBER"] == "+15145550100"


def test_debians_compose_refuses_without_configuration(tmp_path: Path) -> None:
    compose = program("docker-compose", "docker-compose")
    shutil.copy(REPOSITORY / "docker-compose.yml", tmp_path)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("KITH_", "SITE"))}
    asked = subprocess.run(
        [compose, "config"], cwd=tmp_path, env=clean, capture_output=True, check=False
    )
    assert asked.returncode != 0


@each_service
def test_nothing_runs_as_root_or_may_become_it(name: str) -> None:
    service = SERVICES[name]
    assert int(str(service["user"]).split(":")[0]) > 0
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@each_service
def test_nothing_can_write_beyond_its_volumes(name: str) -> None:
    assert SERVICES[name]["read_only"] is True
    assert any(mount.startswith("/tmp:") for mount in SERVICES[name]["tmpfs"])


@each_service
def test_no_memory_gets_onto_a_disk(name: str) -> None:
    service = SERVICES[name]
    assert service["ulimits"]["core"] == 0
    assert service["memswap_limit"] == service["mem_limit"]


@each_service
def test_everything_is_asked_whether_it_is_well(name: str) -> None:
    service = SERVICES[name]
    assert "healthcheck" in service or service["image"] == "kith:local", "the image brings its own"


@each_service
def test_images_have_whole_versions(name: str) -> None:
    image = SERVICES[name]["image"]
    version = image.partition(":")[2]
    assert image == "kith:local" or version.count(".") >= 1
    assert "latest" not in image


def test_only_the_proxy_is_open_to_the_world() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]


def test_the_service_and_the_database_have_no_way_out() -> None:
    outward = {name for name, net in COMPOSE["networks"].items() if not net.get("internal")}
    with_way = {name for name, s in SERVICES.items() if set(s["networks"]) & outward}
    assert with_way == {"worker", "proxy"}


def test_secrets_are_files() -> None:
    assert set(COMPOSE["secrets"]) == {*SECRETS, "database_password", "wake_numbers"}
    for secret in COMPOSE["secrets"].values():
        assert secret["file"].startswith("./secrets/")
    for service in SERVICES.values():
        plain = {name.removeprefix("KITH_").lower() for name in service["environment"]}
        assert not plain & SECRETS
        assert "POSTGRES_PASSWORD" not in service["environment"]


def test_secrets_get_neither_into_git_nor_into_the_image() -> None:
    for folder in ("/secrets/", "/state/", "/backups/", "/.env"):
        assert folder in text(".gitignore").splitlines()
    assert text(".dockerignore").splitlines()[1] == "*"


def test_both_processes_share_keys_and_sockets() -> None:
    assert SERVICES["app"]["volumes"] == SERVICES["worker"]["volumes"]
    assert SERVICES["app"]["environment"] == SERVICES["worker"]["environment"]


def test_kith_accepts_what_compose_gives_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = dict(
        line.split("=", 1)
        for line in text("deploy/compose.env.example").splitlines()
        if line and not line.startswith("#")
    )
    for name, value in SERVICES["app"]["environment"].items():
        given = str(value)
        if given.startswith("/run/secrets/"):
            secret = tmp_path / Path(given).name
            secret.write_text("", encoding="utf-8")
            given = str(secret)
        if given.startswith("${"):
            given = example[name]
        monkeypatch.setenv(name, given)
    (tmp_path / "database_url").write_text("postgresql+psycopg://kith:x@database/kith\n")
    (tmp_path / "twilio_auth_token").write_text("a token\n")
    settings = load_settings()
    assert (settings.environment, settings.operational_key) == ("production", "unseal")
    assert settings.require_mfa
    assert not settings.on_sqlite
    assert settings.twilio_auth_token.get_secret_value() == "a token"
    assert settings.public_url == "https://line.example.org"
