"""What an interpreter reads and answers, who opens it, and when it is gone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from app.desk.case_file import ConversationText
from app.errors import BadRequest, ConsentMissing, Forbidden, NotFound
from app.inbound import IntakeSettings, take_texts
from app.members import MemorySessions
from app.members.accounts import MemberChanges, change_member, remove_member
from app.models import Case, Interpretation, Member, Task
from app.organisation import read_regions
from app.requests.assignments import OpenedBrief, read_brief
from app.requests.brief_writer import write_brief
from app.requests.briefs import delete_briefs
from app.requests.endings import cancel_request
from app.requests.interpretations import PickedTexts, send_to_interpreter
from app.requests.interpreter_answers import answer_text
from app.telephony import InboundText
from tests.requests.deeds import end, read, reported, say
from tests.requests.hall import Hall
from tests.requests.people import a_case, raised
from tests.service import HOTLINE, _script

CALLER = "+15145550177"


@dataclass
class Room:
    """A case whose caller writes Spanish, and an interpreter who has accepted."""

    hall: Hall
    case: str
    assignment: UUID
    request: UUID

    def texts(self) -> Sequence[ConversationText]:
        return read(self.hall, self.case).messages

    def pick(self, words: str = "", *bodies: str, by: str = "heron") -> None:
        ids = [one.id for one in self.texts() if one.body in bodies]
        assert len(ids) == len(bodies)
        with self.hall.database.transaction() as db:
            picked = PickedTexts(ids, words)
            send_to_interpreter(
                db, self.hall.principal(by), self.request, picked, self.hall.clock()
            )

    def look(self, handle: str = "starling") -> OpenedBrief:
        with self.hall.database.transaction() as db:
            who = self.hall.principal(handle)
            return read_brief(db, who, self.assignment, self.hall.clock())

    def answer(self, text: UUID, answer: str, handle: str = "starling") -> None:
        with self.hall.database.transaction() as db:
            who = self.hall.principal(handle)
            answer_text(db, who, self.assignment, text, answer, self.hall.clock())

    def opened(self, *handles: str) -> set[str]:
        """The columns of this table that open with these members' passphrases."""
        found = self.hall.plunder(*handles, operational=True).opened
        return {one.cell.column for one in found if one.cell.table == "interpretations"}

    def left(self) -> int:
        with self.hall.database.snapshot() as db:
            return db.scalar(select(func.count()).select_from(Interpretation)) or 0

    def tasks(self) -> list[str]:
        with self.hall.database.snapshot() as db:
            return list(db.scalars(select(Task.kind).where(Task.state == "open")))


def _texted(hall: Hall, *bodies: str) -> str:
    """Let a phone write; return its case."""
    desk = IntakeSettings(_script(), read_regions, HOTLINE)
    for body in bodies:
        sid = f"SM{uuid4().hex}"
        text = InboundText(sid, CALLER, HOTLINE, body, (), None, "sms", withheld=False)
        with hall.database.transaction() as db:
            take_texts(db, desk, [text], hall.clock())
    with hall.database.snapshot() as db:
        return str(db.scalars(select(Case.id)).one())


def _entered(hall: Hall) -> Room:
    case = _texted(hall, "mi hermano", "lo llevaron ayer")
    say(hall, case, "interpreter", granted=True)
    request = raised(hall, case, "interpreter", languages=("en", "es"))
    return Room(hall, case, hall.accept("starling", request), request.id)


@pytest.fixture
def room(hall: Hall) -> Room:
    hall.profiles({"starling": {"languages": ("en", "es")}})
    return _entered(hall)


@pytest.fixture
def postgres_room(postgres_hall: Hall) -> Room:
    postgres_hall.profiles({"starling": {"languages": ("en", "es")}})
    return _entered(postgres_hall)


@pytest.fixture(params=["room", "postgres_room"])
def stored(request: pytest.FixtureRequest) -> Room:
    room: Room = request.getfixturevalue(request.param)
    return room


def test_the_interpreter_reads_the_picked_texts_and_the_desk_the_answers(stored: Room) -> None:
    stored.pick("Where is he now?", "lo llevaron ayer")
    first, second = stored.look().texts
    assert (first.text, first.is_written) == ("lo llevaron ayer", True)
    assert (second.text, second.is_written) == ("Where is he now?", False)
    stored.answer(first.id, "they took him")
    stored.answer(second.id, "¿Dónde está ahora?")
    stored.answer(first.id, "they took him away yesterday")
    assert [one.answered for one in stored.look().texts] == [True, True]
    [text] = [one for one in stored.texts() if one.body == "lo llevaron ayer"]
    of_text, of_words = read(stored.hall, stored.case).interpretations
    assert (of_text.message_id, of_text.answer) == (text.id, "they took him away yesterday")
    assert (of_words.message_id, of_words.answer) == (None, "¿Dónde está ahora?")
    assert stored.tasks().count("interpreted") == 1


def test_each_side_opens_its_own_and_nobody_else_anything(stored: Room) -> None:
    stored.pick("", "lo llevaron ayer")
    stored.answer(stored.look().texts[0].id, "yesterday")
    assert stored.opened("starling") == {"text"}
    assert stored.opened("heron") == {"original", "answer"}
    assert stored.opened("finch", "owl", "crane", "magpie") == set()
    found = stored.hall.plunder("starling", operational=True).opened
    shown = b"\n".join(bytes(one.plaintext) for one in found if one.cell.word == "sealed")
    assert b"lo llevaron ayer" in shown
    assert b"mi hermano" not in shown


def test_a_text_that_they_have_is_not_given_twice(room: Room) -> None:
    room.pick("", "lo llevaron ayer")
    room.pick("", "lo llevaron ayer", "mi hermano")
    assert [one.text for one in room.look().texts] == ["lo llevaron ayer", "mi hermano"]


def test_no_text_is_given_without_the_callers_consent(room: Room) -> None:
    say(room.hall, room.case, "interpreter", granted=False)
    with pytest.raises(ConsentMissing):
        room.pick("", "mi hermano")


@pytest.mark.parametrize("without", ["text", "acceptance", "brief", "role"])
def test_nothing_is_given_that_nobody_may_read(hall: Hall, room: Room, without: str) -> None:
    if without == "acceptance":
        room.request = raised(hall, room.case, "interpreter", languages=("en",)).id
    if without == "brief":
        _lose_brief(room)
    if without == "role":
        _lose_role(hall)
    with pytest.raises(BadRequest):
        room.pick("", *(["mi hermano"] if without != "text" else []))
    assert room.left() == 0


def _lose_brief(room: Room) -> None:
    with room.hall.database.transaction() as db:
        delete_briefs(db, [room.request])


def _lose_role(hall: Hall) -> None:
    with hall.database.transaction() as db:
        who, starling = hall.principal("crane"), hall.residents["starling"].id
        version = db.get_one(Member, starling).version
        changes = MemberChanges(lambda profile: profile, ["accompanier"])
        change_member(db, who, starling, version, changes, hall.clock())


def test_a_text_of_another_case_is_not_given(room: Room) -> None:
    [text, *_] = room.texts()
    other = a_case(room.hall, scopes=("interpreter",))
    request = raised(room.hall, other, "interpreter", languages=("en", "es"))
    room.hall.accept("starling", request)
    who, picked, now = room.hall.principal("heron"), PickedTexts([text.id]), room.hall.clock()
    with room.hall.database.transaction() as db, pytest.raises(BadRequest):
        send_to_interpreter(db, who, request.id, picked, now)


def test_nobody_else_reads_or_answers_it(room: Room) -> None:
    room.pick("", "mi hermano")
    [text] = room.look().texts
    for handle in ("finch", "heron"):
        with pytest.raises(NotFound):
            room.look(handle)
        with pytest.raises(NotFound):
            room.answer(text.id, "it says nothing", handle)
    with pytest.raises(Forbidden):
        room.pick("", "mi hermano", by="starling")


def test_a_brief_that_is_written_anew_takes_the_texts_along(room: Room) -> None:
    room.pick("", "mi hermano")
    room.answer(room.look().texts[0].id, "my brother")
    with room.hall.database.transaction() as db:
        write_brief(db, room.hall.principal("heron"), room.request, room.hall.clock())
    assert [(one.text, one.answered) for one in room.look().texts] == [("mi hermano", True)]
    [kept] = read(room.hall, room.case).interpretations
    assert kept.answer == "my brother"


def _refuse(room: Room) -> None:
    say(room.hall, room.case, "interpreter", granted=False)


def _cancel(room: Room) -> None:
    with room.hall.database.transaction() as db:
        cancel_request(db, room.hall.principal("heron"), room.request, room.hall.clock())


def _remove(room: Room) -> None:
    starling = room.hall.residents["starling"].id
    with room.hall.database.transaction() as db:
        who, now = room.hall.principal("crane"), room.hall.clock()
        remove_member(db, MemorySessions(), who, starling, "starling", now)


ENDS: dict[str, Callable[[Room], None]] = {
    "reported": lambda room: reported(room.hall, "starling", room.assignment, "done"),
    "given back": lambda room: reported(room.hall, "starling", room.assignment, "cancelled"),
    "cancelled": _cancel,
    "refused": _refuse,
    "closed": lambda room: end(room.hall, room.case, "close_case", "supported"),
    "erased": lambda room: end(room.hall, room.case, "erase_case"),
    "removed": _remove,
    "over": lambda room: room.hall.advance(hours=24),
}


@pytest.mark.parametrize("how", ENDS)
def test_all_of_it_goes_with_the_request(room: Room, how: str) -> None:
    room.pick("Where is he?", "mi hermano")
    room.answer(room.look().texts[0].id, "my brother")
    ENDS[how](room)
    assert room.left() == 0
    assert "interpreted" not in room.tasks() or how == "refused"
