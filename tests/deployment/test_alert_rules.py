"""Alert rules speak of metrics and runbooks that exist."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # ships no types
from prometheus_client.parser import text_string_to_metric_families

from tests.deployment.conftest import text
from tests.service import House

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load(text("deploy/prometheus-alerts.yml"))["groups"]
    for rule in group["rules"]
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])


@pytest.fixture(scope="module")
def samples(shared_house: House) -> dict[str, set[tuple[str, str]]]:
    """The names of what a busy service shows, with the labels each has."""
    shared_house.network.faults("api-21611")
    shared_house.case_of("hello")
    shared_house.sign_in("heron")
    found: dict[str, set[tuple[str, str]]] = {}
    for family in text_string_to_metric_families(shared_house.nobody.get("/metrics").text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels.items())
    # Absent until there is an archive, which is what its rule is about.
    return found | {"kith_backup_age_seconds": set()}


@each_rule
def test_it_names_metrics_that_exist(
    rule: dict[str, Any], samples: dict[str, set[tuple[str, str]]]
) -> None:
    named = set(re.findall(r"\bkith_\w+", rule["expr"]))
    assert named <= set(samples)
    assert named or "up{" in rule["expr"]


@each_rule
def test_it_chooses_by_labels_that_exist(
    rule: dict[str, Any], samples: dict[str, set[tuple[str, str]]]
) -> None:
    for name, chosen in re.findall(r"\b(kith_\w+)\{([^}]*)\}", rule["expr"]):
        for label, value in re.findall(r'(\w+)(?:=~|!=|=)"([^"]*)"', chosen):
            assert label in {key for key, _ in samples[name]}
            if label in {"tier", "state"}:
                assert {(label, one) for one in value.split("|")} <= samples[name]


@each_rule
def test_it_leads_to_a_runbook(rule: dict[str, Any]) -> None:
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.*)$", text(page), re.MULTILINE)
    assert anchor in {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    assert rule["annotations"]["summary"].strip().endswith(".")
    assert rule["labels"]["severity"] in {"page", "ticket"}
