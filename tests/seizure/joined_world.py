"""A busy day of the line, and what the carrier and a court keep of it: for the join suite."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from uuid import UUID

from app.calls import take_call
from app.cases import DateFacts, add_date
from app.desk import StatedConsent, record_consent
from app.models import ROUNDING
from app.outbox.carrier_copies import make_trace_id
from app.requests import RequestFacts, raise_request
from app.telephony import InboundCall, InboundText, OutgoingText
from tests.line import Line
from tests.seizure.joining import Dumped, Held, Record, gather, window_of
from tests.seizure.tampering import Row
from tests.service import HOTLINE

WINDOWS, CALLERS, CALLS, AT_ONCE = 12, 12, 6, 1
STILL_WAITING = 3
HEARINGS, OURS, OURS_A_WINDOW = 1000, 48, 8
PLACES = ("Montreal", "Laval", "Toronto", "Vancouver", "Ottawa", "Quebec")
# Longer ones lie in the next step of sizes, which is told: see ``THREAT_MODEL.md``.
LONGEST = 400


@dataclass
class World:
    """What the carrier and the court know. Names are those of callers: who is right knows them."""

    line: Line
    chance: Random = field(default_factory=lambda: Random(19))
    firsts: list[Record] = field(default_factory=list)
    texts: list[Record] = field(default_factory=list)
    calls: list[Record] = field(default_factory=list)
    answers: list[Record] = field(default_factory=list)
    docket: list[Record] = field(default_factory=list)
    # Which hearing each of our dates is, and in which order they were written down.
    hearings: dict[UUID, Record] = field(default_factory=dict)
    # In which window each number wrote first.
    began: dict[str, int] = field(default_factory=dict)
    sids: dict[UUID, str] = field(default_factory=dict)

    # -- the day

    def play(self) -> None:
        """Let callers text and call, and the desk write down their dates."""
        self.line.carrier.judge = self._keep_answer
        for window in range(WINDOWS):
            begin = self.line.now
            self._text_and_call(window)
            if window < WINDOWS - STILL_WAITING:
                self.line.settle("send")
            self.line.clock.advance(begin + ROUNDING - self.line.now)
        self._hold_hearings()

    def _record(self, name: str, size: int, window: Hashable) -> Record:
        return Record(name, self.line.now, size, name, window)

    def _keep_answer(self, text: OutgoingText) -> None:
        self.answers.append(self._record(text.to, len(text.body), window_of(self.line.now)))

    def _text_and_call(self, window: int) -> None:
        new = [f"+1514555{n:04d}" for n in range(window * CALLERS, (window + 1) * CALLERS)]
        known = list(self.began)[: CALLERS // 3]
        senders = [*new, *known]
        self.chance.shuffle(senders)
        for start in range(0, len(senders), AT_ONCE):
            self.line.clock.advance(timedelta(seconds=self.chance.uniform(1, 20)))
            self.line.take(*(self._text(sender) for sender in senders[start : start + AT_ONCE]))
        for number in range(CALLS):
            self.line.clock.advance(timedelta(seconds=self.chance.uniform(1, 10)))
            self._call(f"+1438555{window * CALLS + number:04d}")

    def _text(self, sender: str) -> InboundText:
        body = "we need help " + "a" * self.chance.randrange(LONGEST)
        sid = f"SM{self.chance.getrandbits(128):032x}"
        now = window_of(self.line.now)
        if sender not in self.began:
            self.began[sender] = now
            self.firsts.append(self._record(sender, len(body), ("text", now)))
        self.texts.append(self._record(sender, len(body), (self.began[sender], now)))
        self.sids[make_trace_id(self.line.database.keys, sid)] = sender  # type: ignore[arg-type]
        return InboundText(sid, sender, HOTLINE, body, (), None, "sms", withheld=False)

    def _call(self, caller: str) -> None:
        call = InboundCall(f"CA{self.chance.getrandbits(128):032x}", caller, withheld=False)
        now = window_of(self.line.now)
        self.firsts.append(self._record(caller, self.chance.randrange(600), ("call", now)))
        self.calls.append(replace(self.firsts[-1], window=now))
        with self.line.writing() as db:
            take_call(db, self.line.tools.line, call, self.line.now)

    # -- the court

    def _hold_hearings(self) -> None:
        monday = self.line.now.replace(hour=13, minute=0, second=0) + timedelta(days=10)
        slots = [timedelta(days=d, minutes=15 * q) for d in range(60) for q in range(32)]
        for slot in self.chance.sample(slots, HEARINGS):
            place = self.chance.choice(PLACES) + " hall " + "b" * self.chance.randrange(60)
            self.docket.append(Record(len(self.docket), monday + slot, len(place), place, None))
        callers = self.chance.sample(list(self.began), OURS)
        for count, hearing in enumerate(self.chance.sample(self.docket, OURS)):
            if count % OURS_A_WINDOW == 0:
                self.line.clock.advance(ROUNDING)
            self._write_down(callers[count], hearing)

    def _write_down(self, caller: str, hearing: Record) -> None:
        case = self.line.case_of(caller)
        assert case is not None
        facts = DateFacts("hearing", hearing.at, place=hearing.text)
        event = self.line.as_member(add_date, "heron", case.id, facts)
        said = StatedConsent("accompanier", granted=True)
        self.line.as_member(record_consent, "heron", case.id, said)
        asked = RequestFacts("accompaniment", event.id, ("en",), "montreal")
        self.line.as_member(raise_request, "heron", case.id, asked)
        self.hearings[event.id] = hearing

    # -- whose rows they are, which the attacker does not know

    def name_cases(self, dump: Dumped) -> Mapping[str, str]:
        """The caller of each case, by its id as SQLite keeps it."""
        with self.line.reading() as db:
            whose = {db.keys.number_lookup(one.text): one.text for one in self.firsts}
        return {
            row["id"]: whose[row["number_lookup"]]
            for row in dump["cases"]
            if row["number_lookup"] in whose
        }


def _link(rows: Iterable[Row], column: str) -> Mapping[str, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        if row[column] is not None:
            found[row[column]].append(row)
    return found


def hold_cases(world: World, dump: Dumped) -> list[Held]:
    """Cases, with every row that names them, or a text or call of theirs."""
    linked = {table: _link(rows, "case_id") for table, rows in dump.items() if _has(rows)}
    jobs = _link(dump["jobs"], "ref")
    names, held = world.name_cases(dump), []
    for case in dump["cases"]:
        rows = [("cases", case)]
        rows += [(table, row) for table, by in linked.items() for row in by.get(case["id"], ())]
        rows += [("jobs", job) for _, row in rows for job in jobs.get(row.get("id", ""), ())]
        if case["id"] in names:
            kind = "call" if case["id"] in linked["calls"] else "text"
            window = (kind, window_of(case["opened_at"]))
            held.append(gather(names[case["id"]], window, rows))
    return held


def _has(rows: list[Row]) -> bool:
    return bool(rows) and "case_id" in rows[0]


def hold_texts(world: World, dump: Dumped) -> list[Held]:
    """Texts that came in, with the script's replies to them."""
    replies, names = _link(dump["messages"], "source_id"), world.name_cases(dump)
    outgoing = _link(dump["outgoing"], "message_id")
    held = []
    for text in (row for row in dump["messages"] if row["direction"] == "inbound"):
        rows = [("messages", text)]
        for reply in replies.get(text["id"], ()):
            rows += [("replies", reply), *(("outgoing", r) for r in outgoing.get(reply["id"], ()))]
        name = names[text["case_id"]]
        held.append(gather(name, (world.began[name], window_of(text["at"])), rows))
    return held


def hold_answers(world: World, dump: Dumped) -> list[Held]:
    """Texts of ours."""
    names = world.name_cases(dump)
    return [
        gather(names[row["case_id"]], window_of(row["queued_at"]), [("outgoing", row)])
        for row in dump["outgoing"]
        if row["case_id"] in names
    ]


def hold_calls(world: World, dump: Dumped) -> list[Held]:
    """Calls."""
    names = world.name_cases(dump)
    return [
        gather(names[row["case_id"]], window_of(row["at"]), [("calls", row)])
        for row in dump["calls"]
    ]


def hold_traces(world: World, dump: Dumped) -> list[Held]:
    """What is noted of the carrier's copies of texts, which names no case."""
    return [
        gather(world.sids[UUID(row["id"])], window_of(row["seen_at"]), [("carrier_traces", row)])
        for row in dump["carrier_traces"]
        if UUID(row["id"]) in world.sids
    ]


def hold_dates(world: World, dump: Dumped) -> list[Held]:
    """Dates, with the requests for them and what those led to; and the rest of their case."""
    requests, cases = _link(dump["requests"], "event_id"), _link(dump["cases"], "id")
    of_requests = {t: _link(dump[t], "request_id") for t in ("offers", "briefs", "brief_wraps")}
    of_cases = {t: _link(dump[t], "case_id") for t in ("consents", "tasks")}
    entries, jobs, held = _link(dump["audit_entries"], "object"), _link(dump["jobs"], "ref"), []
    for event in dump["events"]:
        rows = [("events", event), *(("cases", row) for row in cases[event["case_id"]])]
        for request in requests.get(event["id"], ()):
            rows.append(("requests", request))
            rows += [(t, row) for t, by in of_requests.items() for row in by.get(request["id"], ())]
        rows += [(t, row) for t, by in of_cases.items() for row in by.get(event["case_id"], ())]
        rows += [("jobs", job) for _, row in rows for job in jobs.get(row.get("id", ""), ())]
        rows += [("audit_entries", row) for row in entries.get(event["id"], ())]
        held.append(gather(UUID(event["id"]), event["position"] >> 20, rows))
    return held


def list_hearings(world: World, held: Iterable[Held]) -> list[Record]:
    """The docket as an attacker has it who is even told which hearings are ours.

    Each is looked for among the dates that were written down in the same five minutes.
    """
    ours = [(one, world.hearings[one.name]) for one in held if isinstance(one.name, UUID)]
    return [replace(hearing, name=one.name, window=one.window) for one, hearing in ours]
