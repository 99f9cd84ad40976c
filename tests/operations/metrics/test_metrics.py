"""What an operator can watch, and what those numbers never say."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr
from sqlalchemy import event

from app import __version__
from app.operations.backup.writer import make_archive
from app.operations.metrics.registry import Metrics, may_read_metrics
from app.operations.metrics.worker_server import WorkerServer
from app.store.db import Database
from app.vault.backup_keys import keep_backup_public, make_backup_pair, new_backup_key
from tests.service import CALLER, PASSPHRASE, Blueprint, House

Open = Callable[..., House]
on_sqlite = pytest.mark.parametrize("database_kind", ["sqlite"])
on_postgresql = pytest.mark.parametrize("database_kind", ["postgresql"])


def samples(text: str) -> dict[str, float]:
    """Values by name with labels as they are written: ``kith_jobs{state="queued"}``."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(sample.labels.items()))
            found[sample.name + (f"{{{labels}}}" if labels else "")] = sample.value
    return found


def now(house: House) -> dict[str, float]:
    return samples(house.nobody.get("/metrics").text)


@on_sqlite
class TestWhatIsMeasured:
    def test_a_case_waits_by_tier_in_whole_minutes(self, house: House) -> None:
        house.case_of("hello")
        house.advance(minutes=12, seconds=40)
        found = now(house)
        assert found['kith_open_cases{tier="2"}'] == 1
        assert found['kith_waiting_cases{tier="2"}'] == 1
        assert found['kith_waiting_cases{tier="0"}'] == 0
        assert found['kith_oldest_waiting_seconds{tier="2"}'] == 12 * 60
        assert found['kith_oldest_waiting_seconds{tier="0"}'] == 0

    def test_an_answered_case_waits_no_longer(self, house: House) -> None:
        case = house.case_of("hello")
        house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "We are here."})
        assert now(house)['kith_oldest_waiting_seconds{tier="2"}'] == 0

    def test_texts_and_jobs_by_state(self, house: House) -> None:
        house.case_of("hello")
        found = now(house)
        assert found['kith_outgoing{state="delivered"}'] >= 1
        assert found['kith_outgoing{state="queued"}'] == 0
        assert found['kith_jobs{state="queued"}'] >= 5, "every timer is a job"
        assert found["kith_jobs_oldest_due_seconds"] == 0

    def test_a_job_that_nobody_does_grows_old(self, house: House) -> None:
        house.app.state.worker.stop()
        house.clock.advance(timedelta(minutes=10))
        assert now(house)["kith_jobs_oldest_due_seconds"] >= 9 * 60

    def test_carriers_errors_by_kind(self, house: House) -> None:
        house.network.faults("api-21611")
        house.phone().says("hello")
        assert now(house)['kith_carrier_errors_total{kind="CarrierBusy"}'] == 1

    def test_sign_ins_by_result(self, house: House) -> None:
        house.sign_in("heron")
        house.nobody.post("/v1/sessions", {"handle": "heron", "passphrase": "wrong wrong wrong"})
        found = now(house)
        assert found['kith_sign_ins_total{result="ok"}'] == 1
        assert found['kith_sign_ins_total{result="unauthenticated"}'] == 1

    def test_shred_keys_disk_worker_and_version(self, house: House) -> None:
        found = now(house)
        assert found["kith_shred_key_oldest_days"] == 0
        assert found["kith_shred_key_days_ahead"] == 1
        assert found["kith_disk_free_bytes"] > 0
        assert found["kith_worker_loop_age_seconds"] < 30
        assert found[f'kith_build_info{{version="{__version__}"}}'] == 1

    def test_the_age_of_the_newest_archive(self, house: House, tmp_path: Path) -> None:
        assert "kith_backup_age_seconds" not in now(house), "there is none"
        assert house.database.keys
        files = house.database.keys.files
        keep_backup_public(files, make_backup_pair(new_backup_key()).public)
        make_archive(house.database, files, tmp_path / "archives", house.clock())
        house.advance(hours=3)
        assert now(house)["kith_backup_age_seconds"] == 3 * 3600

    def test_what_still_lies_at_the_carrier(self, house: House) -> None:
        house.network.faults("api-20009", count=1000)
        house.phone().says("hello")
        assert now(house)['kith_carrier_copies{state="held"}'] >= 1

    def test_alerts_that_nobody_acknowledged(self, house: House) -> None:
        assert now(house)["kith_alerts_open"] == 0
        case = house.case_of("hello", "1", "2", "N")
        found = now(house)
        assert (found["kith_alerts_open"], found["kith_alerts_highest_step"]) == (1, 1)
        house.read(case["id"])
        assert now(house)["kith_alerts_open"] == 0


class TestBadDays:
    @on_sqlite
    def test_a_sealed_server_is_measured_too(self, open_house: Open) -> None:
        house = open_house()
        house.advance(minutes=3)
        house.case_of("hello")
        assert house.database.keys
        house.database.keys.seal()
        house.advance(minutes=11)
        found = now(house)
        assert found["kith_sealed"] == 1
        assert found['kith_oldest_waiting_seconds{tier="2"}'] == 14 * 60, "rounded times are left"
        assert house.sign_in("heron").status_code == 201
        assert now(house)["kith_sealed"] == 0

    @on_postgresql
    def test_a_database_that_is_away_is_a_number(
        self, house: House, postgresql_blueprint: Blueprint
    ) -> None:
        assert now(house)["kith_database_up"] == 1
        assert postgresql_blueprint.server
        with postgresql_blueprint.server.connect() as db:
            name = house.database.url.database
            db.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        found = now(house)
        assert found["kith_database_up"] == 0
        assert "kith_disk_free_bytes" in found
        assert "kith_alerts_open" not in found, "nothing is made up"


class TestWhoMayRead:
    def test_without_a_token_nobody_but_in_the_demo(self) -> None:
        assert not may_read_metrics("", None, demo=False)
        assert not may_read_metrics("Bearer ", SecretStr(""), demo=False)
        assert may_read_metrics("", None, demo=True)

    @pytest.mark.parametrize("given", ["", "Bearer ", "Bearer another", "Basic x", "Bearer é"])
    def test_with_a_token_nobody_without_it(self, given: str) -> None:
        assert not may_read_metrics(given, SecretStr("a-token-for-metrics"), demo=True)

    def test_with_the_token(self) -> None:
        assert may_read_metrics(
            "Bearer a-token-for-metrics", SecretStr("a-token-for-metrics"), demo=False
        )


@on_sqlite
def test_no_label_points_at_anybody(house: House) -> None:
    case = house.case_of("ayuda", "3", "2")
    house.network.faults("api-30003")
    house.as_("heron").post(f"/v1/cases/{case['id']}/messages", {"body": "Estamos aquí."})
    house.sign_in("heron")
    house.nobody.post("/v1/sessions", {"handle": "unknown-bird", "passphrase": "wrong wrong"})
    house.settle()
    text = house.nobody.get("/metrics").text
    labels = set(re.findall(r'(\w+)="', text))
    assert labels <= {"kind", "result", "tier", "state", "version", "le"}
    personal = (CALLER[2:], case["id"], case["reference"], "heron", "bird", PASSPHRASE, "ayuda")
    assert not [word for word in personal if word in text]


class TestWorkerOfItsOwn:
    @pytest.fixture
    def asked(self, sqlite_url: str) -> Iterator[tuple[httpx.Client, list[bool]]]:
        metrics, alive = Metrics(), [True]

        def shown(authorization: str) -> bytes | None:
            return metrics.render() if authorization == "Bearer token" else None

        with (
            WorkerServer("127.0.0.1", 0, alive=lambda: alive[0], metrics=shown) as listening,
            httpx.Client(base_url=f"http://127.0.0.1:{listening.port}", trust_env=False) as http,
        ):
            yield http, alive

    def test_it_tells_whether_it_lives(self, asked: tuple[httpx.Client, list[bool]]) -> None:
        http, alive = asked
        assert http.get("/healthz").status_code == 200
        alive[0] = False
        assert http.get("/healthz").status_code == 503

    def test_its_metrics_need_the_token(self, asked: tuple[httpx.Client, list[bool]]) -> None:
        http, _ = asked
        assert http.get("/metrics").status_code == 404
        shown = http.get("/metrics", headers={"Authorization": "Bearer token"})
        assert "kith_build_info" in shown.text

    @pytest.mark.parametrize("path", ["/", "/v1/cases", "/metrics/"])
    def test_it_answers_nothing_else(
        self, asked: tuple[httpx.Client, list[bool]], path: str
    ) -> None:
        assert asked[0].get(path).status_code == 404


def test_a_worker_that_never_looked_for_work_has_no_age() -> None:
    class Still:
        last_loop = None

    metrics = Metrics()
    metrics.watch(Still())
    assert math.isnan(samples(metrics.render().decode())["kith_worker_loop_age_seconds"])


@on_sqlite
def test_measuring_costs_few_statements(house: House) -> None:
    house.case_of("hello")
    asked = _count_statements(house.database)
    house.nobody.get("/metrics")
    assert len(asked) <= 14


def _count_statements(database: Database) -> list[str]:
    asked: list[str] = []
    event.listen(
        database._reading,
        "before_cursor_execute",
        lambda _c, _cursor, statement, *_: asked.append(statement),
    )
    return asked
