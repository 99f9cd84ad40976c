"""The month itself: one event after the other, on the service's own clock.

Nothing here looks behind the service's doors: callers text, volunteers answer texts, dispatchers
are paged and use the REST API. Between events the clock goes on in steps of at most five minutes
while somebody waits or is looked for, so that pages and offers go out when they are due.
"""

from __future__ import annotations

import heapq
import itertools
import random
import re
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.telephony import measure_text
from simulation import people
from simulation.people import ZONE, Volunteer
from simulation.service import Service

# While a caller waits; while only volunteers are looked for; while nothing is open.
_BUSY_STEP, _SEEKING_STEP = timedelta(minutes=5), timedelta(minutes=15)
_QUIET_STEP = timedelta(hours=1)
_LOOKS_AT_QUEUE = timedelta(minutes=10)
_OFFER = re.compile(r"Reply (\d{4}) YES or NO")
_PAGE = re.compile(r"Reply 1 = mine")
# What the desk does after reading, by situation: whom it asks for, and how often.
_NEEDS = {
    "detained": ("legal", 0.7),
    "happening_now": ("legal", 0.3),
    "date_or_letter": ("accompaniment", 0.7),
    "service_denied": ("interpreter", 0.2),
}
_SCOPES = {"legal": "legal", "accompaniment": "accompanier"}


@dataclass(frozen=True)
class Plan:
    """What kind of month; times of day are the organisation's."""

    days: int
    per_day: float
    raid_factor: float
    seed: int
    raid_day: int
    outage: tuple[int, float]  # the day, and for how many hours from eleven on
    kills: tuple[int, ...]  # days on which the service dies at noon


@dataclass
class Contact:
    """One caller's first word, and when it met a human."""

    serial: int
    number: str
    at: datetime
    situation: str
    raid: bool
    texts: deque[str]
    accepted: bool = False  # by the service, with a 200
    case_id: str | None = None
    tier: int | None = None
    paged_at: datetime | None = None
    human_at: datetime | None = None
    in_outage: bool = False
    idle_desk_s: float = 0.0

    @property
    def first_text(self) -> str:
        """What they write first; nobody else writes the same."""
        return f"hello, I am number {self.serial}"


@dataclass
class Sought:
    """One request for a person."""

    id: str
    kind: str
    tier: int
    at: datetime
    state: str = "open"
    first_offer_at: datetime | None = None
    ended_at: datetime | None = None
    by: str | None = None


@dataclass
class Dispatcher:
    """Somebody at the desk, one conversation after the other."""

    handle: str
    phone: str
    hours: tuple[int, int]
    free_at: datetime
    woken: bool = False

    def on_duty(self, at: datetime) -> bool:
        """Return whether their shift covers this instant."""
        begin, end = self.hours
        return begin <= at.astimezone(ZONE).hour < end


@dataclass
class Seen:
    """What came of the month."""

    contacts: list[Contact] = field(default_factory=list)
    sought: list[Sought] = field(default_factory=list)
    volunteers: dict[str, int] = field(default_factory=dict)
    texts: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)


class Month:
    """Runs a plan against a started service."""

    def __init__(self, service: Service, plan: Plan, tell: Callable[[str], None]) -> None:
        self.service, self.plan, self.tell = service, plan, tell
        self.chance = random.Random(plan.seed)
        self.seen = Seen()
        self.now = service.network.now()
        self._order = itertools.count()
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._read: dict[str, str | None] = {}
        self._waiting: dict[str, Contact] = {}
        self._open: dict[str, Sought] = {}
        self._outage = False
        self._unread = False  # perhaps: somebody texted since the queue was last seen empty
        self._handles: dict[str, str] = {}
        self._beyond: set[str] = set()
        self._followed = self.now - _BUSY_STEP
        self._newest: dict[str, str] = {}  # the code of the last offer that a phone got
        self.desk: list[Dispatcher] = []
        self.helpers: list[Volunteer] = []

    # -- before

    def prepare(self) -> None:
        """Give everybody hours and habits, plan who writes when, and what breaks when."""
        members = self.service.must("crane", "GET", "/v1/members")["items"]
        by_handle = {member["handle"]: member for member in members}
        hours = {"heron": (7, 15), "plover": (15, 23), "wren": (0, 24)}
        for handle, span in hours.items():
            phone = by_handle[handle].get("phone") or ""
            self.desk.append(Dispatcher(handle, phone, span, self.now))
        habits = {
            "finch": (0.6, 0.2, 6),
            "robin": (0.5, 0.2, 20),
            "swallow": (0.45, 0.15, 45),
            "owl": (0.7, 0.1, 12),
            "starling": (0.5, 0.2, 10),
            "thrush": (0.5, 0.2, 25),
        }
        for handle, (yes, no, median) in habits.items():
            phone = by_handle[handle].get("phone") or ""
            self.helpers.append(Volunteer(handle, phone, yes, no, median))
            self.seen.volunteers[handle] = 0
        self._arrange_rota(by_handle)
        plan = self.plan
        start = self.now
        for serial, (at, raid) in enumerate(
            people.arrivals(
                self.chance, start, plan.days, plan.per_day, plan.raid_day, plan.raid_factor
            )
        ):
            situation, texts = people.story(self.chance, raid=raid)
            contact = Contact(serial, people.number(serial), at, situation, raid, deque(texts))
            self._at(at, partial(self._first_text, contact))
        day, length = plan.outage
        self._at(self._noon(start, day, 11), self._carrier_down)
        self._at(self._noon(start, day, 11 + length), self._carrier_up)
        for day in plan.kills:
            self._at(self._noon(start, day, 12), self._die)
        self.end = start + timedelta(days=plan.days)

    def _arrange_rota(self, by_handle: dict[str, Any]) -> None:
        """Put the desk's hours in place of the demo's shifts; wren is the fallback."""
        for shift in self.service.must("crane", "GET", "/v1/shifts")["items"]:
            self.service.ask("crane", "DELETE", f"/v1/shifts/{shift['id']}")
        for one in self.desk:
            begin, end = one.hours
            day = self.now.astimezone(ZONE) - timedelta(days=1)
            body = {
                "rrule": "FREQ=DAILY",
                "starts_at": f"{day:%Y-%m-%d}T{begin:02}:00:00",
                "duration": f"PT{end - begin}H",
                "members": [by_handle[one.handle]["id"]],
                "fallback": one.handle == "wren",
            }
            self.service.must("crane", "POST", "/v1/shifts", body)

    @staticmethod
    def _noon(start: datetime, day: int, hour: float) -> datetime:
        at = (start + timedelta(days=day)).astimezone(ZONE)
        return at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(hours=hour)

    def _at(self, at: datetime, work: Callable[[], None]) -> None:
        heapq.heappush(self._events, (max(at, self.now), next(self._order), work))

    # -- the clock

    def run(self) -> Seen:
        """Live through the month and two days more; return what was seen."""
        told = 0
        finish = self.end + timedelta(days=2)
        while self.now < finish:
            self._step(self._next(finish))
            day = (self.now - self.end).days + self.plan.days
            if day > told:
                told = day
                self.tell(
                    f"day {day}: {len(self.seen.contacts)} callers, {len(self._waiting)} waiting, "
                    f"{len(self.seen.sought)} requests, {len(self._open)} open"
                )
        self._last_look()
        return self.seen

    def _next(self, finish: datetime) -> datetime:
        quiet = _SEEKING_STEP if self._open else _QUIET_STEP
        step = self.now + (_BUSY_STEP if self._waiting or self._unread else quiet)
        due = self._events[0][0] if self._events else finish
        return min(max(due, self.now), step, finish)

    def _step(self, until: datetime) -> None:
        seconds = (until - self.now).total_seconds()
        if seconds > 0:
            self._count_idle(seconds)
            self.now = self.service.network.advance(seconds)
        while self._events and self._events[0][0] <= self.now:
            heapq.heappop(self._events)[2]()
        self._look_at_phones()
        self._work_at_desk()
        self._follow_requests()

    def _count_idle(self, seconds: float) -> None:
        """Note for each who waits how long somebody at the desk had nothing else to do."""
        if any(one.on_duty(self.now) and one.free_at <= self.now for one in self.desk[:2]):
            for contact in self._waiting.values():
                contact.idle_desk_s += seconds

    # -- callers

    def _first_text(self, contact: Contact) -> None:
        contact.in_outage = self._outage
        sent = self.service.network.phone(contact.number).text(contact.first_text)
        contact.accepted = sent.http_status == 200
        self.seen.contacts.append(contact)
        self._waiting[contact.number] = contact
        self._unread = True
        self._goes_on(contact)

    def _goes_on(self, contact: Contact) -> None:
        if contact.texts:
            later = people.pause(self.chance, 0.7, self.now)
            self._at(self.now + later, lambda: self._text_again(contact))

    def _text_again(self, contact: Contact) -> None:
        self.service.network.phone(contact.number).text(contact.texts.popleft())
        self._unread = True
        self._goes_on(contact)

    # -- phones of members

    def _look_at_phones(self) -> None:
        if not (self._unread or self._open):
            return
        for one in self.desk:
            for body, at in self._new_texts(one.phone):
                if _PAGE.search(body):
                    self.seen.texts["pages"] += 1
                    self._paged(one, at)
        for helper in self.helpers:
            for body, at in self._new_texts(helper.phone):
                if found := _OFFER.search(body):
                    self.seen.texts["offers"] += 1
                    self._offered(helper, found.group(1), at)

    def _new_texts(self, phone: str) -> Iterable[tuple[str, datetime]]:
        texts = self.service.network.phone(phone).inbox(self._read.get(phone))
        if texts:
            self._read[phone] = texts[-1].sid
        return [(text.body, text.at) for text in texts]

    def _paged(self, one: Dispatcher, at: datetime) -> None:
        for contact in self._waiting.values():
            if contact.paged_at is None and contact.at <= at:
                contact.paged_at = at
        if one.woken:
            return  # at it already: another text does not make them slower
        one.woken = True
        wakes = people.pause(self.chance, 2.0, self.now)
        one.free_at = max(one.free_at, self.now + wakes)
        self._at(one.free_at, _nothing)

    def _offered(self, helper: Volunteer, code: str, at: datetime) -> None:
        self._newest[helper.phone] = code
        answer = helper.answer(self.chance, at)
        if answer is not None:
            word, later = answer
            self._at(self.now + later, partial(self._answer_newest, helper.phone, word))

    def _answer_newest(self, phone: str, word: str) -> None:
        """Answer what was asked last, as somebody does who finds several texts; never twice."""
        code = self._newest.pop(phone, None)
        if code is not None:
            self.service.network.phone(phone).text(f"{code} {word}")

    # -- the desk

    def _work_at_desk(self) -> None:
        if not self._unread or self._outage:
            return
        for one in self.desk:
            if one.free_at > self.now:
                continue
            regular = one.handle != "wren" and one.on_duty(self.now)
            if regular or one.woken:
                one.woken = self._takes_next(one) and one.woken
                self._at(max(one.free_at, self.now + _LOOKS_AT_QUEUE), _nothing)

    def _takes_next(self, one: Dispatcher) -> bool:
        """Let somebody answer the first who waits in the queue; return whether there was one."""
        queue = self.service.must(one.handle, "GET", "/v1/cases?limit=200")["items"]
        waiting = [case for case in queue if case["waiting_since"] and not self._is_beyond(case)]
        self._unread = bool(waiting)
        for case in waiting:
            path = f"/v1/cases/{case['id']}"
            self.service.ask(one.handle, "POST", f"{path}/claim")
            status, whole = self.service.ask(one.handle, "GET", path)
            if status == 200:
                self._answer(one, case, [message["body"] for message in whole["messages"]])
                return True
        return False

    def _is_beyond(self, case: dict[str, Any]) -> bool:
        """Return whether somebody looked, could not write, and nothing came in since."""
        return case["id"] in self._beyond and not case["unread"]

    def _write(self, one: Dispatcher, case: dict[str, Any], body: str) -> bool:
        """Text a caller; who waited for too long is asked about safe hours by voice before."""
        path = f"/v1/cases/{case['id']}"
        status, said = self.service.ask(one.handle, "POST", f"{path}/messages", {"body": body})
        if status == 403 and said["type"].endswith("consent-missing"):
            self.seen.texts["too_late"] += 1
            agreed = {"scope": "contact", "granted": True, "methods": ["text"], "hours": []}
            agreed["override_reason"] = "asked us for help today"
            self.service.must(one.handle, "POST", f"{path}/consents", agreed)
            status, said = self.service.ask(one.handle, "POST", f"{path}/messages", {"body": body})
        if status != 202:
            self._beyond.add(case["id"])
        return status == 202

    def _answer(self, one: Dispatcher, case: dict[str, Any], bodies: list[str]) -> None:
        waiting = self._waiting.values()
        contact = next((contact for contact in waiting if contact.first_text in bodies), None)
        if contact is not None:
            self._handle(one, case, contact)
            return
        self._write(one, case, "Thank you, I have read it.")
        one.free_at = self.now + timedelta(minutes=self.chance.uniform(1, 3))

    def _handle(self, one: Dispatcher, case: dict[str, Any], contact: Contact) -> None:
        path = f"/v1/cases/{case['id']}"
        if self._write(one, case, "I am here with you. Can you tell me more?"):
            self.seen.texts["replies"] += 1
        else:
            self.seen.texts["not_written"] += 1
        contact.case_id, contact.tier = case["id"], case["urgency"]
        contact.human_at = self.now
        del self._waiting[contact.number]
        one.free_at = self.now + timedelta(minutes=self.chance.uniform(4, 12))
        self._at(one.free_at, _nothing)
        kind, often = _NEEDS.get(contact.situation, ("", 0.0))
        if self.chance.random() < often:
            self._seek(one, path, kind, contact)
        days = self.chance.uniform(0.5, 6)
        self._at(self.now + timedelta(days=days), lambda: self._close(one, path))

    def _seek(self, one: Dispatcher, path: str, kind: str, contact: Contact) -> None:
        if scope := _SCOPES.get(kind):
            consent = {"scope": scope, "granted": True}
            self.service.must(one.handle, "POST", f"{path}/consents", consent)
        order = {"kind": kind, "region": "montreal", "languages": ["en"]}
        if kind == "interpreter":
            order["languages"] = ["en", "es"]
        made = self.service.must(one.handle, "POST", f"{path}/requests", order)
        sought = Sought(made["id"], kind, contact.tier or 0, self.now)
        self.seen.sought.append(sought)
        self._open[sought.id] = sought

    def _close(self, one: Dispatcher, path: str) -> None:
        self.service.ask(one.handle, "POST", f"{path}/close", {"outcome": "supported"})

    def _follow_requests(self) -> None:
        if self.now < self._followed + _BUSY_STEP:
            return
        self._followed = self.now
        for sought in list(self._open.values()):
            status, found = self.service.ask("wren", "GET", f"/v1/requests/{sought.id}")
            if status != 200:
                self._settled(sought, "gone")
                continue
            if found["offers"] and sought.first_offer_at is None:
                sought.first_offer_at = min(_instant(o["made_at"]) for o in found["offers"])
            sought.state = found["state"]
            if found["assignment"]:
                self._assigned(sought, found["assignment"]["member"])
            elif found["state"] in {"cancelled", "done"}:
                self._settled(sought, found["state"])

    def _assigned(self, sought: Sought, member_id: str) -> None:
        handle = self._handle_of(member_id)
        sought.by = handle
        self._settled(sought, "assigned")
        self.seen.volunteers[handle] = self.seen.volunteers.get(handle, 0) + 1

    def _settled(self, sought: Sought, state: str) -> None:
        sought.state, sought.ended_at = state, self.now
        self._open.pop(sought.id, None)

    def _handle_of(self, member_id: str) -> str:
        if not self._handles:
            members = self.service.must("crane", "GET", "/v1/members")["items"]
            self._handles = {member["id"]: member["handle"] for member in members}
        return str(self._handles.get(member_id, member_id))

    # -- what breaks

    def _carrier_down(self) -> None:
        self.tell("the carrier is down")
        self._outage = True
        self.service.network.faults("api-5xx", count=1_000_000, match="POST")

    def _carrier_up(self) -> None:
        self.tell("the carrier is back")
        self._outage = False
        self.service.network.clear_faults()

    def _die(self) -> None:
        """Kill the service in the middle of its day and start it again."""
        self.tell("the service is killed and started again")
        self._look_at_phones()
        self._count_received()
        self.service.kill()
        self.service.start()
        self._read.clear()  # the simulated phones forget with it
        if self._outage:
            self._carrier_down()
        self.now = self.service.network.now()

    # -- after

    def _last_look(self) -> None:
        """Hold what callers were promised against what the desk can find."""
        known = 0
        for state in ("new", "open", "waiting", "closed"):
            cursor = ""
            while True:
                page = self.service.must(
                    "wren", "GET", f"/v1/cases?state={state}&limit=200{cursor}"
                )
                known += len(page["items"])
                if not page["next_cursor"]:
                    break
                cursor = f"&cursor={page['next_cursor']}"
        accepted = sum(contact.accepted for contact in self.seen.contacts)
        if known < accepted:
            self.seen.lost.append(f"{accepted} callers were told 200, {known} cases are there")
        self.seen.lost += [f"the log says: {one}" for one in self.service.failures()]
        self._count_received()
        self.seen.metrics = {"cases": known, "sign_ins": self.service.sign_ins}

    def _count_received(self) -> None:
        """Count what reached anybody's phone since the simulated network was started."""
        members = {one.phone for one in self.desk} | {one.phone for one in self.helpers}
        for number in members | {contact.number for contact in self.seen.contacts}:
            for text in self.service.network.phone(number).inbox(None):
                self.seen.texts["received"] += 1
                self.seen.texts["segments"] += measure_text(text.body).segments


def _nothing() -> None:
    """Only let the clock stop at an instant."""


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
