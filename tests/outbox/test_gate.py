"""Whatever people and machines do in whatever order: nothing unsafe reaches the carrier."""

from __future__ import annotations

import ast
import shutil
import tempfile
from contextlib import ExitStack, suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import app
from app.cases.safe_hours import is_within_hours, parse_safe_hours
from app.clock import FixedClock
from app.desk.closing import close_case
from app.desk.contact import mark_phone_safe, mark_phone_unsafe
from app.desk.replying import StatedConsent, record_consent, send_reply
from app.errors import Refusal
from app.outbox.blocks import add_block, lift_block, list_blocks
from app.telephony import OutgoingText
from tests.line import opened_line
from tests.premises import ZONE
from tests.service import HOTLINE, Blueprint

NOON = datetime.fromisoformat("2026-01-15T12:00:00+00:00")
NUMBERS = ("+15145550123", "+16045550124")
WORDS = ("hello", "1", "2", "they took him", "STOP", "ARRET", "X", "START", "ERASE", "HELP", "9")
HOURS = ("", "any", "18:00-21:30", "22:00-06:00", "00:00-24:00", "01:30-03:15")
ROUNDING = timedelta(minutes=5)
FRESH, ANSWER = timedelta(hours=1), timedelta(minutes=30)
numbers = st.sampled_from(NUMBERS)


class Desk(RuleBasedStateMachine):
    """Two phones, one dispatcher, one coordinator, a carrier that is busy at times."""

    blueprint: Blueprint

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="kith-line-"))
        self.stack, self.clock = ExitStack(), FixedClock(NOON)
        self.line = self.stack.enter_context(opened_line(self.blueprint, self.folder, self.clock))
        self.line.carrier.judge = self.judge
        self.heron, self.wren = self.line.principal("heron"), self.line.principal("wren")
        self.inbound: dict[str, list[datetime]] = {number: [] for number in NUMBERS}
        self.silent: dict[str, set[str]] = {number: set() for number in NUMBERS}
        self.unsafe: dict[str, set[str]] = {number: set() for number in NUMBERS}
        self.agreed: dict[str, tuple[bool, tuple[str, ...], str]] = {}
        self.written: dict[str, datetime] = {}

    def teardown(self) -> None:
        self.stack.close()
        shutil.rmtree(self.folder)

    def case_id(self, number: str) -> UUID | None:
        case = self.line.case_of(number)
        return case.id if case else None

    # -- what happens

    @rule(number=numbers, body=st.sampled_from(WORDS))
    def somebody_texts(self, number: str, body: str) -> None:
        self.line.take(self.line.lose(body, number))
        self.inbound[number].append(self.clock())
        if body in {"STOP", "ARRET", "X"}:
            self.silent[number].add(body)
        if body == "START":
            self.silent[number].clear()
        if self.line.case_of(number) is None:
            self.agreed.pop(number, None)
        self.line.settle("send")

    @rule(number=numbers)
    def the_desk_answers(self, number: str) -> None:
        case_id, body = self.case_id(number), f"call us {len(self.written)}"
        if case_id is None:
            return
        with suppress(Refusal), self.line.database.transaction() as db:
            send_reply(db, self.heron, case_id, body, self.clock())
            self.written[body] = self.clock()
        self.line.settle("send")

    @rule(
        number=numbers,
        granted=st.booleans(),
        methods=st.sampled_from([("text",), ("call",), ()]),
        hours=st.sampled_from(HOURS),
    )
    def they_agree(self, number: str, granted: bool, methods: tuple[str, ...], hours: str) -> None:
        case_id = self.case_id(number)
        if case_id is None:
            return
        said = StatedConsent("contact", granted, methods, hours or None)
        with self.line.database.transaction() as db:
            record_consent(db, self.heron, case_id, said, self.clock())
        self.agreed[number] = (granted, methods, hours)

    @rule(number=numbers)
    def the_phone_is_taken(self, number: str) -> None:
        case_id = self.case_id(number)
        if case_id is not None:
            with self.line.database.transaction() as db:
                mark_phone_unsafe(db, self.heron, case_id, self.clock())
            self.unsafe[number].add("compromised")

    @rule(number=numbers)
    def the_phone_is_back(self, number: str) -> None:
        case_id = self.case_id(number)
        if case_id is not None:
            with self.line.database.transaction() as db:
                mark_phone_safe(db, self.heron, case_id, self.clock())
            self.unsafe[number].discard("compromised")

    @rule(number=numbers)
    def a_coordinator_blocks(self, number: str) -> None:
        with self.line.database.transaction() as db:
            add_block(db, self.wren, number, self.clock(), own_number=HOTLINE)
        self.unsafe[number].add("blocked")

    @rule(number=numbers)
    def a_coordinator_unblocks(self, number: str) -> None:
        with self.line.database.transaction() as db:
            for block in list_blocks(db, self.wren, self.clock()):
                if block.number == number:
                    lift_block(db, self.wren, block.id, self.clock())
        self.unsafe[number].discard("blocked")

    @rule(number=numbers)
    def the_case_is_closed(self, number: str) -> None:
        case_id = self.case_id(number)
        if case_id is not None:
            with self.line.database.transaction() as db:
                close_case(db, self.heron, case_id, "other", self.clock())
            self.agreed.pop(number, None)

    @rule(busy=st.booleans())
    def the_carrier_gets_busy_or_free(self, busy: bool) -> None:
        self.line.carrier.busy = busy

    @rule(minutes=st.sampled_from([1, 10, 29, 31, 61, 240, 700]))
    def time_goes_by(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))
        self.line.settle("send")

    # -- what must hold whenever a text reaches the carrier

    def judge(self, text: OutgoingText) -> None:
        row, now = self.line.row_of(text), self.clock()
        unsafe = self.unsafe[text.to]
        assert "blocked" not in unsafe, "a text to a blocked phone"
        if row.purpose not in {"notice", "script"}:  # which answer any phone: silence would betray
            assert not unsafe, "a text to a phone in the wrong hands"
        newest = self.inbound[text.to][-1]
        if row.purpose == "notice":
            assert now - newest <= FRESH + ROUNDING, "a notice that answers nothing any more"
            return
        assert not self.silent[text.to], "a text to a phone that asked for none"
        written = self.written.get(text.body, row.queued_at)
        before = [at for at in self.inbound[text.to] if at <= now]
        answers = any(written - at <= ANSWER + ROUNDING for at in before[-1:])
        if answers and now - written <= FRESH + ROUNDING:
            return
        granted, methods, hours = self.agreed.get(text.to, (False, (), ""))
        said_when_to_text = granted and "text" in methods
        assert said_when_to_text, "a text without consent"
        assert is_within_hours(parse_safe_hours(hours or None), now, ZONE), "no safe hour"


def test_nothing_unsafe_reaches_the_carrier(sqlite_blueprint: Blueprint) -> None:
    class Here(Desk):
        blueprint = sqlite_blueprint

    few = settings(max_examples=12, stateful_step_count=30, deadline=None)
    run_state_machine_as_test(Here, settings=few)


def _calls(name: str) -> set[str]:
    """Where in the application ``name(…)`` or ``….name(…)`` is called, but for the simulator."""
    root = Path(app.__file__).parent
    return {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if not path.is_relative_to(root / "simulator") and f"{name}(" in path.read_text()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == name
    }


def test_only_two_places_hand_texts_to_the_carrier() -> None:
    # `wake` texts the operator's own numbers while sealed, when no gate can be asked.
    assert _calls("OutgoingText") == {"outbox/sender.py", "paging/wake.py"}
    # The headers' one is the web server's.
    assert _calls("send") == {"api/headers.py", "outbox/sender.py", "paging/wake.py"}
    assert _calls("send_texts") == {"worker/handlers.py"}


def test_the_gate_stands_right_before_the_carrier() -> None:
    source = (Path(app.__file__).parent / "outbox" / "sender.py").read_text(encoding="utf-8")
    functions = {
        node.name: ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
    }
    assert [name for name, code in functions.items() if "carrier.send(" in code] == ["_hand_over"]
    send, take = functions["send_texts"], functions["_take"]
    assert send.index("_take(db, job, settings, clock())") < send.index("_hand_over(")
    assert take.index("find_gate_refusal(") < take.index("mark_sending(db, row)")
