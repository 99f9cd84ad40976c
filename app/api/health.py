"""Alive, ready, measured."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app.api.deps import ServiceDep
from app.api.state import Service
from app.errors import NotFound
from app.metrics import CONTENT_TYPE, may_read
from app.metrics.measuring import measure

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
    authorization = request.headers.get("authorization", "")
    demo = service.settings.environment == "demo"
    if not may_read(authorization, service.settings.metrics_token, demo=demo):
        raise NotFound
    measured = measure(service.database, service.settings.data_dir, service.clock())
    return Response(service.metrics.render(measured), media_type=CONTENT_TYPE)
