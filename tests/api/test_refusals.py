"""How the service says no: one form, a sentence, and never what was sent."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from app.api.errors import STATUS
from app.errors import Refusal
from tests.service import House, refusal

CANARY = "canary-7f3a"

# As the published contract has them.
SLUGS = {
    400: "bad-request", 401: "unauthenticated",
    403: "forbidden unsafe-method outside-safe-hours consent-missing number-suppressed",
    404: "not-found",
    409: "offer-taken offer-expired case-closed last-key-holder budget-spent not-releasable "
    "idempotency-mismatch",
    410: "case-erased", 412: "stale-version", 413: "payload-too-large", 428: "version-required",
    429: "throttled", 502: "carrier-unavailable", 503: "sealed",
}  # fmt: skip


def test_every_slug_has_its_status() -> None:
    assert {slug: status for status, slugs in SLUGS.items() for slug in slugs.split()} == STATUS


def test_every_refusal_has_a_known_slug_and_a_sentence() -> None:
    for kind in _all(Refusal):
        assert kind.slug in STATUS
        assert (kind.__doc__ or "").strip().endswith(".")


def _all(kind: type[Refusal]) -> list[type[Refusal]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _all(child))]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing-here", 404),
        ("DELETE", "/v1/cases", 405),
        ("PUT", "/v1/sessions", 405),
    ],
)
def test_what_is_not_there_is_refused_in_the_same_form(
    shared_house: House, method: str, path: str, status: int
) -> None:
    answer = shared_house.as_("heron").request(method, path)
    assert refusal(answer)[0] == status


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/cases", "GET, HEAD, POST"),
        ("PUT", f"/v1/cases/{UUID(int=1)}", "GET, HEAD, PATCH"),
        ("GET", "/v1/invitations/redeem", "POST"),
        ("HEAD", "/v1/invitations", "POST"),
        ("GET", "/twilio/messages", "POST"),
    ],
)
def test_a_method_that_is_not_there_is_told_which_are(
    shared_house: House, method: str, path: str, allowed: str
) -> None:
    answer = shared_house.as_("heron").request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
    if method != "HEAD":
        assert answer.json()["type"] == "urn:kith:bad-request"


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/v1/cases", "/v1/openapi.json"])
def test_what_can_be_got_can_be_asked_for_its_head(shared_house: House, path: str) -> None:
    heron = shared_house.as_("heron")
    whole, head = heron.get(path), heron.request("HEAD", path)
    assert (head.status_code, head.content) == (whole.status_code, b"")
    assert head.headers["content-type"] == whole.headers["content-type"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{", "application/json"),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b'{"body": NaN}', "application/json"),
        (f'{{"body": ["{CANARY}"]}}'.encode(), "application/json"),
        (f"body={CANARY}".encode(), "application/x-www-form-urlencoded"),
        (f"<body>{CANARY}</body>".encode(), "text/xml"),
        (b"", "application/json"),
    ],
)
def test_what_is_not_understood_is_not_repeated(
    shared_house: House, content: bytes, kind: str
) -> None:
    heron = shared_house.as_("heron")
    case = heron.post("/v1/cases", {"channel": "manual", "situation": "other", "urgency": 3})
    path = f"/v1/cases/{case.json()['id']}/notes"
    answer = heron.post(path, content=content, headers={"Content-Type": kind})
    assert refusal(answer) == (400, "bad-request")
    assert CANARY not in answer.text


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/sessions", {"handle": CANARY, "passphrase": {CANARY: CANARY}}),
        ("/v1/sessions", {"handle": CANARY, "passphrase": CANARY}),
        ("/v1/cases", {"channel": CANARY, CANARY: CANARY}),
        ("/v1/cases", {"channel": "manual", "situation": CANARY, "urgency": 1}),
        ("/v1/invitations", {"roles": [CANARY]}),
        ("/v1/cases/" + CANARY + "/claim", {}),
    ],
)
def test_no_refusal_repeats_what_was_sent(shared_house: House, path: str, body: Any) -> None:
    answer = shared_house.as_("wren").post(path, body)
    assert answer.status_code >= 400
    assert CANARY not in answer.text + str(answer.headers)


def test_a_body_over_a_megabyte_is_too_large(shared_house: House) -> None:
    heron, size = shared_house.as_("heron"), 1024 * 1024 + 1
    whole = heron.post("/v1/cases", {"channel": "x" * size})
    assert refusal(whole) == (413, "payload-too-large")
    pieces = heron.post("/v1/cases", content=iter([b" " * (size // 4)] * 5))
    assert refusal(pieces) == (413, "payload-too-large")
