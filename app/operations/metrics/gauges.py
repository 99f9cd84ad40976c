"""Gauges: a name, what it says, and a number."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client.core import GaugeMetricFamily, Metric


def make_gauge(name: str, says: str, value: float) -> Metric:
    """Return a gauge of one number."""
    return GaugeMetricFamily(name, says, value)


def make_gauge_by(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return a gauge with a number for each value of a label."""
    family = GaugeMetricFamily(name, says, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
