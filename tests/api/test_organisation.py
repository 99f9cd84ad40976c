"""Settings, texts, and the audit log."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.service import House, refusal


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


class TestSettings:
    def test_a_new_house_has_the_usual_ones(self, shared_house: House) -> None:
        answer = shared_house.as_("crane").get("/v1/settings")
        settings = answer.json()
        assert set(settings) >= {"name", "regions", "fields", "languages"}
        assert {"montreal", "laval", "quebec", "ottawa", "toronto", "vancouver", "other"} == set(
            settings["regions"]
        )
        assert {"subject_name", "held_at", "notes_legal"} <= set(settings["fields"])
        assert settings["languages"] == ["en", "fr", "es", "ht"]
        assert answer.headers["etag"]

    def test_what_is_given_is_replaced_and_the_rest_stays(self, house: House) -> None:
        crane = house.as_("crane")
        before = crane.get("/v1/settings")
        changes = {"regions": ["sherbrooke", "other"]}
        answer = crane.put("/v1/settings", changes)
        assert answer.status_code == 200
        assert answer.json() == {**before.json(), **changes}
        assert crane.get("/v1/settings").json() == answer.json()
        assert crane.get("/v1/settings").headers["etag"] == answer.headers["etag"]

    def test_a_change_of_the_list_counts_at_once(self, house: House) -> None:
        house.as_("crane").put("/v1/settings", {"fields": ["shoe_size"]})
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        heron = house.as_("heron")
        taken = heron.post("/v1/cases", {**given, "fields": {"shoe_size": "41"}})
        refused = heron.post("/v1/cases", {**given, "fields": {"held_at": "Laval"}})
        assert taken.status_code == 201
        assert refusal(refused) == (400, "bad-request")

    def test_of_two_who_read_the_same_only_the_first_changes(self, house: House) -> None:
        crane, wren = house.as_("crane"), house.as_("wren")
        headers = {"If-Match": crane.get("/v1/settings").headers["etag"]}
        assert crane.put("/v1/settings", {"name": "A"}, headers=headers).status_code == 200
        stale = wren.put("/v1/settings", {"name": "B"}, headers=headers)
        assert refusal(stale) == (412, "stale-version")

    @pytest.mark.parametrize(
        "changes",
        [
            {"regions": []},
            {"regions": ["montreal"]},
            {"regions": ["Montréal", "other"]},
            {"regions": ["a b", "other"]},
            {"fields": ["Legal Name"]},
            {"fields": ["x" * 50]},
            {"name": "x" * 201},
            [],
        ],
    )
    def test_what_cannot_be_is_refused(self, shared_house: House, changes: Any) -> None:
        crane = shared_house.as_("crane")
        before = crane.get("/v1/settings").json()
        assert refusal(crane.put("/v1/settings", changes)) == (400, "bad-request")
        assert crane.get("/v1/settings").json() == before


class TestTexts:
    def test_a_coordinator_sees_what_nobody_has_reviewed(self, shared_house: House) -> None:
        answer = shared_house.as_("crane").get("/v1/texts").json()
        assert set(answer) == {"items", "next_cursor"}
        texts = {item["language"]: item for item in answer["items"]}
        assert {"en", "fr", "es", "ht"} <= texts.keys()
        assert texts["ht"]["enabled"]
        assert texts["ht"]["reviewed_by"] is None
        assert texts["ht"]["texts"]["situation"]
        assert not texts["pa"]["offered"]

    def test_a_wording_and_a_review_count_at_once_and_stay_listed(self, house: House) -> None:
        crane = house.as_("crane")
        headers = {"If-Match": crane.get("/v1/texts").headers["etag"]}
        said = {"text": "Thank you.", "reviewed_by": "Ann B."}
        changed = crane.put("/v1/texts/en/thanks", said, headers=headers)
        assert changed.json()["texts"]["thanks"] == "Thank you."
        stale = crane.put("/v1/texts/en/thanks", said, headers=headers)
        assert refusal(stale) == (412, "stale-version")
        order = {"reviewed_by": "Simran K.", "enabled": True}
        answer = crane.put("/v1/texts/pa", order)
        assert answer.json()["offered"]
        assert answer.headers["etag"] == crane.get("/v1/texts").headers["etag"] == '"3"'
        versions = crane.get("/v1/texts/pa/versions").json()["items"]
        assert [one["version"] for one in versions] == [3, 2]
        assert versions[1]["author"] == str(house.residents["crane"].id)

    @pytest.mark.parametrize(
        ("path", "body", "status"),
        [
            ("en/thanks", {"text": "The police"}, 400),
            ("en/thanks", {}, 400),
            ("und/greeting", {"text": "Hi."}, 400),
            ("en/nothing", {"text": "Hi."}, 404),
            ("pa", {"enabled": True}, 400),
            ("pa", {}, 400),
            ("xx", {"enabled": True}, 404),
        ],
    )
    def test_a_text_that_cannot_be_is_refused(
        self, shared_house: House, path: str, body: Any, status: int
    ) -> None:
        assert shared_house.as_("crane").put(f"/v1/texts/{path}", body).status_code == status


class TestAudit:
    def test_it_tells_who_did_what_to_which_but_nothing_of_it(self, shared_house: House) -> None:
        case_id = shared_house.case_of("a secret word")["id"]
        heron = shared_house.as_("heron")
        heron.post(f"/v1/cases/{case_id}/notes", {"body": "another secret"})
        answer = shared_house.as_("magpie").get("/v1/audit")
        [entry] = [e for e in answer.json()["items"] if e["kind"] == "case.noted"]
        assert set(entry) == {"seq", "at", "kind", "actor", "object", "damaged"}
        assert not entry["damaged"]
        assert entry["actor"] == str(shared_house.residents["heron"].id)
        assert entry["object"] == case_id
        assert "secret" not in answer.text

    def test_newest_first_page_by_page(self, shared_house: House) -> None:
        magpie = shared_house.as_("magpie")
        for _ in range(3):
            shared_house.case_of(number="anonymous")
            shared_house.read(shared_house.queue()[-1]["id"])
        whole = [e["seq"] for e in magpie.get("/v1/audit", params={"limit": 200}).json()["items"]]
        assert whole == sorted(whole, reverse=True)
        paged: list[int] = []
        query: dict[str, Any] = {"limit": 3}
        while True:
            page = magpie.get("/v1/audit", params=query).json()
            paged += [e["seq"] for e in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert paged == whole

    @pytest.mark.parametrize("inside", ["", "-1", "x", "9" * 30, "1/2"])
    def test_a_foreign_cursor_is_refused(self, shared_house: House, inside: str) -> None:
        cursor = base64.urlsafe_b64encode(inside.encode()).decode()
        answer = shared_house.as_("magpie").get("/v1/audit", params={"cursor": cursor})
        assert refusal(answer) == (400, "bad-request")

    @pytest.mark.parametrize(
        ("kind", "deed"),
        [
            ("session.started", lambda house: house.sign_in("owl")),
            ("session.ended", lambda house: house.as_("owl").delete("/v1/sessions/current")),
            (
                "invitation.made",
                lambda house: house.as_("crane").post("/v1/invitations", {"roles": ["legal"]}),
            ),
            (
                "settings.changed",
                lambda house: house.as_("crane").put("/v1/settings", {"name": "x"}),
            ),
        ],
    )
    def test_these_are_written_down(self, shared_house: House, kind: str, deed: Any) -> None:
        assert deed(shared_house).status_code < 300
        newest = shared_house.as_("magpie").get("/v1/audit").json()["items"][0]
        assert newest["kind"] == kind
