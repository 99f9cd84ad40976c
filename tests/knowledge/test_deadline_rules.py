"""Rules about deadlines: shipped disabled, and used once a named person has verified them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from app.errors import BadRequest
from app.knowledge.deadline_rules import RuleFacts, check_rule, read_shipped_rules
from app.knowledge.deadlines import TRIGGERS
from tests.service import CALLER, House, refusal


def test_every_shipped_rule_is_disabled_and_has_its_source() -> None:
    seeds = read_shipped_rules()
    assert len(seeds) == len({seed.code for seed in seeds}) == 14
    for seed in seeds:
        assert (seed.enabled, seed.verified_by, seed.verified_on) == (False, None, None)
        assert (seed.source_url or "").startswith("https://")
        assert seed.trigger in TRIGGERS


NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
OWN = RuleFacts(
    code="own",
    jurisdiction="CA",
    trigger="hearing",
    offset=0,
    unit="days",
    verified_by="Me L. Roy",
    verified_on=date(2026, 1, 10),
    enabled=True,
)


def test_a_rule_that_a_named_person_verified_is_used() -> None:
    check_rule(OWN, NOW)
    check_rule(replace(OWN, review_by=date(2026, 1, 14), verified_on=date(2026, 1, 16)), NOW)
    check_rule(replace(OWN, enabled=False, verified_by=None, verified_on=None), NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"verified_by": None},
        {"verified_by": " "},
        {"verified_on": None},
        {"verified_on": date(2026, 3, 1)},
        {"review_by": date(2026, 1, 13)},
        {"trigger": "full_moon"},
        {"unit": "fortnights"},
        {"offset": -1},
        {"offset": 3651},
        {"warn_at": (400,)},
        {"received_by": "pigeon"},
    ],
)
def test_a_rule_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        check_rule(replace(OWN, **wrong), NOW)


def put(house: House, **changes: Any) -> Any:
    crane = house.as_("crane")
    [known] = [
        item
        for item in crane.get("/v1/deadline-rules").json()["items"]
        if item["code"] == "ca-prra-application-by-hand"
    ]
    return crane.put("/v1/deadline-rules", {"items": [{**known, **changes}]})


VERIFIED = {"enabled": True, "verified_by": "Me L. Roy", "verified_on": "2026-01-10"}


@pytest.mark.parametrize(
    "changes",
    [
        {"enabled": True},
        {"trigger": "full_moon"},
        {"unit": "fortnights"},
        {"offset": -1},
        {"warn_at": [400]},
        {"received_by": "pigeon"},
        {"code": "no spaces, please"},
    ],
)
def test_a_rule_needs_a_name_and_a_day_before_it_is_used(
    shared_house: House, changes: dict[str, Any]
) -> None:
    assert refusal(put(shared_house, **changes)) == (400, "bad-request")


def test_an_organisation_adds_its_own_rule_and_nobodys_is_overwritten(shared_house: House) -> None:
    own = {"code": "own", "jurisdiction": "CA", "trigger": "hearing", "offset": 0, "unit": "days"}
    crane = shared_house.as_("crane")
    before = len(crane.get("/v1/deadline-rules").json()["items"])
    items = crane.put("/v1/deadline-rules", {"items": [own]}).json()["items"]
    assert len(items) == before + 1
    twice = crane.put("/v1/deadline-rules", {"items": [own, own]})
    assert refusal(twice) == (400, "bad-request")
    assert put(shared_house, version=9).status_code == 412


@pytest.fixture
def case_with_a_deadline(shared_house: House) -> Iterator[dict[str, Any]]:
    assert put(shared_house, **VERIFIED).status_code == 200
    case = shared_house.case_of("hello")
    heron = shared_house.as_("heron")
    version = heron.get(f"/v1/cases/{case['id']}").headers["etag"]
    fields = {"fields": {"received_on": "2026-01-12 by hand"}}
    heron.patch(f"/v1/cases/{case['id']}", fields, version=version)
    yield shared_house.read(case["id"])
    heron.post(f"/v1/cases/{case['id']}/erase")


def test_the_desk_sees_it_as_possible_and_is_told_to_ask(
    case_with_a_deadline: dict[str, Any],
) -> None:
    [found] = case_with_a_deadline["possible_deadlines"]
    assert (found["on"], found["trigger"]) == ("2026-01-27", "prra_notice")
    assert found["note"] == "possible deadline – ask a lawyer"


# -- never in a text


def test_no_text_that_goes_out_holds_a_date(
    shared_house: House, case_with_a_deadline: dict[str, Any]
) -> None:
    case_id, heron = case_with_a_deadline["id"], shared_house.as_("heron")
    said = {"scope": "contact", "granted": True, "methods": ["text"], "hours": ["any"]}
    heron.post(f"/v1/cases/{case_id}/consents", said)
    starts_at = (shared_house.clock() + timedelta(days=1, hours=1)).isoformat()
    heron.post(f"/v1/cases/{case_id}/events", {"kind": "hearing", "starts_at": starts_at})
    shared_house.advance(hours=2)
    sent = shared_house.phone(CALLER).inbox()
    assert sent[-1].startswith("Call when you can.")
    assert not [text for text in sent if re.search(r"27|jan|2026", text, re.IGNORECASE)]
