"""Numbers for the operator: counts and times, never a personal label."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


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
        self.open_cases = Gauge(
            "kith_open_cases", "Live cases by tier", ["tier"], registry=self.registry
        )
        self.jobs = Gauge("kith_jobs", "Jobs by state", ["state"], registry=self.registry)

    def render(self) -> bytes:
        """Return the exposition text."""
        return generate_latest(self.registry)
