"""The directory: kept by the desk and the coordinators, found by kind and region."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service import Client, House, refusal

LAWYER = {"kind": "lawyer", "name": "M. Tremblay", "phone": "+15145550142", "region": "montreal"}


@pytest.fixture
def heron(shared_house: House) -> Client:
    return shared_house.as_("heron")


def test_an_entry_is_added_found_changed_and_removed(heron: Client) -> None:
    added = heron.post("/v1/directory", {**LAWYER, "languages": ["fr", "es", "fr"]})
    assert added.status_code == 201, added.text
    entry = added.json()
    assert entry["languages"] == ["es", "fr"]
    heron.post("/v1/directory", {"kind": "clinic", "name": "Clinic", "region": "laval"})

    def names(**query: str) -> list[str]:
        items = heron.get("/v1/directory", params=query).json()["items"]
        return [item["name"] for item in items]

    assert names() == ["Clinic", "M. Tremblay"]
    assert names(kind="lawyer") == names(region="montreal") == ["M. Tremblay"]
    path = f"/v1/directory/{entry['id']}"
    changed = heron.patch(path, {"hours": "9-17"}, version=added.headers["etag"]).json()
    assert (changed["hours"], changed["phone"]) == ("9-17", "+15145550142")
    assert heron.get(path).json() == changed
    assert refusal(heron.patch(path, {"hours": "x"}, version='"1"')) == (412, "stale-version")
    assert heron.delete(path).status_code == 204
    assert refusal(heron.get(path)) == (404, "not-found")
    assert refusal(heron.delete(path)) == (404, "not-found")


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "friend"},
        {"name": " "},
        {"region": "atlantis"},
        {"languages": ["klingon"]},
        {"notes": "x" * 2001},
    ],
)
def test_what_cannot_be_is_refused(heron: Client, changes: dict[str, Any]) -> None:
    answer = heron.post("/v1/directory", {**LAWYER, **changes})
    assert refusal(answer) == (400, "bad-request")
