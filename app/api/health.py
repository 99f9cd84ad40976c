"""Alive, ready, measured."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import SQLAlchemyError

from app.api.deps import ServiceDep
from app.api.state import Service
from app.errors import NotFound
from app.operations import (
    CONTENT_TYPE,
    is_carrier_refusing,
    is_worker_alive,
    may_read_metrics,
    measure_service,
)

router = APIRouter(tags=["health"])
_NOT_READY = {
    ("database", "away"),
    ("database", "read-only"),
    ("key", "sealed"),
    ("worker", "stopped"),
    ("carrier", "refusing"),
}


@router.get("/healthz")
def alive() -> dict[str, str]:
    """Answer while the process lives."""
    return {"status": "ok"}


@router.get("/readyz")
def ready(service: ServiceDep) -> Response:
    """Answer 200 when texts are taken in and the desk can work, else 503 with what is missing."""
    parts = examine(service)
    missing = parts.items() & _NOT_READY
    return JSONResponse(parts, 503 if missing else 200, {"Cache-Control": "no-store"})


def examine(service: Service) -> dict[str, str]:
    """Return the state of the database, the operational key, the worker and the carrier."""
    keys = service.database.keys
    return {
        "database": service.probe.state(service.database, service.clock()),
        "key": "open" if keys and keys.is_open else "sealed",
        **_worker_and_carrier(service),
    }


def _worker_and_carrier(service: Service) -> dict[str, str]:
    """Return how worker and carrier do; what cannot be looked up is not known to do well."""
    alive = service.worker_alive is None or service.worker_alive()
    try:
        with service.database.snapshot() as db:
            if service.worker_alive is None:
                alive = is_worker_alive(db, service.clock())
            refuses = is_carrier_refusing(db)
    except (SQLAlchemyError, OSError):
        alive, refuses = alive and service.worker_alive is not None, False
    carrier = "configured" if service.settings.twilio_account_sid else "missing"
    return {
        "worker": "running" if alive else "stopped",
        "carrier": "refusing" if refuses else carrier,
    }


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request, service: ServiceDep) -> Response:
    """Return Prometheus metrics to whoever holds KITH_METRICS_TOKEN (in the demo, to anybody)."""
    authorization = request.headers.get("authorization", "")
    demo = service.settings.environment == "demo"
    if not may_read_metrics(authorization, service.settings.metrics_token, demo=demo):
        raise NotFound
    measured = measure_service(service.database, service.settings.data_dir, service.clock())
    return Response(service.metrics.render(measured), media_type=CONTENT_TYPE)
