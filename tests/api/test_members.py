"""Invitations, members, roles, leaving."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service import PASSPHRASE, Client, House, refusal

MEMBER = {
    "id", "handle", "roles", "state", "archive", "name", "phone", "phone_trouble", "languages",
    "regions", "skills", "weekly_cap", "quiet_hours", "vetted_on", "second_factor",
    "waits_for", "version",
}  # fmt: skip


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def invite(house: House, *roles: str, **more: Any) -> str:
    answer = house.as_("crane").post("/v1/invitations", {"roles": roles or ["dispatcher"], **more})
    assert answer.status_code == 201, answer.text
    code: str = answer.json()["code"]
    return code


def redeem(house: House, code: str, handle: str = "lark", **more: Any) -> Any:
    body = {"code": code, "handle": handle, "passphrase": PASSPHRASE, **more}
    return house.nobody.post("/v1/invitations/redeem", body)


def signed_in(house: House, handle: str) -> Client:
    return Client(house.http, house.sign_in(handle).json()["token"])


def state_of(house: House, handle: str) -> str:
    items = house.as_("crane").get("/v1/members").json()["items"]
    return next(str(item["state"]) for item in items if item["handle"] == handle)


def confirm(house: House, by: str = "wren") -> None:
    """Have a second coordinator confirm what waits."""
    client = house.as_(by)
    [one] = client.get("/v1/confirmations").json()["items"]
    assert client.post(f"/v1/confirmations/{one['id']}/confirm").status_code == 200


class TestJoining:
    def test_a_newcomer_is_told_once_what_to_keep(self, shared_house: House) -> None:
        code = invite(shared_house, "dispatcher", languages=["ht"], regions=["laval"])
        answer = redeem(shared_house, code, "Lark", name="Somebody", phone="+15145550177")
        assert answer.status_code == 201
        joined = answer.json()
        assert set(joined) == {"member", "recovery_code", "totp_uri"}
        assert set(joined["member"]) == MEMBER
        assert joined["totp_uri"].startswith("otpauth://totp/")
        member = joined["member"]
        assert (member["handle"], member["roles"]) == ("lark", [])
        assert member["waits_for"][0]["roles"] == ["dispatcher"]
        assert (member["languages"], member["regions"]) == (["ht"], ["laval"])
        assert member["state"] == "waiting"

    def test_until_a_colleague_comes_there_is_nothing_to_read(self, house: House) -> None:
        case = house.case_of("hello")
        redeem(house, invite(house))
        lark = signed_in(house, "lark")
        assert lark.get("/v1/members/me").json()["state"] == "waiting"
        assert refusal(lark.get("/v1/cases")) == (403, "forbidden")
        assert refusal(lark.get(f"/v1/cases/{case['id']}")) == (404, "not-found")

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_the_next_requests_of_colleagues_let_them_in(self, house: House) -> None:
        case = house.case_of("hello")
        redeem(house, invite(house))
        house.as_("crane").get("/v1/members/me")
        house.as_("heron").get("/v1/members/me")
        confirm(house)
        assert state_of(house, "lark") == "active"
        answer = signed_in(house, "lark").get(f"/v1/cases/{case['id']}")
        assert answer.json()["messages"][0]["body"] == "hello"

    @pytest.mark.parametrize(
        "changes",
        [
            {"code": "ABCDE-ABCDE-ABCDE-ABCDE"},
            {"code": "\x00"},
            {"handle": "heron"},
            {"handle": " HERON "},
            {"handle": "no spaces"},
            {"handle": "-dash"},
            {"handle": "nul\x00"},
            {"passphrase": "too short"},
            {"passphrase": " " * 20},
        ],
    )
    def test_what_cannot_be_is_refused(self, shared_house: House, changes: dict[str, str]) -> None:
        given = {"code": invite(shared_house), "handle": "siskin", "passphrase": PASSPHRASE}
        answer = shared_house.nobody.post("/v1/invitations/redeem", {**given, **changes})
        assert refusal(answer) == (400, "bad-request")
        handles = shared_house.as_("crane").get("/v1/members").json()["items"]
        assert "siskin" not in {item["handle"] for item in handles}

    @pytest.mark.parametrize("roles", [[], ["boss"], ["dispatcher", "boss"], "dispatcher", [1]])
    def test_only_known_roles_can_be_offered(self, shared_house: House, roles: Any) -> None:
        answer = shared_house.as_("crane").post("/v1/invitations", {"roles": roles})
        assert refusal(answer) == (400, "bad-request")


# What no profile holds.
ODD = [
    {"phone": "514 555 0123"},
    {"phone": "my phone"},
    {"phone": "+1514\x005550123"},
    {"languages": ["klingon"]},
    {"languages": ["en", ""]},
    {"regions": ["atlantis"]},
]


class TestProfiles:
    @pytest.mark.parametrize("odd", ODD)
    def test_odd_ones_are_refused_in_a_sentence(
        self, shared_house: House, odd: dict[str, Any]
    ) -> None:
        finch = shared_house.as_("finch")
        answers = [finch.patch("/v1/members/me", odd, version="*")]
        if "phone" in odd:
            answers.append(redeem(shared_house, invite(shared_house), **odd))
        else:
            order = {"roles": ["legal"], **odd}
            answers.append(shared_house.as_("crane").post("/v1/invitations", order))
            path = f"/v1/members/{shared_house.residents['finch'].id}"
            answers.append(shared_house.as_("crane").patch(path, odd, version="*"))
        for answer in answers:
            assert refusal(answer) == (400, "bad-request")

    def test_a_phone_is_kept_as_it_is_dialled_and_a_code_as_its_list_has_it(
        self, shared_house: House
    ) -> None:
        finch = shared_house.as_("finch")
        given = {"phone": "+1 (514) 555-0166", "languages": ["PT-br", "fr", "fr"]}
        kept = finch.patch("/v1/members/me", given, version="*").json()
        assert (kept["phone"], kept["languages"]) == ("+15145550166", ["pt-BR", "fr"])
        assert finch.patch("/v1/members/me", {"phone": ""}, version="*").json()["phone"] is None


class TestOneself:
    def test_one_reads_and_changes_ones_profile(self, shared_house: House) -> None:
        finch = shared_house.as_("finch")
        answer = finch.get("/v1/members/me")
        assert set(answer.json()) == MEMBER
        changes = {"name": "F.", "phone": "+15145550166", "languages": ["ta"], "weekly_cap": 4}
        changed = finch.patch("/v1/members/me", changes, version=answer.headers["etag"])
        assert changed.status_code == 200
        assert changed.headers["etag"] != answer.headers["etag"]
        read = finch.get("/v1/members/me")
        assert read.headers["etag"] == changed.headers["etag"]
        assert {name: read.json()[name] for name in changes} == changes
        assert read.json()["regions"] == ["montreal"]

    def test_nobody_gives_themselves_a_role(self, shared_house: House) -> None:
        finch = shared_house.as_("finch")
        version = finch.get("/v1/members/me").headers["etag"]
        finch.patch("/v1/members/me", {"roles": ["coordinator"]}, version=version)
        assert finch.get("/v1/members/me").json()["roles"] == ["accompanier"]

    def test_a_change_needs_the_version_read(self, shared_house: House) -> None:
        finch = shared_house.as_("finch")
        assert refusal(finch.patch("/v1/members/me", {"name": "x"})) == (428, "version-required")
        stale = finch.patch("/v1/members/me", {"name": "x"}, version='"99"')
        assert refusal(stale) == (412, "stale-version")
        assert stale.headers["etag"] == finch.get("/v1/members/me").headers["etag"]
        odd = finch.patch("/v1/members/me", {"name": "x"}, version="x")
        assert refusal(odd) == (412, "stale-version")

    def test_any_version_will_do_for_who_says_so(self, shared_house: House) -> None:
        finch = shared_house.as_("finch")
        before = finch.get("/v1/members/me").json()["version"]
        changed = finch.patch("/v1/members/me", {"name": f"v{before}"}, version="*")
        assert changed.headers["etag"] == f'"{before + 1}"'

    def test_what_is_so_already_is_no_change(self, shared_house: House) -> None:
        finch, crane = shared_house.as_("finch"), shared_house.as_("crane")
        me = finch.get("/v1/members/me")
        same = {name: me.json()[name] for name in ("name", "languages", "regions", "weekly_cap")}
        unchanged = finch.patch("/v1/members/me", same, version=me.headers["etag"])
        assert unchanged.headers["etag"] == me.headers["etag"]
        path = f"/v1/members/{me.json()['id']}"
        again = {"roles": me.json()["roles"], "skills": me.json()["skills"]}
        answer = crane.patch(path, again, version=me.headers["etag"])
        assert (answer.status_code, answer.headers["etag"]) == (200, me.headers["etag"])


class TestCoordinating:
    def change(self, house: House, handle: str, by: str = "crane", **changes: Any) -> Any:
        client, path = house.as_(by), f"/v1/members/{house.residents[handle].id}"
        version = client.get(path).headers["etag"]
        return client.patch(path, changes, version=version)

    def test_members_are_listed_by_name(self, shared_house: House) -> None:
        answer = shared_house.as_("crane").get("/v1/members").json()
        assert set(answer) == {"items", "next_cursor", "damaged"}
        assert answer["damaged"] == []
        handles = [item["handle"] for item in answer["items"]]
        assert handles == sorted(handles)
        assert set(answer["items"][0]) == MEMBER

    def test_profile_and_skills_are_the_coordinators_to_change(self, shared_house: House) -> None:
        changes: dict[str, Any] = {"skills": ["court"], "weekly_cap": 3, "vetted_on": "2026-01-10"}
        answer = self.change(shared_house, "finch", **changes)
        assert answer.status_code == 200
        assert {name: answer.json()[name] for name in changes} == changes

    def test_a_change_needs_the_version_read(self, shared_house: House) -> None:
        crane, path = shared_house.as_("crane"), f"/v1/members/{shared_house.residents['owl'].id}"
        assert refusal(crane.patch(path, {"skills": []})) == (428, "version-required")
        stale = crane.patch(path, {"skills": []}, version='"77"')
        assert refusal(stale) == (412, "stale-version")
        assert stale.headers["etag"] == crane.get(path).headers["etag"]

    def test_who_becomes_a_dispatcher_reads_once_a_colleague_came(self, house: House) -> None:
        case = house.case_of("hello")
        self.change(house, "finch", "wren", roles=["dispatcher"])
        confirm(house, "crane")
        assert state_of(house, "finch") == "joining", "crane has no key of the desk"
        finch = house.as_("finch")
        assert refusal(finch.get(f"/v1/cases/{case['id']}")) == (403, "forbidden")
        house.as_("plover").get("/v1/members/me")
        assert finch.get(f"/v1/cases/{case['id']}").status_code == 200

    def test_who_leaves_the_desk_reads_nothing_more(self, house: House) -> None:
        case = house.case_of("hello")
        assert self.change(house, "plover", roles=["accompanier"]).status_code == 200
        plover = house.as_("plover")
        assert refusal(plover.get("/v1/cases")) == (403, "forbidden")
        assert refusal(plover.get(f"/v1/cases/{case['id']}")) == (404, "not-found")
        assert len(house.read(case["id"])["messages"]) == 2, "the others still do"

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_who_is_removed_is_out_at_once(self, house: House) -> None:
        plover = house.as_("plover")
        plover_id = house.residents["plover"].id
        assert house.as_("crane").delete(f"/v1/members/{plover_id}").status_code == 204
        assert refusal(plover.get("/v1/members/me")) == (401, "unauthenticated")
        assert refusal(house.sign_in("plover")) == (401, "unauthenticated")
        again = house.as_("crane").delete(f"/v1/members/{plover_id}")
        assert refusal(again) == (404, "not-found")
        handles = house.as_("crane").get("/v1/members").json()["items"]
        assert "plover" not in {item["handle"] for item in handles}

    def test_removing_needs_no_key_of_the_desk_and_the_desk_reads_on(self, house: House) -> None:
        case = house.case_of("before")
        plover = house.residents["plover"].id
        assert house.as_("crane").delete(f"/v1/members/{plover}").status_code == 204
        house.phone().says("after")
        bodies = [m["body"] for m in house.read(case["id"])["messages"]]
        assert {"before", "after"} <= set(bodies)

    def test_nobody_there_is_not_found(self, shared_house: House) -> None:
        path = "/v1/members/00000000-0000-4000-8000-000000000000"
        crane = shared_house.as_("crane")
        answers = [crane.get(path), crane.patch(path, {}, version='"1"'), crane.delete(path)]
        assert {refusal(answer) for answer in answers} == {(404, "not-found")}
        assert refusal(crane.get("/v1/members/heron")) == (400, "bad-request")
