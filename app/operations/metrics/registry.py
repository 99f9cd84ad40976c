"""Numbers for the operator: counts and times, never a label that points at a person.

``Metrics`` counts as things happen and costs them next to nothing; ``measures`` looks into the
database when the operator asks; ``worker_server`` answers for a worker that is a process of its
own.
"""

from __future__ import annotations

import hmac
import math
import time
from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import Metric
from pydantic import SecretStr

from app import __version__
from app.telephony import CarrierError

CONTENT_TYPE = "text/plain; version=0.0.4"


class TurningLoop(Protocol):
    """Something with a loop."""

    @property
    def last_loop(self) -> float | None:
        """When it last turned, by ``time.monotonic``; None before it first did."""


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.webhooks = Counter(
            "kith_webhooks",
            "Webhooks by kind and result",
            ["kind", "result"],
            registry=self.registry,
        )
        self.webhook_seconds = Histogram(
            "kith_webhook_seconds",
            "From the request to its commit",
            registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
        )
        self.sign_ins = Counter(
            "kith_sign_ins", "Sign-ins by result", ["result"], registry=self.registry
        )
        self._carrier_errors = Counter(
            "kith_carrier_errors",
            "Requests that the carrier did not fulfil, by kind",
            ["kind"],
            registry=self.registry,
        )
        build = Gauge("kith_build_info", "Always 1", ["version"], registry=self.registry)
        build.labels(__version__).set(1)

    def carrier_failed(self, error: CarrierError) -> None:
        """Count a request to the carrier: by the name we give its error, never by its words."""
        self._carrier_errors.labels(type(error).__name__).inc()

    def watch(self, worker: TurningLoop) -> None:
        """Tell of the worker in this process; without one the metric is absent, not zero."""
        age = Gauge(
            "kith_worker_loop_age_seconds",
            "Seconds since the worker of this process looked for work; NaN before it first did",
            registry=self.registry,
        )
        age.set_function(lambda: _age(worker.last_loop))

    def render(self, measured: list[Metric] | None = None) -> bytes:
        """Return the exposition text, with what was ``measured`` for it."""
        return generate_latest(self.registry) + _text(measured or [])


def _age(instant: float | None) -> float:
    return math.nan if instant is None else time.monotonic() - instant


class _Given:
    """Lets finished metrics pass for a collector."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> list[Metric]:
        return self._metrics


def _text(measured: list[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Given(measured))
    return generate_latest(registry)


def may_read_metrics(authorization: str, token: SecretStr | None, *, demo: bool) -> bool:
    """Whether a request with this ``Authorization`` header may see metrics.

    Without ``KITH_METRICS_TOKEN`` nobody may, but for the demo, where everybody may.
    """
    if token is None or not token.get_secret_value():
        return demo
    given = authorization.removeprefix("Bearer ").strip()
    return hmac.compare_digest(given.encode(), token.get_secret_value().encode())
