from __future__ import annotations

import asyncio

import pytest
from httpx import ASGITransport, AsyncClient

from app.clock import FixedClock
from app.simulator.__main__ import create_app, main, make_parser, read_config
from tests.simulator.hotline import ACCOUNT, HOTLINE

ARGUMENTS = ["--port", "9000", "--service-url", "http://127.0.0.1:8000/"]
ARGUMENTS += ["--account-sid", ACCOUNT, "--number", HOTLINE, "--retries", "rc=3"]
SECRETS = {"KITH_TWILIO_AUTH_TOKEN": "token", "KITH_TWILIO_API_KEY": "SK1"}


@pytest.mark.anyio
async def test_the_network_stands_alone(clock: FixedClock) -> None:
    config = read_config(make_parser().parse_args(ARGUMENTS), SECRETS)
    assert config.api_base == "http://127.0.0.1:9000/simulator/twilio"
    assert config.webhook("/twilio/messages") == "http://127.0.0.1:8000/twilio/messages#rc=3"
    transport = ASGITransport(create_app(config, clock))
    async with AsyncClient(transport=transport, base_url="http://127.0.0.1:9000") as client:
        before = (await client.get("/simulator/clock")).json()["offset_s"]
        answer = (await client.post("/simulator/clock", json={"advance_s": 60})).json()
        assert answer["offset_s"] == before + 60
        assert (await client.get("/simulator")).status_code == 200


def test_without_a_token_it_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("KITH_TWILIO_AUTH_TOKEN", raising=False)
    with pytest.raises(SystemExit) as ended:
        main(ARGUMENTS)
    assert ended.value.code == 2
    assert "KITH_TWILIO_AUTH_TOKEN is not set" in capsys.readouterr().err


def test_no_secret_is_taken_from_the_command_line() -> None:
    assert not {"token", "secret", "key"} & set(vars(make_parser().parse_args(ARGUMENTS)))


@pytest.mark.anyio
async def test_the_network_ends_with_its_application(clock: FixedClock) -> None:
    app = create_app(read_config(make_parser().parse_args(ARGUMENTS), SECRETS), clock)
    transport = ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=transport, base_url="http://127.0.0.1:9000") as client,
    ):
        await client.post("/simulator/faults", json={"kind": "webhook-delay", "delay_s": 60})
        await client.post("/simulator/phones/anonymous/texts", json={"body": "late"})
        [sleeper] = [task for task in asyncio.all_tasks() if "wait_and_work" in repr(task)]
    assert sleeper.cancelled()
