"""The network in a process of its own, so that it outlives a service that is killed.

``python -m app.simulator --port 9000 --service-url http://127.0.0.1:8000 --account-sid AC…
--number +15145550100``; secrets come from the environment, never from the command line:
``KITH_TWILIO_AUTH_TOKEN``, and optionally ``KITH_TWILIO_API_KEY``, ``KITH_TWILIO_API_SECRET``.
It has its own clock; a step of it does not move the service's.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import uvicorn
from fastapi import FastAPI

from app.clock import Clock
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.router import create_router
from app.simulator.values.config import API_PREFIX, SimulatorConfig


def create_app(config: SimulatorConfig, clock: Clock) -> FastAPI:
    """The network alone, without the service."""

    async def advance_clock(seconds: float) -> datetime:
        return clock.advance(timedelta(seconds=seconds))

    app = FastAPI(title="Simulated telephone network", openapi_url=None)
    carrier = SimulatedCarrier(config, clock=clock)
    app.include_router(create_router(carrier, clock=clock, advance_clock=advance_clock))
    return app


def read_config(arguments: argparse.Namespace, environment: Mapping[str, str]) -> SimulatorConfig:
    """Join command line and environment; raises ``KeyError`` without an auth token."""
    return SimulatorConfig(
        account_sid=arguments.account_sid,
        auth_token=environment["KITH_TWILIO_AUTH_TOKEN"],
        api_key=environment.get("KITH_TWILIO_API_KEY", ""),
        api_secret=environment.get("KITH_TWILIO_API_SECRET", ""),
        number=arguments.number,
        service_url=arguments.service_url.rstrip("/"),
        api_url=f"http://{arguments.host}:{arguments.port}{API_PREFIX}",
        fallback=not arguments.no_fallback,
        retries=arguments.retries,
    )


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    options = argparse.ArgumentParser(prog="python -m app.simulator", description=__doc__)
    options.add_argument("--host", default="127.0.0.1")
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--service-url", required=True, help="where webhooks go")
    options.add_argument("--account-sid", required=True)
    options.add_argument("--number", required=True, help="the hotline's number, E.164")
    options.add_argument("--no-fallback", action="store_true", help="no fallback addresses")
    options.add_argument("--retries", default="", help="for example rc=3&rp=5xx,ct,rt")
    return options


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until a signal."""
    options = make_parser()
    given = options.parse_args(arguments)
    try:
        config = read_config(given, os.environ)
    except KeyError as missing:
        options.error(f"{missing.args[0]} is not set")
    uvicorn.run(create_app(config, Clock()), host=given.host, port=given.port, access_log=False)


if __name__ == "__main__":
    main()
