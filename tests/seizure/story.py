"""What happens on a line in a day, with a canary in everything that a person can fill in."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from app.crypto.totp import make_totp_code
from app.desk.case_records import mask_number
from tests.media import files
from tests.seizure import rarer
from tests.seizure.canaries import Canary, word
from tests.seizure.premises import Premises

# Who is invited, and as what; the first coordinator is made by `kith init`.
FIRST = "wren"
ROLES = {
    "heron": ["dispatcher"],
    "crane": ["coordinator"],  # with the archive
    "grebe": ["coordinator"],  # who loses it in the course of the day
    "finch": ["accompanier"],
    "owl": ["legal"],
    "starling": ["interpreter"],
    "magpie": ["auditor"],
    "jay": ["dispatcher"],  # removed in the course of the day
}
NEWCOMER = "kestrel"  # redeems an invitation at the end, and still waits
HANDLES = (FIRST, *ROLES, NEWCOMER)
SPICE = {"en": 'O\'Neil "x"', "fr": "été à Noël", "es": "mañana ¿sí?", "ht": "kòmè, wè"}
NUMBERS = {"en": "11", "fr": "12", "es": "13", "ht": "14", "second": "15", "manual": "16"}
NUMBERS |= {"queued": "17", "erasing": "18", "stopped": "19", "sealed": "20"}
NUMBERS |= {"voice": "21", "blocked": "22", "unheard": "23"}


@dataclass
class Story:
    """What was typed, and what each member may see of it."""

    canaries: list[Canary] = field(default_factory=list)
    # Everything the interface shows a member, as text.
    views: dict[str, str] = field(default_factory=dict)
    passphrases: dict[str, str] = field(default_factory=dict)
    recovery_codes: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)
    ended_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def put(self, label: str, vault: str = "sealed", spice: str = "") -> str:
        """Return a new canary to type somewhere."""
        canary = word(label, vault, spice)
        self.canaries.append(canary)
        return canary.text

    def keep(self, label: str, text: str, vault: str, shown: str | None = None) -> str:
        """Take note of a word that is not ours to choose."""
        self.canaries.append(Canary(label, text, vault, shown or text))
        return text

    def seen_by(self, handle: str) -> set[str]:
        """The labels of the sealed canaries that the interface shows a member."""
        return {
            canary.label
            for canary in self.canaries
            if canary.vault == "sealed" and canary.shown in self.views[handle]
        }

    def of(self, *vaults: str) -> list[Canary]:
        """The canaries that belong in these vaults."""
        return [canary for canary in self.canaries if canary.vault in vaults]


def live_through(premises: Premises) -> Story:
    """Play the day on a server that is running; it is left as it would be found."""
    story = Story()
    Day(premises, story).play()
    return story


@dataclass
class Day:
    premises: Premises
    story: Story
    desks: dict[str, httpx.Client] = field(default_factory=dict)
    # Where the assignments are, by whose they are.
    taken: dict[str, str] = field(default_factory=dict)
    shift: str = ""

    @cached_property
    def outside(self) -> httpx.Client:
        """Requests of somebody who is not signed in."""
        return self._client({})

    def _client(self, headers: dict[str, str]) -> httpx.Client:
        # Nothing is encrypted here, and loading certificates takes long.
        return httpx.Client(
            base_url=self.premises.url, headers=headers, timeout=60, verify=False, trust_env=False
        )

    def play(self) -> None:
        founded = self._found()
        with self.premises.serving():
            self._people(founded)
            if not self.premises.starts_sealed:
                self._rest()
                return
        with self.premises.serving():
            self._three_in_the_morning()
            self._rest()
        with self.premises.serving():
            rarer.stop_while_nobody_is_awake(self)

    def _rest(self) -> None:
        self._conversations()
        self._work()
        self._rota()
        self._calls()
        self._leaving()
        self._refusals()
        self._left_undone()
        self._look_around()
        self._newcomer()
        self.premises.settle()
        self.story.ended_at = self.premises.network.now()
        for client in (self.outside, *self.desks.values()):
            client.close()

    def _three_in_the_morning(self) -> None:
        """The server was started again: texts come, and only then somebody wakes up."""
        self._texts(self.number("sealed"), self.story.put("text/sealed"), "STOP", "please")
        self.ask("heron", "GET", "/v1/cases", expect=503)
        self.desks["heron"].close()
        self.sign_in("heron")
        self.premises.settle()
        [self.story.cases["sealed"]] = self._fresh_cases()

    # -- people

    def _found(self) -> dict[str, Any]:
        passphrase = self._passphrase(FIRST)
        arguments = ("init", "--handle", FIRST, "--passphrase-stdin", "--json")
        # Long before the rest, so that there are months to count.
        founded = self.premises.kith(*arguments, typed=passphrase + "\n", days_ago=62)
        self.story.keep("backup-key", founded["backup_key"], "secret")
        self._shown_once(FIRST, founded)
        return founded

    def _passphrase(self, handle: str) -> str:
        text = self.story.put(f"passphrase/{handle}", "secret")
        self.story.passphrases[handle] = text
        return text

    def _shown_once(self, handle: str, answer: dict[str, Any]) -> str:
        """Note recovery code and second factor; return the latter."""
        code = self.story.keep(f"recovery/{handle}", answer["recovery_code"], "secret")
        self.story.recovery_codes[handle] = code
        [secret] = parse_qs(urlsplit(answer["totp_uri"]).query)["secret"]
        return self.story.keep(f"totp/{handle}", secret, "secret")

    def _people(self, founded: dict[str, Any]) -> None:
        self.sign_in(FIRST)
        phone = self.story.keep(f"member-phone/{FIRST}", "+14385550199", "operational")
        self.ask(FIRST, "PATCH", "/v1/members/me", {"phone": phone}, version="*")
        for handle, roles in ROLES.items():
            self._join(handle, roles)
        self._invite("nobody-yet", ["interpreter"])
        self.ask(FIRST, "GET", "/v1/cases")  # lets the newcomers in
        # The only coordinator gives nobody a team, but for what a day goes by for.
        self.premises.network.advance(timedelta(hours=24, minutes=15).total_seconds())
        self.desks[FIRST].close()
        self.sign_in(FIRST)
        self.ask(FIRST, "GET", "/v1/cases")  # gives the teams that waited
        [secret] = [c.text for c in self.story.canaries if c.label == f"totp/{FIRST}"]
        code = make_totp_code(base64.b32decode(secret), self.premises.network.now())
        self.ask(FIRST, "POST", "/v1/members/me/totp", {"code": code}, expect=204)
        for handle in ROLES:
            self.sign_in(handle)
        self._profiles()

    def _join(self, handle: str, roles: list[str]) -> None:
        code = self._invite(handle, roles)
        phone = f"+143855501{len(self.story.recovery_codes):02d}"
        newcomer = {
            "code": code,
            "handle": handle,
            "passphrase": self._passphrase(handle),
            "name": self.story.put(f"member-name/{handle}", "operational", "Zoé"),
            "phone": self.story.keep(f"member-phone/{handle}", phone, "operational"),
        }
        answer = self._nobody("POST", "/v1/invitations/redeem", newcomer, expect=201)
        self._shown_once(handle, answer)

    def _invite(self, handle: str, roles: list[str]) -> str:
        profile = {"languages": ["en", "fr"], "regions": ["laval"]}
        order = {"roles": roles, "archive": "coordinator" in roles, **profile}
        code = self.ask(FIRST, "POST", "/v1/invitations", order, expect=201)["code"]
        return self.story.keep(f"invitation/{handle}", code, "secret")

    def _profiles(self) -> None:
        me = self.desks["finch"].get("/v1/members/me")
        changes = {"languages": ["fr", "ht"]}
        self.ask("finch", "PATCH", "/v1/members/me", changes, version=me.headers["etag"])
        finch = f"/v1/members/{me.json()['id']}"
        version = self.desks[FIRST].get(finch).headers["etag"]
        skill = self.story.put("skill", "operational")
        self.ask(FIRST, "PATCH", finch, {"skills": [skill], "weekly_cap": 6}, version=version)
        version = self.desks[FIRST].get("/v1/settings").headers["etag"]
        name = {"name": self.story.put("organisation", "operational", "Réseau")}
        self.ask(FIRST, "PUT", "/v1/settings", name, version=version)

    # -- callers

    def _conversations(self) -> None:
        for digit, language in enumerate(("en", "fr", "es", "ht"), start=1):
            number = self.number(language, "sealed" if language == "es" else "operational")
            sealed = [
                self.story.put(f"{what}/{language}", spice=SPICE[language])
                for what in ("text", "city", "need")
            ]
            self._texts(number, "hello", str(digit), "2", *sealed)
            [self.story.cases[language]] = self._fresh_cases()
        self._texts(self.number("second"), self.story.put("text/merged"))
        [self.story.cases["merged"]] = self._fresh_cases()
        self._texts("anonymous", self.story.put("text/withheld"))
        [self.story.cases["withheld"]] = self._fresh_cases()

    def number(self, label: str, vault: str = "operational") -> str:
        number = f"+151455501{NUMBERS[label]}"
        return self.story.keep(f"number/{label}", number, vault, mask_number(number))

    def _texts(self, number: str, *bodies: str) -> None:
        picture = {"content_type": "image/png", "data": "a2l0aA=="}
        for body in bodies:
            sent = self.premises.network.phone(number).text(body, [picture])
            assert sent.http_status == 200
        self.premises.settle()

    def _fresh_cases(self) -> list[str]:
        known = set(self.story.cases.values())
        items = self.ask("heron", "GET", "/v1/cases")["items"]
        return [item["id"] for item in items if item["id"] not in known]

    # -- the desk

    def _work(self) -> None:
        for label in ("en", "fr", "es", "ht"):
            self._work_on(label)
        manual = {
            "channel": "manual",
            "contact": self.number("manual"),
            "situation": "detained",
            "urgency": 1,
            "language": "fr",
            "region": "laval",
            "fields": {"subject_name": self.story.put("field/manual", spice="Chloé")},
        }
        case = self.ask("heron", "POST", "/v1/cases", manual, expect=201)
        self.story.cases["manual"] = case["id"]
        self._know()
        self._ask_for_people()
        self._on("merged", "POST", "merge", {"into": self.story.cases["en"]})
        self._on("fr", "POST", "hold", {"reason": self.story.put("hold-reason")}, expect=204)
        self._on("es", "POST", "close", {"outcome": "supported"})
        self._on("ht", "POST", "erase", expect=204)
        self._gone("ht")

    def _work_on(self, label: str) -> None:
        spice = SPICE[label]
        self._on(label, "POST", "claim")
        put = self.story.put
        self._on(
            label, "POST", "messages", {"body": put(f"reply/{label}", spice=spice)}, expect=202
        )
        self._on(label, "POST", "notes", {"body": put(f"note/{label}", spice=spice)}, expect=201)
        path = f"/v1/cases/{self.story.cases[label]}"
        names = self.ask(FIRST, "GET", "/v1/settings")["fields"]
        for turn in ("old", "new"):  # the second rewriting replaces the first
            vault = "sealed" if turn == "new" else "refused"
            fields = {n: put(f"field-{n}-{turn}/{label}", vault, spice) for n in names}
            version = self.desks["heron"].get(path).headers["etag"]
            self.ask("heron", "PATCH", path, {"fields": fields}, version=version)
        starts_at = (self.premises.network.now() + timedelta(days=8)).isoformat()
        date = {
            "kind": "hearing",
            "starts_at": starts_at,
            "place": put(f"place/{label}", spice=spice),
            "meeting_place": put(f"meeting/{label}", spice=spice),
        }
        self._on(label, "POST", "events", date, expect=201)
        stay = {
            "place": put(f"held-at/{label}", spice=spice),
            "from": "2026-01-10",
            "notes": put(f"stay/{label}", spice=spice),
            "next_review": starts_at,
        }
        self._on(label, "POST", "episodes", stay, expect=201)
        rarer.refuse_service(self, label, spice)
        agreed = {
            "scope": "legal",
            "granted": True,
            "methods": ["text"],
            "hours": "08:00-20:00",
            "override_reason": put(f"override/{label}", spice=spice),
        }
        self._on(label, "POST", "consents", agreed, expect=201)
        self._on(label, "POST", "release", {"handover": put(f"handover/{label}", spice=spice)})
        self.premises.settle()

    def _know(self) -> None:
        """What the desk knows beside its cases."""
        rarer.report_twice(self, {"location": self.story.put("raid", spice="près d'ici")})
        entry = {"kind": "lawyer", "name": self.story.put("directory", "operational", "Me É.")}
        self.ask("heron", "POST", "/v1/directory", entry, expect=201)
        rarer.know_the_rules(self, FIRST)
        paper = self.story.put("paper")
        rarer.attach(self, self.story.cases["en"], paper)

    def _ask_for_people(self) -> None:
        """Somebody goes, somebody has yet to answer, somebody has reported; one case is erased."""
        self._on("en", "POST", "consents", {"scope": "accompanier", "granted": True}, expect=201)
        [date] = self.ask("heron", "GET", f"/v1/cases/{self.story.cases['en']}")["events"]
        going = {"kind": "accompaniment", "event_id": date["id"], "share": ["subject_name"]}
        self._on("en", "POST", "requests", going, expect=201)
        self._taken_by("finch")
        self._on("en", "POST", "requests", {"kind": "interpreter", "languages": ["fr"]}, expect=201)
        report = {"outcome": "done", "notes": self.story.put("report/en", spice=SPICE["en"])}
        self.ask("starling", "POST", f"{self._taken_by('starling')}/report", report)
        for label, field_ in (("fr", "notes_legal"), ("ht", "client_id")):
            wanted = {"kind": "legal", "share": [field_]}
            self._on(label, "POST", "requests", wanted, expect=201)
        self.premises.settle()
        assert len(self.ask("owl", "GET", "/v1/offers")["items"]) == 2
        rarer.decline_for_a_conflict(self, self.story.cases["en"], "owl")

    def _taken_by(self, handle: str) -> str:
        """Let somebody accept what they are asked for; return where the assignment is."""
        self.premises.settle()
        [offer] = self.ask(handle, "GET", "/v1/offers")["items"]
        taken = self.ask(handle, "POST", f"/v1/offers/{offer['id']}/accept")
        self.taken[handle] = f"/v1/assignments/{taken['id']}"
        return self.taken[handle]

    def _gone(self, label: str) -> None:
        """Note that nothing of an erased case, or of a removed member, may be left for anybody."""
        self.story.canaries[:] = [
            replace(c, vault="refused")
            if c.vault in ("sealed", "operational") and c.label.endswith(f"/{label}")
            else c
            for c in self.story.canaries
        ]

    def _leaving(self) -> None:
        """Somebody goes and somebody loses the archive; what comes later has new keys."""
        members = {m["handle"]: m for m in self.ask(FIRST, "GET", "/v1/members")["items"]}
        self.ask(FIRST, "DELETE", f"/v1/members/{members['jay']['id']}", expect=204)
        self._gone("jay")
        grebe = f"/v1/members/{members['grebe']['id']}"
        version = f'"{members["grebe"]["version"]}"'
        self.ask(FIRST, "PATCH", grebe, {"archive": False}, version=version)
        self._texts(f"+151455501{NUMBERS['fr']}", self.story.put("text-later/fr"))
        self._on("fr", "POST", "notes", {"body": self.story.put("note-later/fr")}, expect=201)

    def _left_undone(self) -> None:
        """What the seizure interrupts: a text that could not be sent, an ERASE, a STOP."""
        self._texts(self.number("queued"), self.story.put("text/queued"))
        [self.story.cases["queued"]] = self._fresh_cases()
        self.premises.network.faults("api-429", match="Messages.json", count=1000)
        body = {"body": self.story.put("reply/queued")}
        self._on("queued", "POST", "messages", body, expect=202)
        for label, word_ in (("erasing", "BORRAR"), ("stopped", "STOP")):
            phone = self.premises.network.phone(self.number(label))
            assert phone.text(word_).http_status == 200

    def _rota(self) -> None:
        """A shift, once different, offered and taken, with a note that is left."""
        heron, owl = (self.desks[h].get("/v1/members/me").json()["id"] for h in ("heron", "owl"))
        daily = {
            "rrule": "FREQ=DAILY",
            "starts_at": self.premises.network.now().isoformat(),
            "duration": "PT8H",
        }
        shift = self.ask(FIRST, "POST", "/v1/shifts", {**daily, "members": [heron]}, expect=201)
        self.ask(FIRST, "POST", "/v1/shifts", {**daily, "members": [owl]}, expect=201)
        self.shift = f"/v1/shifts/{shift['id']}"
        swap = self.ask("heron", "POST", f"{self.shift}/swap", expect=201)["id"]
        self.ask(FIRST, "POST", f"/v1/shifts/swaps/{swap}/take")
        self.ask("heron", "POST", f"{self.shift}/swap", expect=201)
        note = {"body": self.story.put("shift-note", spice="à relever")}
        self.ask("heron", "POST", f"{self.shift}/hand-over", note, expect=201)
        url = self.ask("owl", "POST", "/v1/shifts/feed", expect=201)["url"]
        token = url.rsplit("/", 1)[1].removesuffix(".ics")
        self.story.keep("calendar/owl", token, "secret")
        assert self.outside.get(f"/calendar/{token}.ics").status_code == 200

    def _calls(self) -> None:
        """Somebody is heard only later; and what the month before added up to is told."""
        [heron] = [c.text for c in self.story.canaries if c.label == "member-phone/heron"]
        rarer.call_in(self, self.number("voice"), heron)
        [self.story.cases["voice"]] = self._fresh_cases()
        rarer.draw_statistics(self, FIRST, "crane")

    # -- what is turned away

    def _refusals(self) -> None:
        put = self.story.put
        self._nobody("POST", "/twilio/messages", {"Body": put("forged", "refused")}, expect=403)
        wrong = {"handle": put("wrong-handle", "refused"), "passphrase": put("wrong", "refused")}
        self._nobody("POST", "/v1/sessions", wrong, expect=401)
        self._nobody("POST", "/v1/sessions", {"handle": {"x": put("odd", "refused")}}, expect=400)
        self._nobody("GET", f"/v1/cases/{put('path', 'refused')}", expect=401)
        self.ask("heron", "GET", f"/v1/cases/{put('path', 'refused')}", expect=400)
        broken = put("broken-json", "refused").encode() + b"{"
        assert self.desks["heron"].post("/v1/cases", content=broken).status_code == 400
        self.ask("heron", "POST", "/v1/cases", {"channel": put("channel", "refused")}, expect=400)
        path = f"/v1/cases/{self.story.cases['en']}"
        self.ask("heron", "PATCH", path, {"urgency": 1}, version=put("etag", "refused"), expect=412)
        version = self.desks["heron"].get(path).headers["etag"]
        unknown = {"fields": {put("field-name", "refused"): put("field-value", "refused")}}
        self.ask("heron", "PATCH", path, unknown, version=version, expect=400)
        long = {"body": put("long", "refused") * 100}
        self.ask("heron", "POST", f"{path}/messages", long, expect=400)
        token = {"Authorization": f"Bearer {put('bearer', 'refused')}"}
        assert self.outside.get("/v1/cases", headers=token).status_code == 401
        self.ask("finch", "POST", f"{path}/notes", {"body": put("not-mine", "refused")}, expect=404)

    # -- what everybody sees

    def _look_around(self) -> None:
        cases = list(self.story.cases.values())
        for handle, desk in self.desks.items():
            pages = ["/v1/members/me", "/v1/members", "/v1/settings", "/v1/audit", "/v1/sessions"]
            states = ("", "?state=new", "?state=open", "?state=waiting", "?state=closed")
            pages += [f"/v1/cases{state}" for state in states]
            pages += [f"/v1/cases/{case}" for case in cases]
            pages += ["/v1/raid-reports", "/v1/directory", "/v1/events", "/v1/tasks"]
            pages += ["/v1/shifts", "/v1/shifts/turns", f"{self.shift}/hand-over"]
            pages += [
                "/v1/requests",
                "/v1/denials",
                "/v1/offers",
                "/v1/assignments",
                *self.taken.values(),
            ]
            closed = [case for case in cases if desk.get(f"/v1/cases/{case}").status_code == 409]
            for case in closed:  # the archive says why first
                desk.post(f"/v1/cases/{case}/break-glass", json={"reason": "to look"})
            answers = [desk.get(page).json() for page in pages]
            answers += self._files_in(desk, answers)
            self.story.views[handle] = "\n".join(_texts_in(answers))

    def _files_in(self, desk: httpx.Client, answers: list[Any]) -> list[str]:
        """What is attached to the cases that somebody sees."""
        cases = [one for one in answers if isinstance(one, dict) and one.get("attachments")]
        return [
            files.read_drawing(
                desk.get(f"/v1/cases/{case['id']}/attachments/{paper['id']}").content
            )
            for case in cases
            for paper in case["attachments"]
            if paper["content_type"] == "application/pdf"
        ]

    def _newcomer(self) -> None:
        for desk in self.desks.values():
            assert desk.get("/v1/members/me").status_code in (200, 401)  # 401: who was removed
        self._join(NEWCOMER, ["dispatcher"])
        self.sign_in(NEWCOMER)
        paths = [
            "/v1/members/me",
            "/v1/cases",
            *(f"/v1/cases/{c}" for c in self.story.cases.values()),
        ]
        answers = [self.desks[NEWCOMER].get(path).json() for path in paths]
        self.story.views[NEWCOMER] = "\n".join(_texts_in(answers))

    # -- requests

    def sign_in(self, handle: str) -> None:
        body = {"handle": handle, "passphrase": self.story.passphrases[handle]}
        answer = self._nobody("POST", "/v1/sessions", body, expect=201)
        token = self.story.keep(f"token/{handle}", answer["token"], "secret")
        self.story.tokens[handle] = token
        self.desks[handle] = self._client({"Authorization": f"Bearer {token}"})

    def _on(
        self, label: str, method: str, what: str, body: Any = None, *, expect: int = 200
    ) -> Any:
        path = f"/v1/cases/{self.story.cases[label]}/{what}"
        return self.ask("heron", method, path, body, expect=expect)

    def ask(
        self,
        handle: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        version: str | None = None,
        expect: int = 200,
    ) -> Any:
        headers = {"If-Match": version} if version else {}
        answer = self.desks[handle].request(method, path, json=body, headers=headers)
        assert answer.status_code == expect, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def _nobody(self, method: str, path: str, body: Any = None, *, expect: int) -> Any:
        answer = self.outside.request(method, path, json=body)
        assert answer.status_code == expect, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None


def _texts_in(answer: Any) -> Iterator[str]:
    """Yield every string of a JSON document, names included."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            yield name
            yield from _texts_in(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from _texts_in(value)
    else:
        yield str(answer)
