"""Alive, ready, measured, and described."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import postgres
from tests.service import CALLER, House, refusal

Open = Callable[..., House]


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


class TestHealth:
    def test_it_lives(self, shared_house: House) -> None:
        assert shared_house.nobody.get("/healthz").status_code == 200

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_it_is_ready(self, house: House) -> None:
        answer = house.nobody.get("/readyz")
        assert answer.status_code == 200
        ready = answer.json()
        assert set(ready) == {"database", "key", "worker", "carrier"}
        assert (ready["database"], ready["key"], ready["worker"]) == ("ok", "open", "running")

    @pytest.mark.parametrize("database_kind", ["postgresql"])
    def test_without_its_database_it_lives_but_is_not_ready(
        self, house: House, postgres_server: postgres.Server
    ) -> None:
        name = house.database.url.database
        with postgres_server.connect() as db:
            db.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            db.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        assert house.nobody.get("/healthz").status_code == 200
        answer = house.nobody.get("/readyz")
        assert (answer.status_code, answer.json()["database"]) == (503, "away")
        asked = house.nobody.get("/v1/cases", headers={"Authorization": "Bearer x"})
        assert refusal(asked) == (503, "sealed")
        assert asked.headers["retry-after"]

    def test_while_the_carrier_refuses_it_is_not_ready(self, house: House) -> None:
        house.network.faults("api-20003", count=1000)
        house.phone().says("hello")
        house.advance(seconds=5)
        answer = house.nobody.get("/readyz")
        assert (answer.status_code, answer.json()["carrier"]) == (503, "refusing")
        house.network.clear_faults()
        house.advance(minutes=5)
        assert house.nobody.get("/readyz").status_code == 200

    def test_without_a_living_worker_it_is_not_ready(self, house: House) -> None:
        house.app.state.worker.stop()
        house.app.state.worker.last_loop = None
        answer = house.nobody.get("/readyz")
        assert (answer.status_code, answer.json()["worker"]) == (503, "stopped")

    def test_a_worker_of_its_own_is_known_by_what_it_does(self, house: House) -> None:
        house.app.state.service = replace(house.service, worker_alive=None)
        assert house.nobody.get("/readyz").json()["worker"] == "running"
        house.app.state.worker.stop()
        house.clock.advance(timedelta(minutes=5))
        answer = house.nobody.get("/readyz")
        assert (answer.status_code, answer.json()["worker"]) == (503, "stopped")


class TestMetrics:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_they_count_what_happens(self, house: House) -> None:
        house.case_of("hello")
        house.nobody.post("/twilio/messages", content=b"From=x")
        families = text_string_to_metric_families(house.nobody.get("/metrics").text)
        samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in families
            for sample in family.samples
        }
        messages = [("kind", "messages"), ("result", "200")]
        forged = [("kind", "messages"), ("result", "403")]
        assert samples["kith_webhooks_total", tuple(messages)] == 1
        assert samples["kith_webhooks_total", tuple(forged)] == 1
        assert samples["kith_open_cases", (("tier", "2"),)] == 1

    def test_they_name_nobody(self, house: House) -> None:
        case = house.case_of("hello")
        house.sign_in("heron")
        text = house.nobody.get("/metrics").text
        assert all(line.startswith(("kith_", "#")) for line in text.splitlines())
        for personal in ("heron", case["id"], case["reference"], CALLER[2:]):
            assert personal not in text

    def test_a_token_keeps_strangers_out(self, open_house: Open) -> None:
        house = open_house(metrics_token="a-token-for-metrics")
        assert house.nobody.get("/metrics").status_code == 404
        for token, status in (("a-token-for-metrics", 200), ("another", 404), ("é", 404)):
            headers = {"Authorization": f"Bearer {token}".encode()}
            assert house.nobody.get("/metrics", headers=headers).status_code == status


class TestReference:
    def test_it_is_openapi_and_names_every_status(self, shared_house: House) -> None:
        document = shared_house.nobody.get("/v1/openapi.json").json()
        assert document["openapi"].startswith("3.1")
        assert "/v1/cases/{case_id}" in document["paths"]
        assert not any("simulator" in path for path in document["paths"])
        for operations in document["paths"].values():
            for operation in operations.values():
                assert "422" not in operation["responses"], "refusals are problem details"
                assert operation["description"]

    def test_it_is_read_without_anything_from_elsewhere(self, shared_house: House) -> None:
        page = shared_house.nobody.get("/v1/docs")
        assert page.status_code == 200
        assert "POST /v1/cases/{case_id}/messages" in page.text
        assert "<script" not in page.text
        addresses = re.findall(r"""(?:src|href)=["']?([^"'> ]+)""", page.text)
        assert addresses
        for address in addresses:
            assert address.startswith("/")
            assert shared_house.nobody.get(address).status_code == 200

    def test_nothing_secret_is_in_it(self, shared_house: House) -> None:
        text = json.dumps(shared_house.nobody.get("/v1/openapi.json").json())
        for word in ("5550", "simulated-token"):
            assert word not in text
