"""Alive, ready, measured."""

from __future__ import annotations

import hmac

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.api.deps import ServiceDep
from app.api.state import Service
from app.errors import NotFound
from app.models import LIVE_STATES, Case, Job

router = APIRouter(tags=["health"])


@router.get("/healthz")
def alive() -> dict[str, str]:
    """Answer while the process lives."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(service: ServiceDep) -> Response:
    """Answer 200 when texts are taken in and the desk can work, else 503 with what is missing."""
    parts = examine(service)
    well = parts["database"] == "ok" and parts["key"] == "open" and parts["worker"] != "stopped"
    return JSONResponse(parts, 200 if well else 503, {"Cache-Control": "no-store"})


def examine(service: Service) -> dict[str, str]:
    """Return the state of the database, the operational key, the worker and the carrier."""
    return {
        "database": _database(service),
        "key": "open" if service.database.keys and service.database.keys.is_open else "sealed",
        "worker": _worker(service),
        "carrier": "configured" if service.settings.twilio_account_sid else "missing",
    }


def _database(service: Service) -> str:
    try:
        with service.database.snapshot() as db:
            db.scalar(select(1))
    except (SQLAlchemyError, OSError):
        return "away"
    return "ok"


def _worker(service: Service) -> str:
    if service.worker_alive is None:
        return "elsewhere"
    return "running" if service.worker_alive() else "stopped"


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, service: ServiceDep) -> Response:
    """Return Prometheus metrics to whoever holds KITH_METRICS_TOKEN (in the demo, to anybody)."""
    token = service.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if token is not None:
        if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
            raise NotFound
    elif service.settings.environment != "demo":
        raise NotFound
    _measure(service)
    return Response(service.metrics.render(), media_type="text/plain; version=0.0.4")


def _measure(service: Service) -> None:
    with service.database.snapshot() as db:
        tiers = dict(
            db.execute(
                select(Case.urgency, func.count())
                .where(Case.state.in_(LIVE_STATES))
                .group_by(Case.urgency)
            ).all()
        )
        states = dict(db.execute(select(Job.state, func.count()).group_by(Job.state)).all())
    for tier in range(4):
        service.metrics.open_cases.labels(str(tier)).set(tiers.get(tier, 0))
    for state in ("queued", "running", "failed"):
        service.metrics.jobs.labels(state).set(states.get(state, 0))
