"""Every endpoint, asked by everybody: who may is decided by one table, ``app.access``.

A new endpoint fails the first test until it has a line below, with an example that works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import delete, select, update

from app.access import PERMISSIONS, Permission
from app.calls.call_rows import add_call
from app.calls.courses import CallCourse
from app.cases.tasks import add_task
from app.models import (
    CallLeg,
    CallState,
    Case,
    Erasure,
    ErasureState,
    ErasureValues,
    Member,
    Offer,
    OfferValues,
    StatisticsRelease,
    Task,
    rounded,
)
from app.requests.decisions import accept_offer
from app.statistics.confirmation import confirm_release
from app.statistics.months import freeze_month
from app.statistics.releases import request_release
from app.vault import write_profile
from tests.media import files
from tests.service import PASSPHRASE, PEOPLE, Client, House, fictional, refusal

NOBODY = "00000000-0000-4000-8000-000000000000"
STEP = timedelta(seconds=30)
SELF, CASES, ARCHIVE, HOLD = Permission.SELF, Permission.CASES, Permission.ARCHIVE, Permission.HOLD
MEMBERS, INVITATIONS = Permission.MEMBERS, Permission.INVITATIONS
SETTINGS, TEXTS, AUDIT = Permission.SETTINGS, Permission.TEXTS, Permission.AUDIT
BLOCKS, OFFERS = Permission.BLOCKS, Permission.OFFERS
ROTA, ROTA_OF_ALL = Permission.ROTA, Permission.ROTA_OF_ALL
RAIDS, DIRECTORY, RULES = Permission.RAIDS, Permission.DIRECTORY, Permission.RULES
COMPLAINTS = Permission.COMPLAINTS
NEXT_YEAR = "2027-01-15T12:00:00Z"
PICTURE = files.make_picture(name="PNG")
PUBLIC: frozenset[Permission] = frozenset()
CARD = {
    "topic": "clinic",
    "covers": {"en": "They do not ask."},
    "source_url": "https://example.org/policy",
    "verified_by": "A. Lawyer",
    "verified_on": "2026-01-02",
    "review_by": "2030-01-02",
}
# The last digits of phones that nobody has texted from yet.
_NUMBERS = count()
_MONTHS = count()


@dataclass(frozen=True)
class Scene:
    """Where an example happens: the house, and who is about to ask."""

    house: House
    handle: str
    client: Client

    def member(self, name: str) -> str:
        return str(self.house.residents[name].id)

    def case(self, state: str = "open", **changes: Any) -> str:
        """Make a case of the desk, and return its id."""
        heron = self.house.as_("heron")
        given = {"channel": "manual", "situation": "other", "urgency": 3, **changes}
        case_id: str = heron.post("/v1/cases", given).json()["id"]
        if state == "closed":
            heron.post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
        if state == "held":
            heron.post(f"/v1/cases/{case_id}/hold", {"reason": "x"})
        if state == "released":
            heron.post(f"/v1/cases/{case_id}/release")
        return case_id

    def texting_case(self) -> str:
        """A case whose caller has just written, by a phone of its own."""
        case_id: str = self.house.case_of("hello", number=fictional(next(_NUMBERS)))["id"]
        return case_id

    def shift(self, *members: str, **changes: Any) -> str:
        """Put a shift of an hour into the rota, apart from all others, and return its id."""
        crane, apart = self.house.as_("crane"), timedelta(hours=2)
        taken = len(crane.get("/v1/shifts").json()["items"])
        shift = {
            "rrule": "FREQ=DAILY;COUNT=1",
            "starts_at": (self.house.clock() + (taken + 1) * apart).isoformat(),
            "duration": "PT1H",
            "members": [self.member(name) for name in members],
            **changes,
        }
        shift_id: str = crane.post("/v1/shifts", shift).json()["id"]
        return shift_id

    def request(self) -> str:
        """Ask for an interpreter, and return the request's id."""
        wanted = {"kind": "interpreter", "languages": ["fr"]}
        path = f"/v1/cases/{self.case()}/requests"
        request_id: str = self.house.as_("heron").post(path, wanted).json()["id"]
        return request_id

    def offer(self) -> str:
        """Ask whoever is about to act for something, and return the offer's id."""
        now, offer_id = self.house.clock(), uuid4()
        request_id = UUID(self.request())
        with self.house.database.transaction() as db:
            whom = {"request_id": request_id, "member_id": UUID(self.member(self.handle))}
            values = db.keys.new_values(Offer, offer_id, OfferValues(code="4821"), now, **whom)
            until = now + timedelta(hours=1)
            what = {"state": "pending", "step": 0, "made_at": now, "expires_at": until}
            db.execute(delete(Offer).where(Offer.request_id == request_id))
            db.add(Offer(id=offer_id, **what, **values))
        return str(offer_id)

    def assignment(self) -> str:
        """Let whoever is about to act take something on, and return the assignment's id."""
        offer_id, now = UUID(self.offer()), self.house.clock()
        with self.house.database.transaction() as db:
            member_id = UUID(self.member(self.handle))
            return str(accept_offer(db, member_id, offer_id, now).id)

    def version(self, path: str) -> dict[str, str]:
        return {"If-Match": self.client.get(path).headers.get("etag", '"1"')}


@dataclass(frozen=True)
class Example:
    """A request that works for whoever may make it: what fills the path's braces, and the body."""

    ids: dict[str, str] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)


Make = Callable[[Scene], Example]


def plain(body: Any = None) -> Make:
    return lambda scene: Example(body=body)


def on_case(body: Any = None, state: str = "released") -> Make:
    return lambda scene: Example({"case_id": scene.case(state)}, body)


def changing_case(scene: Scene) -> Example:
    case_id = scene.case()
    version = scene.version(f"/v1/cases/{case_id}")
    return Example({"case_id": case_id}, {"urgency": 1}, version)


def reopening(scene: Scene) -> Example:
    case_id = scene.case("closed")
    give_reason(scene, case_id)
    return Example({"case_id": case_id})


def give_reason(scene: Scene, case_id: str) -> None:
    """Let whoever holds the archive say why they open a closed case."""
    if may(scene.handle, "POST /v1/cases/{case_id}/break-glass"):
        scene.house.break_glass(case_id, scene.handle)


def attaching(scene: Scene) -> Example:
    headers = {"Content-Type": "image/png"}
    return Example({"case_id": scene.case()}, PICTURE, headers)


def attached(scene: Scene) -> Example:
    case_id = scene.case()
    answer = scene.house.as_("heron").post(
        f"/v1/cases/{case_id}/attachments", content=PICTURE, headers={"Content-Type": "image/png"}
    )
    if not may(scene.handle, "GET /v1/cases"):
        scene.house.as_("heron").post(f"/v1/cases/{case_id}/close", {"outcome": "other"})
        give_reason(scene, case_id)
    return Example({"case_id": case_id, "attachment_id": answer.json()["id"]})


def calling_back(scene: Scene) -> Example:
    give_phone(scene, scene.handle, fictional(next(_NUMBERS)))
    case_id: str = scene.house.case_of("9", number=fictional(next(_NUMBERS)))["id"]
    return Example({"case_id": case_id})


def give_phone(scene: Scene, handle: str, number: str) -> None:
    with scene.house.database.transaction() as db:
        member = db.get_one(Member, scene.house.residents[handle].id)
        profile = db.keys.read_values(member)
        write_profile(db, member, replace(profile, phone=number))


def talking(body: Any) -> Make:
    """A call in which heron speaks with the caller, put there as if it had come about."""

    def make(scene: Scene) -> Example:
        house, call_id = scene.house, uuid4()
        case_id, now = scene.case(), house.clock()
        with house.database.transaction() as db:
            heron = house.residents["heron"].id
            call = CallCourse(call_id, CallState.BRIDGED, now + STEP, winner=heron)
            case = db.get_one(Case, UUID(case_id))
            add_call(db, case, call, (), now, sid=f"CA{call_id.hex}")
        given = body
        if body == "colleague":
            give_phone(scene, "plover", fictional(next(_NUMBERS)))
            with house.database.transaction() as db:
                db.execute(update(CallLeg).values(state="over"))
            given = {"member": scene.member("plover")}
        return Example({"case_id": case_id, "call_id": str(call_id)}, given)

    return make


def giving_case(scene: Scene) -> Example:
    return Example({"case_id": scene.case()}, {"member": scene.member("heron")})


def merging_case(scene: Scene) -> Example:
    return Example({"case_id": scene.case()}, {"into": scene.case()})


def replying(scene: Scene) -> Example:
    return Example({"case_id": scene.texting_case()}, {"body": "Hello."})


def giving_contact(scene: Scene) -> Example:
    number = fictional(next(_NUMBERS))
    return Example({"case_id": scene.case()}, {"number": number, "methods": ["text"]})


def unsafe_phone(scene: Scene) -> Example:
    return Example({"case_id": scene.texting_case()})


def erasing_case(scene: Scene) -> Example:
    """An urgent case whose caller wants it erased."""
    case_id = scene.texting_case()
    with scene.house.database.transaction() as db:
        case = db.get_one(Case, UUID(case_id))
        wish = Erasure(id=uuid4(), number_lookup=case.number_lookup, state=ErasureState.WAITING)
        values = ErasureValues(number="", code="", tries=0, expires_at=scene.house.clock())
        keys = db.keys.new_values(Erasure, wish.id, values, scene.house.clock())
        for name, value in keys.items():
            setattr(wish, name, value)
        wish.expires_at = rounded(scene.house.clock())
        db.add(wish)
    return Example({"case_id": case_id})


def lifting_block(scene: Scene) -> Example:
    blocked = scene.house.as_("crane").post("/v1/blocks", {"number": "+15145550179"})
    return Example({"block_id": blocked.json()["id"]})


def on_event(body: Any = None, *, versioned: bool = False) -> Make:
    def make(scene: Scene) -> Example:
        heron, wanted = scene.house.as_("heron"), {"kind": "hearing", "starts_at": NEXT_YEAR}
        event = heron.post(f"/v1/cases/{scene.case()}/events", wanted).json()
        return Example({"event_id": event["id"]}, body, {"If-Match": '"1"'} if versioned else {})

    return make


def on_task(scene: Scene) -> Example:
    """A task made by hand; the machine's would need a step of the clock."""
    case_id, subject = scene.case(), uuid4()
    with scene.house.database.transaction() as db:
        now = scene.house.clock()
        add_task(db, UUID(case_id), "recheck", subject, now, now)
        task_id = db.scalars(select(Task.id).where(Task.subject_id == subject)).one()
    return Example({"task_id": str(task_id)})


def on_episode(scene: Scene) -> Example:
    stay = {"place": "Laval", "from": "2026-01-10"}
    heron = scene.house.as_("heron")
    episode = heron.post(f"/v1/cases/{scene.case()}/episodes", stay).json()
    return Example({"episode_id": episode["id"]}, {"notes": "x"}, {"If-Match": '"1"'})


def on_denial(scene: Scene, **body: Any) -> Example:
    """A refused service whose dossier is drafted."""
    denied = {"sector": "police", "service": "statement", "provider": "poste 30"}
    heron, case_id = scene.house.as_("heron"), scene.case()
    heron.post(f"/v1/cases/{case_id}/consents", {"scope": "complaint", "granted": True})
    path, shared = f"/v1/cases/{case_id}/denials", {**denied, "share": ["provider"]}
    denial_id = heron.post(path, shared).json()["id"]
    assert heron.post(f"/v1/denials/{denial_id}/dossier", {}).status_code == 200
    return Example({"denial_id": denial_id}, body, {"If-Match": '"2"'})


def on_raid(scene: Scene) -> Example:
    report = scene.house.as_("heron").post("/v1/raid-reports", {"size": "two cars"}).json()
    return Example({"report_id": report["id"]}, {"facts": {"size": "x"}}, {"If-Match": '"1"'})


def a_month(scene: Scene) -> str:
    """Freeze a month of its own, far ahead, and return its name."""
    year, number = divmod(next(_MONTHS), 12)
    month = f"{2030 + year}-{number + 1:02}"
    with scene.house.database.transaction() as db:
        freeze_month(db, month, scene.house.clock())
    return month


def on_release(*, drawn: bool) -> Make:
    """A release that another coordinator asked for; one that was drawn serves everybody."""

    def make(scene: Scene) -> Example:
        house, now = scene.house, scene.house.clock()
        with house.database.snapshot() as db:
            known = db.scalar(select(StatisticsRelease.id).where(StatisticsRelease.seq == 1))
        if known is not None and drawn:
            return Example({"release_id": str(known)})
        month, other = a_month(scene), "crane" if scene.handle == "wren" else "wren"
        with house.database.transaction() as db:
            asked = request_release(db, house.principal(other), "opened", month, now)
        if drawn:
            third = "wren" if other == "crane" else "crane"
            confirm_release(house.database, house.principal(third), asked.id, now)
        return Example({"release_id": str(asked.id)})

    return make


def on_entry(body: Any = None) -> Make:
    def make(scene: Scene) -> Example:
        clinic = {"kind": "clinic", "name": "x"}
        entry = scene.house.as_("heron").post("/v1/directory", clinic).json()
        return Example({"entry_id": entry["id"]}, body, {"If-Match": '"1"'} if body else {})

    return make


def on_card(body: Any = None) -> Make:
    def make(scene: Scene) -> Example:
        card = scene.house.as_("crane").post("/v1/information-cards", CARD).json()
        return Example({"card_id": card["id"]}, body, {"If-Match": '"1"'} if body else {})

    return make


def announcing(scene: Scene) -> Example:
    card = scene.house.as_("crane").post("/v1/information-cards", CARD).json()
    return Example({"card_id": card["id"]}, {"case_id": scene.texting_case()})


def breaking_glass(scene: Scene) -> Example:
    return Example({"case_id": scene.case("closed")}, {"reason": "x"})


def on_shift(body: Any = None) -> Make:
    return lambda scene: Example({"shift_id": scene.shift()}, body)


def on_my_shift(scene: Scene) -> Example:
    return Example({"shift_id": scene.shift(scene.handle if scene.handle != "magpie" else "owl")})


def on_open_shift(scene: Scene) -> Example:
    role = next((one for one in PEOPLE[scene.handle] if one != "auditor"), "legal")
    return Example({"shift_id": scene.shift(role=role)})


def changing_shift(scene: Scene) -> Example:
    shift_id = scene.shift()
    version = scene.version(f"/v1/shifts/{shift_id}")
    return Example({"shift_id": shift_id}, {"people": 2}, version)


def overriding(scene: Scene) -> Example:
    shift_id = scene.shift()
    shift = scene.house.as_("crane").get(f"/v1/shifts/{shift_id}").json()
    return Example({"shift_id": shift_id}, {"occurrence": shift["starts_at"], "cancelled": True})


def restoring(scene: Scene) -> Example:
    shift_id = scene.shift()
    shift = scene.house.as_("crane").get(f"/v1/shifts/{shift_id}").json()
    return Example({"shift_id": shift_id}, query={"occurrence": shift["starts_at"]})


def taking_swap(scene: Scene) -> Example:
    """A swap that somebody else of the same role has offered."""
    role = next((one for one in PEOPLE[scene.handle] if one != "auditor"), "dispatcher")
    other = f"swapping-{role}"
    if other not in scene.house.residents:
        scene.house.newcomer(other, role)
    shift_id = scene.shift(other, role=role)
    swap = scene.house.as_(other).post(f"/v1/shifts/{shift_id}/swap").json()
    return Example({"swap_id": swap["id"]})


def withdrawing_swap(scene: Scene) -> Example:
    asking = scene.handle if scene.handle != "magpie" else "owl"
    shift_id = scene.shift(asking)
    swap = scene.house.as_(asking).post(f"/v1/shifts/{shift_id}/swap").json()
    return Example({"swap_id": swap["id"]})


def changing_me(scene: Scene) -> Example:
    return Example(body={"name": "x"}, headers=scene.version("/v1/members/me"))


def changing_member(scene: Scene) -> Example:
    member_id = scene.member("owl")
    version = scene.version(f"/v1/members/{member_id}")
    return Example({"member_id": member_id}, {"skills": ["court"]}, version)


def removing_member(scene: Scene) -> Example:
    name = f"passing-{len(scene.house.residents)}"
    return Example({"member_id": str(scene.house.newcomer(name, "accompanier").id)})


def on_confirmation(scene: Scene) -> Example:
    """A change that another coordinator than the one who tries it asked for."""
    return _asked_about(scene, "finch" if scene.handle == "starling" else "starling")


def on_own_confirmation(scene: Scene) -> Example:
    """A change that a coordinator asked for the member who tries it."""
    return _asked_about(scene, "finch" if scene.handle == "wren" else scene.handle)


def _asked_about(scene: Scene, about: str) -> Example:
    asking = scene.house.as_("crane" if scene.handle == "wren" else "wren")
    path, own = f"/v1/members/{scene.member(about)}", list(PEOPLE[about])
    more = "coordinator" if "dispatcher" in own else "dispatcher"
    for roles in (own, [*own, more]):
        answer = asking.patch(path, {"roles": roles}, version="*")
    return Example({"confirmation_id": answer.json()["waits_for"][0]["id"]})


def ending_session(scene: Scene) -> Example:
    items = scene.client.get("/v1/sessions").json().get("items", [{"id": NOBODY}])
    return Example({"session_id": items[0]["id"]})


def confirming(scene: Scene) -> Example:
    scene.house.clock.advance(STEP)
    code = scene.house.residents[scene.handle].totp_code(scene.house.clock())
    return Example(body={"code": code})


def redeeming(scene: Scene) -> Example:
    roles = {"roles": ["accompanier"]}
    code = scene.house.as_("crane").post("/v1/invitations", roles).json()["code"]
    return Example(body={"code": code, "handle": "newcomer", "passphrase": PASSPHRASE})


def recovering(scene: Scene) -> Example:
    code = scene.house.residents["plover"].recovery_code
    return Example(body={"handle": "plover", "recovery_code": code, "new_passphrase": PASSPHRASE})


def on_request(body: Any = None) -> Make:
    return lambda scene: Example({"request_id": scene.request()}, body)


def on_offer(body: Any = None) -> Make:
    return lambda scene: Example({"offer_id": scene.offer()}, body)


def on_assignment(body: Any = None) -> Make:
    return lambda scene: Example({"assignment_id": scene.assignment()}, body)


# Who may: whoever has one of these permissions; everybody where there is none.
ENDPOINTS: dict[str, tuple[Iterable[Permission], Make]] = {
    "GET /healthz": (PUBLIC, plain()),
    "GET /readyz": (PUBLIC, plain()),
    "GET /metrics": (PUBLIC, plain()),
    "GET /v1/docs": (PUBLIC, plain()),
    "GET /v1/docs.css": (PUBLIC, plain()),
    "GET /v1/openapi.json": (PUBLIC, plain()),
    "POST /v1/sessions": (PUBLIC, plain({"handle": "plover", "passphrase": PASSPHRASE})),
    "POST /v1/sessions/recover": (PUBLIC, recovering),
    "POST /v1/sessions/second-factor": (
        PUBLIC,
        plain({"handle": "plover", "passphrase": PASSPHRASE}),
    ),
    "GET /v1/confirmations": ({MEMBERS}, plain()),
    "POST /v1/confirmations/{confirmation_id}/confirm": ({MEMBERS}, on_confirmation),
    "POST /v1/confirmations/{confirmation_id}/withdraw": ({SELF}, on_own_confirmation),
    "POST /v1/invitations/redeem": (PUBLIC, redeeming),
    "GET /v1/sessions": ({SELF}, plain()),
    "DELETE /v1/sessions/current": ({SELF}, plain()),
    "DELETE /v1/sessions/{session_id}": ({SELF}, ending_session),
    "GET /v1/members/me": ({SELF}, plain()),
    "PATCH /v1/members/me": ({SELF}, changing_me),
    "POST /v1/members/me/totp": ({SELF}, confirming),
    "POST /v1/invitations": ({INVITATIONS}, plain({"roles": ["legal"]})),
    "GET /v1/members": ({MEMBERS}, plain()),
    "GET /v1/members/{member_id}": (
        {MEMBERS},
        lambda scene: Example({"member_id": scene.member("owl")}),
    ),
    "PATCH /v1/members/{member_id}": ({MEMBERS}, changing_member),
    "DELETE /v1/members/{member_id}": ({MEMBERS}, removing_member),
    "GET /v1/cases": ({CASES}, plain()),
    "POST /v1/cases": (
        {CASES},
        plain({"channel": "manual", "situation": "other", "urgency": 3}),
    ),
    "GET /v1/cases/{case_id}": ({CASES}, on_case()),
    "PATCH /v1/cases/{case_id}": ({CASES}, changing_case),
    "POST /v1/cases/{case_id}/claim": ({CASES}, on_case()),
    "POST /v1/cases/{case_id}/assign": ({CASES}, giving_case),
    "POST /v1/cases/{case_id}/release": ({CASES}, on_case({"handover": "x"})),
    "POST /v1/cases/{case_id}/messages": ({CASES}, replying),
    "POST /v1/cases/{case_id}/notes": ({CASES}, on_case({"body": "x"})),
    "POST /v1/cases/{case_id}/consents": (
        {CASES},
        on_case({"scope": "legal", "granted": True}),
    ),
    "GET /v1/cases/{case_id}/export": ({CASES}, on_case()),
    "POST /v1/cases/{case_id}/attachments": ({CASES}, attaching),
    "GET /v1/cases/{case_id}/attachments/{attachment_id}": ({CASES, ARCHIVE}, attached),
    "GET /v1/cases/{case_id}/attachments/{attachment_id}/thumbnail": ({CASES, ARCHIVE}, attached),
    "POST /v1/cases/{case_id}/calls": ({CASES}, calling_back),
    "POST /v1/cases/{case_id}/calls/{call_id}/hand-over": ({CASES}, talking("colleague")),
    "POST /v1/cases/{case_id}/calls/{call_id}/interpreter": (
        {CASES},
        talking({"languages": ["fr"]}),
    ),
    "POST /v1/cases/{case_id}/calls/{call_id}/custody": ({CASES}, talking({"custody": True})),
    "POST /v1/cases/{case_id}/merge": ({CASES}, merging_case),
    "POST /v1/cases/{case_id}/close": ({CASES}, on_case({"outcome": "other"})),
    "POST /v1/cases/{case_id}/reopen": ({ARCHIVE}, reopening),
    "POST /v1/cases/{case_id}/erase": ({CASES}, on_case()),
    "DELETE /v1/cases/{case_id}/erasure": ({CASES}, erasing_case),
    "POST /v1/cases/{case_id}/hold": ({HOLD}, on_case({"reason": "x"})),
    "DELETE /v1/cases/{case_id}/hold": ({Permission.LIFT_HOLD}, on_case(state="held")),
    "POST /v1/cases/{case_id}/requests": (
        {CASES},
        on_case({"kind": "interpreter", "languages": ["fr"]}),
    ),
    "GET /v1/requests": ({CASES}, plain()),
    "GET /v1/requests/{request_id}": ({CASES}, on_request()),
    "POST /v1/requests/{request_id}/cancel": ({CASES}, on_request()),
    "POST /v1/requests/{request_id}/brief": ({CASES}, on_request({"share": []})),
    "GET /v1/requests/{request_id}/candidates": ({CASES}, on_request()),
    "GET /v1/offers": ({OFFERS}, plain()),
    "POST /v1/offers/{offer_id}/accept": ({OFFERS}, on_offer()),
    "POST /v1/offers/{offer_id}/decline": ({OFFERS}, on_offer({"reason": "x"})),
    "GET /v1/assignments": ({OFFERS}, plain()),
    "GET /v1/assignments/{assignment_id}": ({OFFERS}, on_assignment()),
    "POST /v1/assignments/{assignment_id}/report": (
        {OFFERS},
        on_assignment({"outcome": "attended"}),
    ),
    "PUT /v1/cases/{case_id}/contact": ({CASES}, giving_contact),
    "POST /v1/cases/{case_id}/contact/compromised": ({CASES}, unsafe_phone),
    "DELETE /v1/cases/{case_id}/contact/compromised": ({CASES}, on_case()),
    "POST /v1/cases/{case_id}/contact/confirmed": ({CASES}, on_case()),
    "DELETE /v1/cases/{case_id}/contact/confirmed": ({CASES}, on_case()),
    "POST /v1/cases/{case_id}/break-glass": ({ARCHIVE}, breaking_glass),
    "POST /v1/cases/{case_id}/events": (
        {CASES},
        on_case({"kind": "check_in", "starts_at": NEXT_YEAR}),
    ),
    "GET /v1/events": ({CASES}, plain()),
    "GET /v1/events/{event_id}": ({CASES}, on_event()),
    "PATCH /v1/events/{event_id}": ({CASES}, on_event({"state": "confirmed"}, versioned=True)),
    "GET /v1/tasks": ({CASES}, plain()),
    "POST /v1/tasks/{task_id}/done": ({CASES}, on_task),
    "GET /v1/cases/{case_id}/episodes": ({CASES}, on_case()),
    "POST /v1/cases/{case_id}/episodes": (
        {CASES},
        on_case({"place": "Laval", "from": "2026-01-10"}),
    ),
    "PATCH /v1/episodes/{episode_id}": ({CASES}, on_episode),
    "GET /v1/cases/{case_id}/denials": ({CASES}, on_case()),
    "POST /v1/cases/{case_id}/denials": (
        {CASES},
        on_case(body={"sector": "food", "service": "aid", "provider": "a food bank"}),
    ),
    "PATCH /v1/denials/{denial_id}": ({CASES}, lambda scene: on_denial(scene, place="x")),
    "POST /v1/denials/{denial_id}/dossier": ({CASES}, on_denial),
    "GET /v1/denials/{denial_id}/dossier": ({CASES}, on_denial),
    "GET /v1/denials": ({COMPLAINTS}, plain()),
    "POST /v1/denials/{denial_id}/steps": (
        {COMPLAINTS},
        lambda scene: on_denial(scene, state="sent"),
    ),
    "GET /v1/raid-reports": ({RAIDS}, plain()),
    "POST /v1/raid-reports": ({RAIDS}, plain({"size": "x"})),
    "PATCH /v1/raid-reports/{report_id}": ({RAIDS}, on_raid),
    "GET /v1/directory": ({DIRECTORY}, plain()),
    "POST /v1/directory": ({DIRECTORY}, plain({"kind": "clinic", "name": "x"})),
    "GET /v1/directory/{entry_id}": ({DIRECTORY}, on_entry()),
    "PATCH /v1/directory/{entry_id}": ({DIRECTORY}, on_entry({"name": "y"})),
    "DELETE /v1/directory/{entry_id}": ({DIRECTORY}, on_entry()),
    "GET /v1/information-cards": ({DIRECTORY}, plain()),
    "POST /v1/information-cards": ({RULES}, plain(CARD)),
    "GET /v1/information-cards/{card_id}": ({DIRECTORY}, on_card()),
    "PATCH /v1/information-cards/{card_id}": ({RULES}, on_card({"topic": "school"})),
    "DELETE /v1/information-cards/{card_id}": ({RULES}, on_card()),
    "POST /v1/information-cards/{card_id}/announce": ({CASES}, announcing),
    "GET /v1/deadline-rules": ({RULES}, plain()),
    "PUT /v1/deadline-rules": ({RULES}, plain({"items": []})),
    "GET /v1/blocks": ({BLOCKS}, plain()),
    "POST /v1/blocks": ({BLOCKS}, plain({"number": "+15145550178"})),
    "DELETE /v1/blocks/{block_id}": ({BLOCKS}, lifting_block),
    "GET /v1/shifts": ({ROTA}, plain()),
    "POST /v1/shifts": (
        {ROTA_OF_ALL},
        plain({"rrule": "FREQ=DAILY", "starts_at": "2026-01-16T09:00:00Z", "duration": "PT1H"}),
    ),
    "GET /v1/shifts/on-duty": ({ROTA}, plain()),
    "GET /v1/shifts/turns": ({ROTA}, plain()),
    "GET /v1/shifts/swaps": ({ROTA}, plain()),
    "POST /v1/shifts/swaps/{swap_id}/take": ({ROTA}, taking_swap),
    "DELETE /v1/shifts/swaps/{swap_id}": ({ROTA}, withdrawing_swap),
    "POST /v1/shifts/feed": ({ROTA}, plain()),
    "DELETE /v1/shifts/feed": ({ROTA}, plain()),
    "GET /v1/shifts/{shift_id}": ({ROTA}, on_open_shift),
    "PATCH /v1/shifts/{shift_id}": ({ROTA_OF_ALL}, changing_shift),
    "DELETE /v1/shifts/{shift_id}": ({ROTA_OF_ALL}, on_shift()),
    "PUT /v1/shifts/{shift_id}/overrides": ({ROTA_OF_ALL}, overriding),
    "DELETE /v1/shifts/{shift_id}/overrides": ({ROTA_OF_ALL}, restoring),
    "POST /v1/shifts/{shift_id}/sign-up": ({ROTA}, on_open_shift),
    "POST /v1/shifts/{shift_id}/swap": ({ROTA}, on_my_shift),
    "GET /v1/shifts/{shift_id}/hand-over": ({CASES}, on_shift()),
    "POST /v1/shifts/{shift_id}/hand-over": ({CASES}, on_shift({"body": "x"})),
    "GET /v1/statistics/releases": ({Permission.STATISTICS_READ}, plain()),
    "POST /v1/statistics/releases": (
        {Permission.STATISTICS},
        lambda scene: Example({}, {"family": "opened", "period": a_month(scene)}),
    ),
    "POST /v1/statistics/releases/{release_id}/confirm": (
        {Permission.STATISTICS},
        on_release(drawn=False),
    ),
    "GET /v1/statistics/releases/{release_id}": (
        {Permission.STATISTICS_READ},
        on_release(drawn=True),
    ),
    "GET /v1/statistics/plan": ({Permission.STATISTICS_READ}, plain()),
    "PUT /v1/statistics/plan": ({Permission.STATISTICS}, plain({})),
    "GET /v1/settings": ({SETTINGS}, plain()),
    "PUT /v1/settings": ({SETTINGS}, plain({"name": "x"})),
    "GET /v1/texts": ({TEXTS}, plain()),
    "GET /v1/audit": ({AUDIT}, plain()),
}
GUARDED = [name for name, (needs, _) in ENDPOINTS.items() if needs]
OPEN = [name for name, (needs, _) in ENDPOINTS.items() if not needs]


def endpoints_of(app: FastAPI) -> set[str]:
    """Name each endpoint but the pages for people, the webhooks and the simulated network."""
    return {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        if str(route.path).startswith(("/v1", "/healthz", "/readyz", "/metrics"))
        for method in (route.methods or ())
        if method != "HEAD"
    }


def may(handle: str, name: str) -> bool:
    granted = set().union(*(PERMISSIONS[role] for role in PEOPLE[handle]))
    return bool(granted & set(ENDPOINTS[name][0]))


def ask(client: Client, name: str, example: Example) -> Any:
    method, path = name.split()
    return client.request(
        method,
        path.format(**example.ids),
        **{"content" if isinstance(example.body, bytes) else "json": example.body},
        headers=example.headers,
        params=example.query,
    )


def test_every_endpoint_is_in_the_table(shared_house: House) -> None:
    assert endpoints_of(shared_house.app) == set(ENDPOINTS)


@pytest.fixture(autouse=True)
def _nobody_rises_later(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take back what waits for a confirmation, before a day has gone by and it holds."""
    yield
    if "confirmation" in request.node.name:
        wren = request.getfixturevalue("shared_house").as_("wren")
        for one in wren.get("/v1/confirmations").json()["items"]:
            wren.post(f"/v1/confirmations/{one['id']}/withdraw")


@pytest.mark.parametrize("name", GUARDED)
def test_nobody_gets_in_without_signing_in(shared_house: House, name: str) -> None:
    scene = Scene(shared_house, "heron", shared_house.as_("heron"))
    example = ENDPOINTS[name][1](scene)
    for client in (shared_house.nobody, Client(shared_house.http, "no-token-of-this-house")):
        answer = ask(client, name, example)
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:kith:unauthenticated")


@pytest.mark.parametrize("name", OPEN)
def test_these_need_no_signing_in(shared_house: House, name: str) -> None:
    scene = Scene(shared_house, "heron", shared_house.nobody)
    assert ask(shared_house.nobody, name, ENDPOINTS[name][1](scene)).status_code < 300


@pytest.mark.parametrize("handle", [name for name in PEOPLE if name != "plover"])
@pytest.mark.parametrize("name", GUARDED)
def test_a_member_may_what_their_roles_may(shared_house: House, name: str, handle: str) -> None:
    client = shared_house.as_(handle)
    example = ENDPOINTS[name][1](Scene(shared_house, handle, client))
    answer = ask(client, name, example)
    if may(handle, name):
        assert answer.status_code < 300, answer.text
    else:
        if may(handle, "GET /v1/cases/{case_id}"):
            assert answer.status_code == 403, answer.text
            return  # they know what is there
        # One answer for everything about a case that is not theirs to know of.
        assert answer.status_code == (404 if "{case_id}" in name else 403), answer.text
        ids = dict.fromkeys(example.ids, NOBODY)
        nowhere = Example(ids, example.body, example.headers, example.query)
        assert ask(client, name, nowhere).text == answer.text, "tells whether it is there"


def test_the_archive_lists_what_has_ended_and_nothing_else(shared_house: House) -> None:
    closed = Scene(shared_house, "heron", shared_house.as_("heron")).case("closed")
    crane = shared_house.as_("crane")
    listed = crane.get("/v1/cases", params={"state": "closed", "limit": 200})
    assert closed in [item["id"] for item in listed.json()["items"]]
    for state in ("new", "open", "waiting"):
        assert crane.get("/v1/cases", params={"state": state}).status_code == 403
    assert shared_house.as_("owl").get("/v1/cases", params={"state": "closed"}).status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/invitations"),
        ("PUT", "/v1/settings"),
        ("POST", "/v1/blocks"),
        ("PUT", "/v1/deadline-rules"),
        ("POST", "/v1/shifts"),
        ("PATCH", f"/v1/members/{UUID(int=1)}"),
    ],
)
def test_who_may_not_is_told_so_before_what_they_wrote_is_looked_at(
    shared_house: House, method: str, path: str
) -> None:
    answer = shared_house.as_("finch").request(
        method, path, json={"nonsense": []}, headers={"If-Match": '"1"'}
    )
    assert refusal(answer) == (403, "forbidden")
