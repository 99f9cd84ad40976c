"""A day at the line, with everything in it that must not be written down."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.api import cases as api_cases
from app.api import webhook_table
from app.outbox import sender
from tests.service import House

BODIES = {
    "+15145550171": ("hello", "1", "2", "N", "My brother Anselme Kanaribelo was taken at dawn"),
    "+15145550172": ("bonjour", "2", "3", "Une lettre pour Ysoline Kanarimont, à Verdun"),
    "+15145550173": ("ayuda", "3", "1", "S", "Están en la puerta de Kanarieta, número siete"),
    "+15145550174": ("alo", "4", "4", "Mwen wè yo kenbe Kanarifils nan mache a"),
}
WALK_IN = "+15145550175"
NEWCOMERS_PHONE = "+15145550176"


@dataclass
class Day:
    """What happened, and each thing said or shown that day which no log may hold."""

    house: House
    canaries: dict[str, str] = field(default_factory=dict)

    def secret(self, label: str, text: str) -> str:
        """Remember something that must not be written down; return it."""
        self.canaries[label] = text
        return text


def live(house: House, patch: pytest.MonkeyPatch) -> Day:
    """Live through the day."""
    day = Day(house)
    _know_the_house(day)
    _callers_write(day)
    _the_desk_works(day)
    _people_come_and_struggle(day)
    _strangers_knock(day)
    _the_carrier_fails(day)
    _the_server_sleeps(day)
    _things_break(day, patch)
    house.advance(hours=2)
    return day


def _know_the_house(day: Day) -> None:
    for handle, resident in day.house.residents.items():
        day.secret(f"handle {handle}", handle)
        day.secret(f"recovery code of {handle}", resident.recovery_code)
    settings = day.house.settings
    day.secret("account", settings.twilio_account_sid)
    day.secret("auth token", settings.twilio_auth_token.get_secret_value())
    day.secret("the line's number", settings.twilio_number)


def _callers_write(day: Day) -> None:
    for number, bodies in BODIES.items():
        day.secret("caller's number", number)
        day.canaries[f"number {number[-2:]}"] = number
        phone = day.house.phone(number)
        for place, body in enumerate(bodies):
            sent = phone.text(body)
            day.secret(f"SID {number[-2:]}/{place}", sent.sid)
        day.secret(f"body {number[-2:]}", bodies[-1])
        for text in day.house.network.phone(number).inbox():
            day.secret(f"SID {text.sid[-4:]}", text.sid)
    day.house.phone("+15145550171").says("STOP")
    day.house.phone("+15145550172").says("EFFACER")


def _the_desk_works(day: Day) -> None:
    heron = day.house.as_("heron")
    day.secret("session token", str(heron.token))
    for case in day.house.queue():
        day.secret(f"code name {case['id'][:4]}", case["reference"])
    case = day.house.queue()[0]
    at = f"/v1/cases/{case['id']}"
    heron.post(f"{at}/claim")
    heron.post(f"{at}/messages", {"body": day.secret("reply", "Kanaribon is on her way to you")})
    heron.post(f"{at}/notes", {"body": day.secret("note", "Met cousin Kanaricosta at the clinic")})
    answer = heron.get(at)
    heron.patch(
        at,
        {"fields": {"given_name": day.secret("name", "Kanarialexia")}, "region": "laval"},
        version=answer.headers["etag"],
    )
    consent_given = {"scope": "contact", "granted": True, "methods": ["sms"]}
    heron.post(f"{at}/consents", consent_given)
    heron.post(f"{at}/release", {"handover": day.secret("hand-over", "Ask for Kanarihugo first")})
    walk_in: dict[str, Any] = {
        "channel": "manual",
        "contact": day.secret("walk-in's number", WALK_IN),
        "situation": "other",
        "urgency": 2,
        "language": "en",
        "region": "montreal",
    }
    made = heron.post("/v1/cases", walk_in)
    assert made.status_code == 201, made.text
    heron.post(f"/v1/cases/{made.json()['id']}/hold", {"reason": day.secret("hold", "Kanarihold")})
    heron.post(f"/v1/cases/{day.house.queue()[-1]['id']}/close", {"outcome": "supported"})


def _people_come_and_struggle(day: Day) -> None:
    nobody, wren = day.house.nobody, day.house.as_("wren")
    wrong = day.secret("wrong passphrase", "kanari wrong passphrase words")
    for _ in range(7):
        nobody.post("/v1/sessions", {"handle": "heron", "passphrase": wrong})
    nobody.post(
        "/v1/sessions", {"handle": day.secret("no name", "kanariname"), "passphrase": wrong}
    )
    day.house.advance(minutes=20)
    invited = wren.post("/v1/invitations", {"roles": ["dispatcher"]})
    code = day.secret("invitation", invited.json()["code"])
    joining = {
        "code": code,
        "handle": day.secret("newcomer", "kanarigull"),
        "passphrase": day.secret("new passphrase", "kanari seven new words swim"),
        "name": day.secret("newcomer's name", "Kanarigwen Tremblay"),
        "phone": day.secret("newcomer's phone", NEWCOMERS_PHONE),
    }
    joined = nobody.post("/v1/invitations/redeem", joining)
    assert joined.status_code == 201, joined.text
    day.secret("recovery code", joined.json()["recovery_code"])
    day.secret("authenticator", joined.json()["totp_uri"].partition("secret=")[2].partition("&")[0])
    wren.get("/v1/members")
    plover = day.house.residents["plover"]
    recovery = {
        "handle": "plover",
        "recovery_code": plover.recovery_code,
        "new_passphrase": day.secret("chosen passphrase", "kanari four other words fly"),
    }
    recovered = nobody.post("/v1/sessions/recover", recovery)
    assert recovered.status_code == 200, recovered.text
    day.secret("next recovery code", recovered.json()["recovery_code"])
    token = day.secret("token in a cookie", "kanaricookie0123456789abcdef")
    day.house.http.get("/", headers={"Cookie": f"kith={token}"})
    day.house.http.get("/sign-in", params={"next": day.secret("address", "/kanaripath?x=1")})
    form = {"handle": "heron", "passphrase": wrong, "code": "123456"}
    day.house.http.post("/sign-in", data=form)


def _strangers_knock(day: Day) -> None:
    http = day.house.http
    body = day.secret("forged body", "Kanariforged says hello")
    forged = {"MessageSid": "SM" + 32 * "e", "From": "+15145550178", "Body": body, "To": "+1"}
    day.secret("forger's number", "+15145550178")
    for path in ("/twilio/messages", "/twilio/messages/status", "/twilio/fallback/messages"):
        http.post(path, data=forged, headers={"X-Twilio-Signature": "kanari"})
    http.post("/twilio/messages", content=b"Body=" + b"kanarilarge" * 9000)
    http.post("/v1/sessions", content=b"\xff\xfekanaribroken{")
    http.post("/v1/sessions", json={"handle": ["kanarilist"], "passphrase": {"a": "kanaridict"}})
    for nothing in ("kanarilarge", "kanaribroken", "kanarilist", "kanaridict", "kanariquery"):
        day.secret(f"nonsense {nothing}", nothing)
    http.get("/v1/cases/kanariquery", params={"cursor": "kanariquery", "token": "kanariquery"})
    http.get("/kanariquery/%ff%00")
    http.get("/metrics", headers={"Authorization": "Bearer kanariquery"})


def _the_carrier_fails(day: Day) -> None:
    house = day.house
    heron = house.as_("heron")
    case = house.queue()[0]
    kinds = ("api-5xx", "api-429", "api-20003", "api-21610", "api-21611", "api-30003")
    for kind in (*kinds, "api-timeout-after-accept", "status-lost", "status-duplicate"):
        house.network.faults(kind)
        heron.post(f"/v1/cases/{case['id']}/messages", {"body": f"Kanarifault {kind}"})
        house.advance(minutes=6)
    day.secret("text in trouble", "Kanarifault")
    for kind in ("webhook-lost", "webhook-duplicate", "api-20009"):
        house.network.faults(kind)
        house.phone("+15145550174").text(day.secret("in trouble", "Kanarilost again"))
        house.advance(minutes=6)


def _the_server_sleeps(day: Day) -> None:
    house = day.house
    keys = house.database.keys
    assert keys
    keys.seal()
    house.phone("+15145550177").text(day.secret("while sealed", "Kanarisealed at night"))
    day.secret("number while sealed", "+15145550177")
    house.advance(minutes=2)
    assert house.sign_in("crane").status_code == 201
    house.settle()


def _things_break(day: Day, patch: pytest.MonkeyPatch) -> None:
    words = day.secret("exception", "Kanaribug near +15145550179 in SM" + 32 * "d")
    day.secret("number in an exception", "+15145550179")

    def broken(*_: object, **__: object) -> None:
        raise ValueError(words)

    house = day.house
    with patch.context() as broken_for_now:
        broken_for_now.setattr(webhook_table, "take_texts", broken)
        house.network.phone("+15145550174").text("hello again")
    with patch.context() as broken_for_now:
        broken_for_now.setattr(sender, "find_gate_refusal", broken)
        house.phone("+15145550180").text("hello")
        house.advance(minutes=1)
    day.secret("another number", "+15145550180")
    house.advance(minutes=5)
    with patch.context() as broken_for_now:
        broken_for_now.setattr(api_cases, "read_case", broken)
        house.as_("heron").get(f"/v1/cases/{house.queue()[0]['id']}")
    thread = threading.Thread(target=broken)
    thread.start()
    thread.join()
    try:
        broken()
    except ValueError:
        logging.getLogger("uvicorn.error").exception("in application: %s", words)
    logging.getLogger("py.warnings").warning(words)
