"""The queue and the cases in it: reading, opening, changing, handing over."""

from __future__ import annotations

import base64
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.service import Client, House, fictional, refusal

ITEM = {
    "id", "reference", "state", "urgency", "situation", "language", "region", "opened_at",
    "last_message_at", "waiting_since", "unread", "assigned_to",
}  # fmt: skip
WHOLE = ITEM | {
    "contact", "messages", "fields", "notes", "consents", "events", "requests", "attachments",
    "history",
}  # fmt: skip
NOBODY = "00000000-0000-4000-8000-000000000000"
NOWHERE = f"/v1/cases/{NOBODY}"
ONE = {"channel": "manual", "situation": "detained", "urgency": 1, "language": "es"}


_PHONES = itertools.count()


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it: how the queue is ordered and narrowed, locks."""
    return "sqlite"


def open_case(client: Client, **changes: Any) -> dict[str, Any]:
    answer = client.post("/v1/cases", {**ONE, **changes})
    assert answer.status_code == 201, answer.text
    case: dict[str, Any] = answer.json()
    return case


def a_phone() -> str:
    """A number that no other test uses."""
    return fictional(next(_PHONES))


def version_of(client: Client, case_id: str) -> str:
    etag: str = client.get(f"/v1/cases/{case_id}").headers["etag"]
    return etag


def cursor_of(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


class TestTheQueue:
    def test_it_shows_coarse_facts_only(self, house: House) -> None:
        house.phone().says("hello", "1", "2", "yes", "Montreal", "3")
        answer = house.as_("heron").get("/v1/cases")
        assert set(answer.json()) == {"items", "next_cursor"}
        [case] = answer.json()["items"]
        assert set(case) == ITEM
        assert (case["state"], case["urgency"], case["situation"]) == ("new", 0, "detained")
        assert (case["language"], case["region"], case["unread"]) == ("en", "montreal", 6)
        assert case["opened_at"] == case["waiting_since"] == "2026-01-15T12:00:00Z"

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_urgent_ones_come_first_then_who_waits_longest(self, house: House) -> None:
        says = {"+15145550101": "hello", "+15145550102": "they took him", "+15145550103": "hello"}
        cases = {}
        for number, text in says.items():
            house.advance(minutes=6)
            cases[number] = house.case_of(text, number=number)["id"]
        first, urgent, second = cases.values()
        assert [case["id"] for case in house.queue()] == [urgent, first, second]

    def test_who_was_answered_waits_no_longer(self, house: House) -> None:
        first = house.case_of("hello", number="+15145550101")["id"]
        second = house.case_of("hello", number="+15145550102")["id"]
        answered = house.as_("heron").post(f"/v1/cases/{first}/messages", {"body": "We read."})
        assert answered.status_code == 202
        assert [case["id"] for case in house.queue()] == [second, first]
        assert [case["waiting_since"] is None for case in house.queue()] == [False, True]
        house.phone("+15145550101").says("thank you")
        assert [case["id"] for case in house.queue()] == [second, first]

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_it_can_be_narrowed(self, house: House) -> None:
        heron = house.as_("heron")
        one = open_case(heron, urgency=0)
        two = open_case(heron, urgency=2)
        new = house.case_of("hello")
        heron.post(f"/v1/cases/{two['id']}/release")

        def ids(**query: Any) -> set[str]:
            return {case["id"] for case in house.queue(**query)}

        assert ids() == {one["id"], two["id"], new["id"]}
        assert ids(state="new") == {new["id"]}
        assert ids(urgency=0) == {one["id"]}
        assert ids(reference=two["reference"]) == {two["id"]}
        assert ids(reference=two["reference"].upper()) == {two["id"]}
        assert ids(reference="nothing-like-1234") == set()
        assert ids(assigned="me") == {one["id"]}
        assert ids(state="open", urgency=2) == {two["id"]}

    def test_closed_ones_are_listed_when_asked_for(self, house: House) -> None:
        heron = house.as_("heron")
        case = open_case(heron)
        heron.post(f"/v1/cases/{case['id']}/close", {"outcome": "supported"})
        assert house.queue() == []
        [closed] = house.queue(state="closed")
        assert (closed["id"], closed["state"]) == (case["id"], "closed")

    def test_pages_hold_every_case_once_and_in_order(self, house: House) -> None:
        heron = house.as_("heron")
        for urgency in (3, 1, 2, 1, 0, 3):
            open_case(heron, urgency=urgency)
        whole = [case["id"] for case in house.queue()]
        assert len(whole) == 6
        for limit in (1, 2, 3, 7):
            assert self.paged(heron, limit) == whole

    def paged(self, heron: Client, limit: int) -> list[str]:
        paged: list[str] = []
        cursor: str | None = None
        for _ in range(7):
            query = {"limit": limit, **({"cursor": cursor} if cursor else {})}
            page = heron.get("/v1/cases", params=query).json()
            assert len(page["items"]) <= limit
            paged += [case["id"] for case in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                break
        return paged

    @pytest.mark.parametrize(
        "query",
        [
            {"limit": 0},
            {"limit": 201},
            {"limit": "many"},
            {"cursor": "x"},
            {"cursor": "%ff%fe"},
            {"cursor": cursor_of(f"{10**30}/1/{NOBODY}")},
            {"cursor": cursor_of(f"1/{10**30}/{NOBODY}")},
            {"cursor": cursor_of("1/2/3")},
            {"cursor": "é"},
            {"urgency": 4},
            {"state": "forgotten"},
            {"assigned": "you"},
        ],
    )
    def test_a_question_it_does_not_understand(
        self, shared_house: House, query: dict[str, Any]
    ) -> None:
        answer = shared_house.as_("heron").get("/v1/cases", params=query)
        assert refusal(answer) == (400, "bad-request")


class TestReading:
    def test_a_case_is_shown_whole(self, house: House) -> None:
        case_id = house.case_of("hello", "1")["id"]
        case = house.read(case_id)
        assert set(case) >= WHOLE
        assert set(case["contact"]) == {"number_masked", "safe_methods", "hours", "flags"}
        assert case["contact"]["number_masked"] == "+1••••••••23"
        first, greeting = case["messages"][:2]
        assert set(first) >= {"id", "direction", "channel", "body", "at", "status"}
        assert (first["direction"], first["channel"]) == ("inbound", "sms")
        assert (first["body"], first["status"]) == ("hello", "received")
        assert (greeting["direction"], greeting["status"]) == ("outbound", "delivered")
        assert greeting["body"].startswith("Hello / Bonjour.")
        assert (case["notes"], case["consents"]) == ([], [])

    def test_the_number_itself_is_nowhere_in_it(self, shared_house: House) -> None:
        number, heron = a_phone(), shared_house.as_("heron")
        case = shared_house.case_of("hello", number=number)
        answer = heron.get(f"/v1/cases/{case['id']}")
        assert number[2:] not in answer.text + heron.get("/v1/cases").text

    def test_reading_is_written_down_and_marks_as_read(self, shared_house: House) -> None:
        item = shared_house.case_of("hello", number=a_phone())
        heron = str(shared_house.residents["heron"].id)
        last = shared_house.read(item["id"])["history"][-1]
        assert last == {"kind": "case.read", "at": "2026-01-15T12:00:00Z", "member": heron}
        after = {case["id"]: case["unread"] for case in shared_house.queue()}
        assert (item["unread"], after[item["id"]]) == (1, 0)

    def test_reading_changes_no_version(self, shared_house: House) -> None:
        case_id, heron = (
            shared_house.case_of("hello", number=a_phone())["id"],
            shared_house.as_("heron"),
        )
        assert version_of(heron, case_id) == version_of(heron, case_id)

    def test_nothing_there(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        assert refusal(heron.get(NOWHERE)) == (404, "not-found")
        assert refusal(heron.get("/v1/cases/not-an-id")) == (400, "bad-request")

    def test_somebody_outside_the_desk_is_told_the_same_as_of_nothing(
        self, shared_house: House
    ) -> None:
        case_id = open_case(shared_house.as_("heron"))["id"]
        for handle in ("finch", "owl", "starling", "magpie", "crane"):
            client = shared_house.as_(handle)
            there, nowhere = client.get(f"/v1/cases/{case_id}"), client.get(NOWHERE)
            assert refusal(there) == (404, "not-found")
            assert there.text == nowhere.text

    def test_nothing_said_may_be_kept_by_anybody_on_the_way(self, shared_house: House) -> None:
        case_id = open_case(shared_house.as_("heron"))["id"]
        for path in ("/v1/cases", f"/v1/cases/{case_id}", NOWHERE, "/v1/sessions"):
            answer = shared_house.as_("heron").get(path)
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers["referrer-policy"] == "no-referrer"


class TestOpeningByHand:
    def test_a_walk_in_has_a_case_at_once(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        answer = heron.post("/v1/cases", {**ONE, "fields": {"held_at": "Laval"}})
        assert answer.status_code == 201
        assert set(answer.json()) == ITEM
        case = shared_house.read(answer.json()["id"])
        assert answer.headers["location"] == f"/v1/cases/{case['id']}"
        assert answer.headers["etag"] == version_of(heron, case["id"])
        assert (case["state"], case["urgency"], case["situation"]) == ("open", 1, "detained")
        assert case["fields"] == {"held_at": "Laval"}
        assert case["assigned_to"] == str(shared_house.residents["heron"].id)
        assert case["contact"]["number_masked"] is None

    def test_with_a_number_its_texts_come_here(self, house: House) -> None:
        case = open_case(house.as_("heron"), contact="+1 (514) 555-0123", region="montreal")
        assert house.read(case["id"])["contact"]["number_masked"] == "+1••••••••23"
        house.phone("+15145550123").says("it is me")
        assert [item["id"] for item in house.queue()] == [case["id"]]
        assert house.read(case["id"])["messages"][0]["body"] == "it is me"

    def test_one_phone_has_one_open_case(self, house: House) -> None:
        known = house.case_of("hello")
        answer = house.as_("heron").post("/v1/cases", {**ONE, "contact": "+15145550123"})
        assert refusal(answer) == (400, "bad-request")
        assert known["reference"] in answer.json()["detail"]

    @pytest.mark.parametrize(
        "changes",
        [
            {"channel": "sms"},
            {"channel": None},
            {"situation": "lost_keys"},
            {"urgency": 4},
            {"urgency": -1},
            {"urgency": "high"},
            {"language": "not a language"},
            {"region": "atlantis"},
            {"contact": "555"},
            {"contact": "call me"},
            {"contact": "\x00"},
            {"fields": {"status": "x"}},
            {"fields": {"held_at": "x" * 4001}},
            {"fields": {"held_at": {"nested": 1}}},
            {"fields": []},
        ],
    )
    def test_what_cannot_be_is_refused_without_repeating_it(
        self, shared_house: House, changes: dict[str, Any]
    ) -> None:
        answer = shared_house.as_("heron").post("/v1/cases", {**ONE, **changes})
        assert refusal(answer) == (400, "bad-request")
        for value in changes.values():
            assert str(value)[:20] not in answer.text.replace("sms", "") or value in (4, -1, None)


class TestChanging:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_each_fact_can_be_changed(self, house: House) -> None:
        heron = house.as_("heron")
        case_id = open_case(heron)["id"]
        changes = {"urgency": 0, "situation": "witnessed", "language": "pt-BR", "region": "laval"}
        answer = heron.patch(f"/v1/cases/{case_id}", changes, version=version_of(heron, case_id))
        assert answer.status_code == 200
        assert {name: answer.json()[name] for name in changes} == changes
        assert answer.headers["etag"] == version_of(heron, case_id)

    def test_fields_are_added_replaced_and_taken_away(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        case_id = open_case(heron, fields={"held_at": "Laval", "lawyer": "none yet"})["id"]
        changes = {"fields": {"held_at": "Surrey", "lawyer": None, "children": "two, at school"}}
        path = f"/v1/cases/{case_id}"
        answer = heron.patch(path, changes, version=version_of(heron, case_id))
        fields = shared_house.read(case_id)["fields"]
        assert answer.json()["fields"] == fields
        assert fields == {"held_at": "Surrey", "children": "two, at school"}

    def test_without_the_version_read_nothing_is_changed(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        case_id = open_case(heron)["id"]
        path = f"/v1/cases/{case_id}"
        assert refusal(heron.patch(path, {"urgency": 0})) == (428, "version-required")
        for tag in ('"99"', '"abc"', '"98", "99"'):
            stale = heron.patch(path, {"urgency": 0}, version=tag)
            assert refusal(stale) == (412, "stale-version")
            assert stale.headers["etag"] == version_of(heron, case_id)
        assert shared_house.read(case_id)["urgency"] == 1
        either = f'"99", {version_of(heron, case_id)}'
        assert heron.patch(path, {"urgency": 0}, version=either).status_code == 200

    def test_what_is_so_already_is_no_change(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        case_id = open_case(heron)["id"]
        path, first = f"/v1/cases/{case_id}", version_of(heron, case_id)
        changes = {"urgency": 0, "region": "laval", "fields": {"held_at": "Laval"}}
        changed = heron.patch(path, changes, version=first)
        assert changed.headers["etag"] != first
        for same in (changes, {"urgency": 0}, {"fields": {"held_at": "Laval"}}, {}):
            again = heron.patch(path, same, version="*")
            assert (again.status_code, again.headers["etag"]) == (200, changed.headers["etag"])
        assert heron.patch(NOWHERE, changes, version="*").status_code == 404

    def test_of_two_who_read_the_same_only_the_first_changes(self, shared_house: House) -> None:
        heron, plover = shared_house.as_("heron"), shared_house.as_("plover")
        path = f"/v1/cases/{open_case(heron)['id']}"
        version = heron.get(path).headers["etag"]
        assert heron.patch(path, {"urgency": 0}, version=version).status_code == 200
        assert refusal(plover.patch(path, {"urgency": 3}, version=version))[0] == 412

    def test_messages_notes_and_statuses_change_no_version(self, shared_house: House) -> None:
        number, heron = a_phone(), shared_house.as_("heron")
        case_id = shared_house.case_of(
            "hello", "1", "other please", "a few words", "Montreal", number=number
        )["id"]
        version = version_of(heron, case_id)
        shared_house.phone(number).says("thank you so much")
        heron.post(f"/v1/cases/{case_id}/messages", {"body": "We read this."})
        heron.post(f"/v1/cases/{case_id}/notes", {"body": "Calm."})
        shared_house.settle()
        assert version_of(heron, case_id) == version

    def test_what_the_caller_tells_changes_the_version(self, shared_house: House) -> None:
        number, heron = a_phone(), shared_house.as_("heron")
        case_id = shared_house.case_of("hello", "1", number=number)["id"]
        version = version_of(heron, case_id)
        shared_house.phone(number).says("2")
        assert version_of(heron, case_id) != version

    @pytest.mark.parametrize(
        "changes",
        [
            {"urgency": 9},
            {"situation": "lost_keys"},
            {"region": "atlantis"},
            {"language": "?"},
            {"fields": {"status": "x"}},
        ],
    )
    def test_what_cannot_be_is_refused(self, shared_house: House, changes: dict[str, Any]) -> None:
        heron = shared_house.as_("heron")
        case_id = open_case(heron)["id"]
        answer = heron.patch(f"/v1/cases/{case_id}", changes, version=version_of(heron, case_id))
        assert refusal(answer) == (400, "bad-request")

    def test_the_desk_lowers_a_tier_and_the_script_may_raise_it_again(
        self, shared_house: House
    ) -> None:
        number, heron = a_phone(), shared_house.as_("heron")
        case_id = shared_house.case_of("they took him", "1", number=number)["id"]
        version = version_of(heron, case_id)
        heron.patch(f"/v1/cases/{case_id}", {"urgency": 2}, version=version)
        assert shared_house.read(case_id)["urgency"] == 2
        shared_house.phone(number).says("there are agents at the door")
        assert shared_house.read(case_id)["urgency"] == 0


class TestHandingOver:
    def test_claim_assign_release(self, shared_house: House) -> None:
        heron, plover = shared_house.as_("heron"), shared_house.as_("plover")
        ids = {name: str(shared_house.residents[name].id) for name in ("heron", "plover")}
        path = f"/v1/cases/{shared_house.case_of('hello', number=a_phone())['id']}"
        claimed = heron.post(f"{path}/claim").json()
        assert (claimed["state"], claimed["assigned_to"]) == ("open", ids["heron"])
        assert heron.post(f"{path}/claim").status_code == 200, "it is mine already"
        assert refusal(plover.post(f"{path}/claim")) == (409, "offer-taken")
        assert refusal(plover.post(f"{path}/release")) == (403, "forbidden")
        given = heron.post(f"{path}/assign", {"member": ids["plover"]}).json()
        assert given["assigned_to"] == ids["plover"]
        released = plover.post(f"{path}/release", {"handover": "She answers after six."}).json()
        assert released["assigned_to"] is None
        [note] = heron.get(path).json()["notes"]
        assert (note["kind"], note["body"]) == ("handover", "She answers after six.")
        assert note["author"] == ids["plover"]

    def test_a_case_is_given_to_dispatchers_only(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        path = f"/v1/cases/{open_case(heron)['id']}/assign"
        for member in (shared_house.residents["finch"].id, shared_house.residents["crane"].id, "x"):
            answer = heron.post(path, {"member": str(member)})
            assert refusal(answer) == (400, "bad-request")

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_only_one_of_many_claims_wins(self, house: House) -> None:
        path = f"/v1/cases/{house.case_of('hello')['id']}/claim"
        clients = [house.as_(name) for name in ("heron", "plover", "wren")]
        statuses = [client.post(path).status_code for client in clients]
        assert sorted(statuses) == [200, 409, 409]


class TestNotes:
    def test_a_note_is_for_the_desk(self, shared_house: House) -> None:
        number, heron = a_phone(), shared_house.as_("heron")
        path = f"/v1/cases/{shared_house.case_of('hello', number=number)['id']}"
        answer = heron.post(f"{path}/notes", {"body": "Asks for a lawyer.\n\u200fعربي 🙂"})
        assert answer.status_code == 201
        [note] = heron.get(path).json()["notes"]
        assert note == answer.json()
        assert note["body"] == "Asks for a lawyer.\n\u200fعربي 🙂"
        assert shared_house.phone(number).inbox()[1:] == []

    @pytest.mark.parametrize("body", ["", "   ", "x" * 20_001, None, 7])
    def test_no_note(self, shared_house: House, body: Any) -> None:
        heron = shared_house.as_("heron")
        answer = heron.post(f"/v1/cases/{open_case(heron)['id']}/notes", {"body": body})
        assert refusal(answer) == (400, "bad-request")


class TestOnce:
    """Idempotency-Key: the same request does it once, another one is refused."""

    @pytest.mark.parametrize("database_kind", ["postgresql"])
    def test_of_many_at_the_same_moment_one_does_it(self, house: House) -> None:
        heron, case_id = house.as_("heron"), house.case_of("hello")["id"]
        headers = {"Idempotency-Key": "one-key"}

        def ask(_: int) -> Any:
            path = f"/v1/cases/{case_id}/messages"
            return heron.post(path, {"body": "Once."}, headers=headers)

        with ThreadPoolExecutor(6) as crowd:
            answers = list(crowd.map(ask, range(6)))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.json()["id"] for answer in answers}) == 1
        house.settle()
        assert house.phone().inbox().count("Once.") == 1

    def twice(
        self, client: Client, path: str, first: Any, second: Any, key: str = "one-key"
    ) -> tuple[Any, Any]:
        headers = {"Idempotency-Key": key}
        return client.post(path, first, headers=headers), client.post(path, second, headers=headers)

    def test_a_case(self, house: House) -> None:
        first, second = self.twice(house.as_("heron"), "/v1/cases", ONE, ONE)
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json()["id"] == second.json()["id"]
        assert len(house.queue()) == 1

    @pytest.mark.parametrize(
        ("resource", "body", "other"),
        [
            ("messages", {"body": "Hello."}, {"body": "Goodbye."}),
            ("notes", {"body": "Hello."}, {"body": "Goodbye."}),
            (
                "consents",
                {"scope": "contact", "granted": True},
                {"scope": "contact", "granted": False},
            ),
        ],
    )
    def test_what_is_written_in_a_case(
        self, shared_house: House, resource: str, body: Any, other: Any
    ) -> None:
        number = a_phone()
        case_id, heron = (
            shared_house.case_of("hello", number=number)["id"],
            shared_house.as_("heron"),
        )
        path = f"/v1/cases/{case_id}/{resource}"
        first, second = self.twice(heron, path, body, body, key=resource)
        assert first.status_code == second.status_code
        assert first.json()["id"] == second.json()["id"]
        shared_house.settle()
        assert shared_house.phone(number).inbox().count("Hello.") == (resource == "messages")
        assert len(shared_house.read(case_id)[resource]) == 1 + 2 * (resource == "messages")
        changed = heron.post(path, other, headers={"Idempotency-Key": resource})
        assert refusal(changed) == (409, "idempotency-mismatch")

    def test_another_case_is_another_request(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        paths = [f"/v1/cases/{open_case(heron)['id']}/notes" for _ in range(2)]
        headers = {"Idempotency-Key": "another case"}
        answers = [heron.post(path, {"body": "x"}, headers=headers) for path in paths]
        assert answers[0].status_code == 201
        assert refusal(answers[1]) == (409, "idempotency-mismatch")

    def test_everybodys_keys_are_their_own(self, shared_house: House) -> None:
        headers = {"Idempotency-Key": "their own"}
        ids = {shared_house.as_(n).post("/v1/cases", ONE, headers=headers).json()["id"]
               for n in ("heron", "plover")}  # fmt: skip
        assert len(ids) == 2

    def test_a_key_is_forgotten_after_a_day(self, house: House) -> None:
        headers = {"Idempotency-Key": "one-key"}
        first = house.as_("heron").post("/v1/cases", ONE, headers=headers).json()["id"]
        house.advance(hours=25)
        assert house.as_("heron").post("/v1/cases", ONE, headers=headers).json()["id"] != first

    def test_a_refused_request_can_be_mended_and_repeated(self, shared_house: House) -> None:
        heron, headers = shared_house.as_("heron"), {"Idempotency-Key": "mended"}
        path = f"/v1/cases/{open_case(heron)['id']}/messages"
        refused = heron.post(path, {"body": "x"}, headers=headers)
        assert refusal(refused) == (403, "unsafe-method")
        again = heron.post(path, {"body": "y"}, headers=headers)
        assert refusal(again) == (403, "unsafe-method")

    def test_without_a_key_everything_counts(self, shared_house: House) -> None:
        heron = shared_house.as_("heron")
        ids = [open_case(heron)["id"] for _ in itertools.repeat(None, 2)]
        assert len(set(ids)) == 2
