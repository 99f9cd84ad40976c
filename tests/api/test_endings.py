"""How cases end: closing, reopening, merging, holding, erasing."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.service import House, fictional, refusal

PHONE, OTHER = "+15145550123", "+15145550124"
READER = {"archive": "crane", "desk": "heron"}


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


_PHONES = itertools.count()


def a_phone() -> str:
    """A number that no other test uses."""
    return fictional(next(_PHONES))


def close(house: House, case_id: str, outcome: str = "supported", by: str = "heron") -> Any:
    return house.as_(by).post(f"/v1/cases/{case_id}/close", {"outcome": outcome})


def bodies(case: dict[str, Any]) -> list[str]:
    return [m["body"] for m in case["messages"] if m["direction"] == "inbound"]


class TestClosing:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_a_closed_case_is_the_archives(self, house: House) -> None:
        case_id = house.case_of("hello", "1")["id"]
        answer = close(house, case_id)
        assert (answer.status_code, answer.json()["state"]) == (200, "closed")
        assert answer.json()["assigned_to"] is None
        desk, archive = house.read(case_id, "heron"), house.break_glass(case_id)
        assert (desk["opened"], desk["messages"], desk["fields"]) == (False, [], {})
        assert desk["contact"]["number_masked"] is None
        assert (desk["situation"], desk["outcome"]) == (archive["situation"], "supported")
        assert (archive["opened"], bodies(archive)) == (True, ["hello", "1"])
        assert archive["contact"]["number_masked"] == "+1••••••••23"

    @pytest.mark.parametrize("outcome", ["won", "", None, 3])
    def test_only_with_a_known_outcome(self, shared_house: House, outcome: Any) -> None:
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        heron = shared_house.as_("heron")
        case_id = heron.post("/v1/cases", given).json()["id"]
        answer = heron.post(f"/v1/cases/{case_id}/close", {"outcome": outcome})
        assert refusal(answer) == (400, "bad-request")

    def test_nothing_is_written_in_a_closed_case(self, shared_house: House) -> None:
        case_id = shared_house.case_of("hello", number=a_phone())["id"]
        close(shared_house, case_id)
        heron, path = shared_house.as_("heron"), f"/v1/cases/{case_id}"
        version = heron.get(path).headers["etag"]
        answers = [
            heron.post(f"{path}/claim"),
            heron.post(f"{path}/release"),
            heron.post(f"{path}/assign", {"member": str(shared_house.residents["heron"].id)}),
            heron.post(f"{path}/notes", {"body": "x"}),
            heron.post(f"{path}/consents", {"scope": "legal", "granted": True}),
            heron.patch(path, {"urgency": 0}, version=version),
            close(shared_house, case_id),
        ]
        assert {refusal(answer) for answer in answers} == {(409, "case-closed")}

    def test_a_text_after_closing_opens_a_linked_case(self, shared_house: House) -> None:
        number = a_phone()
        first = shared_house.case_of("hello", number=number)["id"]
        close(shared_house, first)
        second = shared_house.case_of("it is me again", number=number)
        case = shared_house.read(second["id"])
        assert (case["follows"], bodies(case)) == (first, ["it is me again"])
        assert case["reference"] != shared_house.break_glass(first)["reference"]


class TestReopening:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_the_archive_gives_it_back_to_the_desk(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        close(house, case_id)
        assert refusal(house.as_("heron").post(f"/v1/cases/{case_id}/reopen")) == (403, "forbidden")
        house.break_glass(case_id)
        answer = house.as_("crane").post(f"/v1/cases/{case_id}/reopen")
        assert (answer.status_code, answer.json()["state"]) == (200, "open")
        case = house.read(case_id, "heron")
        assert (case["opened"], bodies(case), case["outcome"]) == (True, ["hello"], None)
        assert case["contact"]["number_masked"] == "+1••••••••23"

    def test_texts_come_to_it_again(self, house: House) -> None:
        case_id = house.case_of("hello")["id"]
        close(house, case_id)
        house.break_glass(case_id)
        house.as_("crane").post(f"/v1/cases/{case_id}/reopen")
        house.phone().says("one more thing")
        assert bodies(house.read(case_id)) == ["hello", "one more thing"]
        assert len(house.queue()) == 1

    def test_an_open_case_cannot_be_reopened(self, shared_house: House) -> None:
        case_id = shared_house.case_of("hello", number=a_phone())["id"]
        answer = shared_house.as_("wren").post(f"/v1/cases/{case_id}/reopen")
        assert refusal(answer) == (400, "bad-request")

    def test_one_phone_keeps_one_open_case(self, shared_house: House) -> None:
        number = a_phone()
        first = shared_house.case_of("hello", number=number)["id"]
        close(shared_house, first)
        shared_house.case_of("again", number=number)
        shared_house.break_glass(first, "wren")
        answer = shared_house.as_("wren").post(f"/v1/cases/{first}/reopen")
        assert refusal(answer) == (400, "bad-request")


class TestMerging:
    def two(self, house: House, *phones: str) -> tuple[str, str]:
        numbers = phones or (a_phone(), a_phone())
        ids = [house.case_of(f"from {n}", number=n)["id"] for n in numbers]
        return ids[0], ids[1]

    def merge(self, house: House, one: str, into: str) -> Any:
        return house.as_("heron").post(f"/v1/cases/{one}/merge", {"into": into})

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_the_conversation_is_read_in_one_place(self, house: House) -> None:
        one, into = self.two(house, PHONE, OTHER)
        answer = self.merge(house, one, into)
        assert (answer.status_code, answer.json()["id"]) == (200, into)
        assert [case["id"] for case in house.queue()] == [into]
        assert sorted(bodies(house.read(into))) == [f"from {PHONE}", f"from {OTHER}"]
        assert house.read(one)["merged_into"] == into

    def test_later_texts_of_both_phones_come_together(self, house: House) -> None:
        one, into = self.two(house, PHONE, OTHER)
        self.merge(house, one, into)
        house.phone(PHONE).says("from one, later")
        house.phone(OTHER).says("from the other, later")
        assert {"from one, later", "from the other, later"} <= set(bodies(house.read(into)))
        assert [case["id"] for case in house.queue()] == [into]

    def test_the_higher_tier_counts(self, shared_house: House) -> None:
        one = shared_house.case_of("they took him", number=a_phone())["id"]
        into = shared_house.case_of("hello", number=a_phone())["id"]
        assert self.merge(shared_house, one, into).json()["urgency"] == 0

    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_closing_and_erasing_take_all_of_it(self, house: House) -> None:
        one, into = self.two(house, PHONE, OTHER)
        self.merge(house, one, into)
        close(house, into)
        archive = house.break_glass(into)
        assert sorted(bodies(archive)) == [f"from {PHONE}", f"from {OTHER}"]
        assert house.as_("heron").post(f"/v1/cases/{into}/erase").status_code == 204
        for case_id in (one, into):
            answer = house.as_("heron").get(f"/v1/cases/{case_id}")
            assert refusal(answer) == (410, "case-erased")

    def test_a_hold_holds_all_of_it(self, shared_house: House) -> None:
        one, into = self.two(shared_house)
        self.merge(shared_house, one, into)
        shared_house.as_("crane").post(f"/v1/cases/{into}/hold", {"reason": "A court asked."})
        answer = shared_house.as_("heron").post(f"/v1/cases/{one}/erase")
        assert refusal(answer) == (403, "forbidden")

    def test_what_cannot_be_merged(self, shared_house: House) -> None:
        one, into = self.two(shared_house)
        assert refusal(self.merge(shared_house, one, one)) == (400, "bad-request")
        nowhere = "00000000-0000-4000-8000-000000000000"
        assert refusal(self.merge(shared_house, one, nowhere)) == (404, "not-found")
        self.merge(shared_house, one, into)
        assert refusal(self.merge(shared_house, into, one)) == (400, "bad-request")
        assert refusal(self.merge(shared_house, one, into)) == (400, "bad-request")


class TestHolding:
    def test_a_held_case_is_not_erased_until_the_hold_is_lifted(self, shared_house: House) -> None:
        case_id = shared_house.case_of("hello", number=a_phone())["id"]
        path, crane, heron = (
            f"/v1/cases/{case_id}",
            shared_house.as_("crane"),
            shared_house.as_("heron"),
        )
        assert crane.post(f"{path}/hold", {"reason": "A court asked."}).status_code == 204
        case = shared_house.read(case_id)
        assert (case["held"], case["hold_reason"]) == (True, "A court asked.")
        assert "held" in case["contact"]["flags"]
        assert refusal(heron.post(f"{path}/erase")) == (403, "forbidden")
        assert crane.delete(f"{path}/hold").status_code == 204
        assert heron.post(f"{path}/erase").status_code == 204

    @pytest.mark.parametrize("reason", ["", None])
    def test_a_hold_needs_a_reason(self, shared_house: House, reason: Any) -> None:
        given = {"channel": "manual", "situation": "other", "urgency": 3}
        case_id = shared_house.as_("heron").post("/v1/cases", given).json()["id"]
        answer = shared_house.as_("crane").post(f"/v1/cases/{case_id}/hold", {"reason": reason})
        assert refusal(answer) == (400, "bad-request")


class TestErasing:
    @pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"])
    def test_nothing_of_it_is_left(self, house: House) -> None:
        case_id = house.case_of("hello", "1")["id"]
        path, heron = f"/v1/cases/{case_id}", house.as_("heron")
        heron.post(f"{path}/notes", {"body": "a note"})
        assert heron.post(f"{path}/erase").status_code == 204
        assert house.queue() == house.queue(state="closed") == []
        for handle in ("heron", "crane", "wren"):
            assert refusal(house.as_(handle).get(path)) == (410, "case-erased")

    def test_whatever_is_asked_of_it_is_gone(self, shared_house: House) -> None:
        case_id = shared_house.case_of("hello", number=a_phone())["id"]
        path, heron, wren = (
            f"/v1/cases/{case_id}",
            shared_house.as_("heron"),
            shared_house.as_("wren"),
        )
        heron.post(f"{path}/erase")
        answers = [
            heron.patch(path, {"urgency": 1}, version='"1"'),
            *(heron.post(f"{path}/{what}") for what in ("claim", "release", "erase")),
            wren.post(f"{path}/reopen"),
            *(heron.post(f"{path}/{what}", {"body": "x"}) for what in ("messages", "notes")),
            heron.post(f"{path}/close", {"outcome": "other"}),
            shared_house.as_("crane").post(f"{path}/hold", {"reason": "x"}),
        ]
        assert {refusal(answer) for answer in answers} == {(410, "case-erased")}

    def test_it_is_listed_as_a_bare_fact(self, house: House) -> None:
        case_id = house.case_of("hello", "1")["id"]
        house.as_("heron").post(f"/v1/cases/{case_id}/erase")
        assert house.queue() == []
        [item] = house.queue(state="erased")
        assert (item["id"], item["state"]) == (case_id, "erased")
        told = ("reference", "situation", "language", "region", "last_message_at", "waiting_since")
        assert {item[fact] for fact in told} == {None}

    def test_the_phone_starts_anew(self, shared_house: House) -> None:
        number = a_phone()
        case_id = shared_house.case_of("hello", number=number)["id"]
        shared_house.as_("heron").post(f"/v1/cases/{case_id}/erase")
        again = shared_house.read(shared_house.case_of("hello", number=number)["id"])
        assert (again["follows"], bodies(again)) == (None, ["hello"])

    def test_a_closed_case_can_be_erased_by_the_desk(self, shared_house: House) -> None:
        case_id = shared_house.case_of("hello", number=a_phone())["id"]
        close(shared_house, case_id)
        assert shared_house.as_("heron").post(f"/v1/cases/{case_id}/erase").status_code == 204

    def test_what_was_done_stays_in_the_audit_log(self, shared_house: House) -> None:
        case_id = shared_house.case_of("hello", number=a_phone())["id"]
        shared_house.as_("heron").post(f"/v1/cases/{case_id}/erase")
        items = shared_house.as_("magpie").get("/v1/audit").json()["items"]
        assert {item["kind"] for item in items if item["object"] == case_id} == {"case.erased"}
