"""The published reference against the service: requests made from it, sensible and otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.clock import FixedClock
from tests.service import Blueprint, House, opened, start_of_time

CHECKS: list[Any] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Each of these works on a passphrase, which is slow on purpose.
SLOW = {"POST /v1/sessions", "POST /v1/sessions/recover", "POST /v1/invitations/redeem"}
HANDLES = ("wren", "heron")
bounded = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def busy_house(
    postgresql_blueprint: Blueprint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[House]:
    """On PostgreSQL, which minds more of what one may write."""
    folder, clock = tmp_path_factory.mktemp("reference"), FixedClock(start_of_time())
    with opened(postgresql_blueprint, folder, clock) as house:
        yield house


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_nothing_made_from_the_reference_breaks_the_service(
    busy_house: House, mode: GenerationMode
) -> None:
    reference = from_dict(busy_house.nobody.get("/v1/openapi.json").json())
    tokens = {handle: busy_house.as_(handle).token for handle in HANDLES}
    for found in reference.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        takes_nothing = not (operation.query or operation.path_parameters or operation.body)
        if operation.label in SLOW or (takes_nothing and mode is GenerationMode.NEGATIVE):
            continue
        _ask(busy_house, operation, mode, tokens)
        if "/v1/sessions" in operation.label:  # which may have ended them
            tokens = {handle: busy_house.as_(handle).token for handle in HANDLES}


def _ask(
    house: House, operation: Any, mode: GenerationMode, tokens: Mapping[str, str | None]
) -> None:
    known = {"member_id": str(house.residents["finch"].id)}
    if "{case_id}" in operation.label:
        known["case_id"] = _a_case(house)

    # The first of each is what Hypothesis begins with.
    @bounded
    @given(
        case=operation.as_strategy(generation_mode=mode),
        existing=st.sampled_from([True, False]),
        handle=st.sampled_from(HANDLES),
    )
    def ask(case: Any, existing: bool, handle: str) -> None:
        if existing:
            for name in known.keys() & (case.path_parameters or {}).keys():
                case.path_parameters[name] = known[name]
        headers = {"Authorization": f"Bearer {tokens[handle]}"}
        case.call_and_validate(base_url=house.url, headers=headers, checks=CHECKS)

    ask()


def _a_case(house: House) -> str:
    given_case = {"channel": "manual", "situation": "other", "urgency": 3}
    case_id: str = house.as_("heron").post("/v1/cases", given_case).json()["id"]
    return case_id
