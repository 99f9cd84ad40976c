"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.crypto.passphrases import new_token
from tests.service import PASSPHRASE, House, refusal

REFUSED = (401, "unauthenticated")
Open = Callable[..., House]
BOTH = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])


@pytest.fixture
def database_kind() -> str:
    return "sqlite"


def sign_in(house: House, handle: str = "heron", **changes: Any) -> Any:
    body = {"handle": handle, "passphrase": PASSPHRASE, **changes}
    return house.nobody.post("/v1/sessions", body)


def whoever_holds(house: House, token: str) -> Any:
    return house.nobody.get("/v1/sessions", headers={"Authorization": f"Bearer {token}"})


class TestSigningIn:
    @BOTH
    def test_it_tells_the_token_its_end_and_who_one_is(self, house: House) -> None:
        answer = sign_in(house)
        assert answer.status_code == 201
        assert answer.headers["cache-control"] == "no-store"
        signed_in = answer.json()
        assert set(signed_in) == {"token", "expires_at", "member", "refused_codes"}
        assert datetime.fromisoformat(signed_in["expires_at"]) == house.clock() + timedelta(
            hours=12
        )
        heron = str(house.residents["heron"].id)
        assert signed_in["member"] == {"id": heron, "handle": "heron", "roles": ["dispatcher"]}
        assert whoever_holds(house, signed_in["token"]).status_code == 200

    def test_there_is_one_refusal_for_every_cause(self, shared_house: House) -> None:
        answers = [
            sign_in(shared_house, passphrase="not the right one"),
            sign_in(shared_house, "nobody-of-that-name"),
            sign_in(shared_house, "no such\x00handle"),
            sign_in(shared_house, code="000000"),
            shared_house.nobody.get("/v1/sessions"),
            whoever_holds(shared_house, new_token()),
        ]
        assert {refusal(answer) for answer in answers} == {REFUSED}
        assert len({answer.text for answer in answers}) == 1
        assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"handle": "heron"},
            {"handle": "heron", "passphrase": ""},
            {"handle": "heron", "passphrase": ["x"]},
            {"handle": "h" * 65, "passphrase": PASSPHRASE},
            [],
            "heron",
        ],
    )
    def test_what_is_no_sign_in_is_said_to_be_none(self, shared_house: House, body: Any) -> None:
        assert refusal(shared_house.nobody.post("/v1/sessions", body)) == (400, "bad-request")

    @pytest.mark.parametrize(
        ("name", "expected"), [("handle", (400, "bad-request")), ("passphrase", REFUSED)]
    )
    def test_half_a_character_opens_nothing(
        self, shared_house: House, name: str, expected: tuple[int, str]
    ) -> None:
        given = {"handle": "heron", "passphrase": PASSPHRASE, name: "\ud83d without the rest"}
        headers = {"Content-Type": "application/json"}
        answer = shared_house.nobody.post(
            "/v1/sessions", content=json.dumps(given), headers=headers
        )
        assert refusal(answer) == expected


class TestTokens:
    @pytest.mark.parametrize(
        "authorization",
        ["Bearer", "Bearer x y", "Basic aGVyb246eA==", "Bearer \xe9\xe9", "token"],
    )
    def test_a_wrong_one_is_nobodys(self, shared_house: House, authorization: str) -> None:
        headers = {"Authorization": authorization.encode("latin-1")}
        assert refusal(shared_house.nobody.get("/v1/cases", headers=headers)) == REFUSED

    def test_one_in_the_address_is_not_looked_at(self, shared_house: House) -> None:
        token = sign_in(shared_house).json()["token"]
        answer = shared_house.nobody.get("/v1/sessions", params={"token": token})
        assert refusal(answer) == REFUSED

    def test_one_of_another_house_is_nobodys(self, house: House, shared_house: House) -> None:
        foreign = sign_in(shared_house).json()["token"]
        assert refusal(whoever_holds(house, foreign)) == REFUSED

    @BOTH
    def test_it_ends_with_signing_out(self, house: House) -> None:
        heron, other = house.as_("heron"), house.as_("heron")
        assert heron.delete("/v1/sessions/current").status_code == 204
        assert refusal(heron.get("/v1/sessions")) == REFUSED
        assert other.get("/v1/sessions").status_code == 200


class TestOwnSessions:
    def test_one_sees_where_one_is_signed_in(self, house: House) -> None:
        house.as_("heron")
        house.clock.advance(timedelta(minutes=1))
        here = house.as_("heron")
        house.as_("plover")
        answer = here.get("/v1/sessions").json()
        assert set(answer) == {"items", "next_cursor"}
        assert [session["current"] for session in answer["items"]] == [True, False]
        names = {"id", "created_at", "last_used_at", "expires_at", "current"}
        assert set(answer["items"][0]) == names

    @BOTH
    def test_one_ends_another_of_ones_own(self, house: House) -> None:
        lost, here = house.as_("heron"), house.as_("heron")
        [session] = [s for s in here.get("/v1/sessions").json()["items"] if not s["current"]]
        assert here.delete(f"/v1/sessions/{session['id']}").status_code == 204
        assert refusal(lost.get("/v1/sessions")) == REFUSED

    def test_nobody_elses_can_be_ended(self, shared_house: House) -> None:
        plover = shared_house.as_("plover")
        [theirs] = plover.get("/v1/sessions").json()["items"]
        answer = shared_house.as_("heron").delete(f"/v1/sessions/{theirs['id']}")
        assert refusal(answer) == (404, "not-found")
        assert plover.get("/v1/sessions").status_code == 200


class TestGuessing:
    def test_a_name_has_to_wait_after_five_wrong_tries(self, house: House) -> None:
        for _ in range(5):
            assert refusal(sign_in(house, passphrase="wrong " * 3)) == REFUSED
        answer = sign_in(house)
        assert refusal(answer) == (429, "throttled")
        assert int(answer.headers["retry-after"]) >= 1

    def test_a_full_queue_says_come_back(self, house: House) -> None:
        places = house.service.door._strangers._queue
        while places.acquire(blocking=False):
            pass
        answer = sign_in(house)
        assert refusal(answer) == (503, "throttled")
        assert int(answer.headers["retry-after"]) >= 1
        places.release()
        assert sign_in(house).status_code == 201


class TestSecondFactor:
    def test_where_it_is_required_nobody_gets_in_without(self, open_house: Open) -> None:
        house = open_house(require_mfa=True)
        assert refusal(sign_in(house)) == REFUSED
        code = house.residents["heron"].totp_code(house.clock())
        assert sign_in(house, code=code).status_code == 201

    def test_once_confirmed_it_is_asked_for_even_where_not_required(self, house: House) -> None:
        heron = house.residents["heron"]
        client = house.as_("heron")
        wrong = client.post("/v1/members/me/totp", {"code": "12345"})
        assert refusal(wrong) == (400, "bad-request")
        assert sign_in(house).status_code == 201
        code = heron.totp_code(house.clock())
        assert client.post("/v1/members/me/totp", {"code": code}).status_code == 204
        assert refusal(sign_in(house)) == REFUSED
        assert refusal(sign_in(house, code=code)) == REFUSED, "confirming used the code up"
        house.clock.advance(timedelta(seconds=30))
        assert sign_in(house, code=heron.totp_code(house.clock())).status_code == 201


class TestRecovery:
    NEW = "another four words altogether"

    def recover(self, house: House, **changes: str) -> Any:
        code = house.residents["heron"].recovery_code
        body = {"handle": "heron", "recovery_code": code, "new_passphrase": self.NEW, **changes}
        return house.nobody.post("/v1/sessions/recover", body)

    def test_the_printed_code_gives_a_new_passphrase(self, house: House) -> None:
        assert self.recover(house).status_code == 200
        assert refusal(sign_in(house)) == REFUSED
        assert sign_in(house, passphrase=self.NEW).status_code == 201

    @BOTH
    def test_who_recovered_reads_what_they_read_before(self, house: House) -> None:
        case = house.case_of("hello")
        self.recover(house)
        token = sign_in(house, passphrase=self.NEW).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = house.nobody.get(f"/v1/cases/{case['id']}", headers=headers)
        assert answer.json()["messages"][0]["body"] == "hello"
