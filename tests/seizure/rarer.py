"""What happens on fewer days, so that no table of the story is empty: calls, papers, statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.media import files

if TYPE_CHECKING:
    from tests.seizure.story import Day

CARD = {
    "topic": "clinic",
    "covers": {"en": "They do not ask."},
    "source_url": "https://example.org/policy",
    "verified_by": "A. Lawyer",
    "verified_on": "2026-01-02",
    "review_by": "2090-01-02",
}


def draw_statistics(day: Day, first: str, second: str) -> None:
    """One coordinator asks for two months, another confirms one and takes its files."""
    releases = "/v1/statistics/releases"
    due = [one for one in day.ask(first, "GET", releases)["items"] if one["state"] == "due"]
    for period in (due[0], due[1]):
        body = {"family": period["family"], "period": period["period"]}
        asked = day.ask(first, "POST", releases, body, expect=201)
        if period is due[0]:
            day.ask(second, "POST", f"{releases}/{asked['id']}/confirm")
            path = f"{releases}/{asked['id']}?format=json"
            assert day.desks[second].get(path).status_code == 200


def refuse_service(day: Day, label: str, spice: str) -> None:
    """A service was refused; the dossier is made, and holds some of what was told."""
    names = ("provider", "place", "account", "wanted", "caller_name")
    told = {name: day.story.put(f"denial-{name}/{label}", spice=spice) for name in names}
    denied = {"sector": "health", "service": "paper", "happened_on": "2026-01-09", **told}
    case = f"/v1/cases/{day.story.cases[label]}"
    added = day.ask(
        "heron", "POST", f"{case}/denials", {**denied, "share": ["account"]}, expect=201
    )
    day.story.keep(f"complaint/{label}", added["reference"], "operational")
    day.ask(
        "heron", "POST", f"{case}/consents", {"scope": "complaint", "granted": True}, expect=201
    )
    day.ask("heron", "POST", f"/v1/denials/{added['id']}/dossier", {"language": "fr"})


def call_in(day: Day, number: str, colleague: str) -> None:
    """Somebody calls while the phone of the desk is not taken, and leaves a message."""
    day.premises.network.phone(colleague).answering("never")
    call = day.premises.network.phone(number).call()
    call.press("1").press("1")
    day.premises.settle()
    for _ in range(24):
        if call.look()["waiting_for"] == "speech":
            break
        day.premises.network.advance(5)
        day.premises.settle()
    call.speak(2).hang_up()
    day.premises.settle()


def attach(day: Day, case_id: str, words: str) -> None:
    """A colleague keeps a paper of the caller's in the case, and a picture."""
    path = f"/v1/cases/{case_id}/attachments"
    for content in (files.make_document(drawing=words.encode()), files.make_picture()):
        assert day.desks["heron"].post(path, content=content).status_code == 201


def know_the_rules(day: Day, coordinator: str) -> None:
    """An information card, a rule of law, and a number that is blocked."""
    day.ask(coordinator, "POST", "/v1/information-cards", CARD, expect=201)
    rule = {"code": "own", "jurisdiction": "CA", "trigger": "hearing", "offset": 0, "unit": "days"}
    day.ask(coordinator, "PUT", "/v1/deadline-rules", {"items": [rule]})
    blocked = {"number": day.number("blocked")}
    day.ask(coordinator, "POST", "/v1/blocks", blocked, expect=201)


def decline_for_a_conflict(day: Day, case_id: str, handle: str) -> None:
    """Somebody is asked, and knows the other side."""
    known = {offer["id"] for offer in day.ask(handle, "GET", "/v1/offers")["items"]}
    wanted = {"kind": "legal", "share": []}
    day.ask("heron", "POST", f"/v1/cases/{case_id}/requests", wanted, expect=201)
    day.premises.settle()
    offers = day.ask(handle, "GET", "/v1/offers")["items"]
    [mine] = [offer["id"] for offer in offers if offer["id"] not in known]
    day.ask(handle, "POST", f"/v1/offers/{mine}/decline", {"conflict": True}, expect=204)


def report_twice(day: Day, seen: dict[str, str]) -> None:
    """A colleague's request carries a key, so that it is done once."""
    headers = {"Idempotency-Key": "once-and-no-more"}
    for _ in range(2):
        answer = day.desks["heron"].post("/v1/raid-reports", json=seen, headers=headers)
        assert answer.status_code in (200, 201), answer.text


def stop_while_nobody_is_awake(day: Day) -> None:
    """The server was started once more, and is sealed: a STOP comes and must wait."""
    phone = day.premises.network.phone(day.number("unheard"))
    assert phone.text("STOP").http_status == 200
    day.premises.settle()
