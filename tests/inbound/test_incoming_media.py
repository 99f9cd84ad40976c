"""What comes with a text: fetched, kept in the case, deleted at the carrier; or a line says why."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from app import media
from app.cases import (
    AttachedFile,
    open_attachment,
    read_attachment,
    read_thumbnail,
)
from app.desk import break_glass, close_case, erase_case
from app.inbound import incoming_media
from app.media import CleanerBusy, CleanerFailed, CleanFile
from app.models import Attachment, CarrierTrace, Case, Job, Message
from app.telephony import CarrierUnreachable
from tests.line import Line
from tests.media import files

PHOTOGRAPH = files.make_picture()
UNREACHABLE = CarrierUnreachable(maybe_sent=True)


def send(line: Line, *contents: bytes | None, body: str = "my letter") -> Case:
    """Text with files; None for one that the carrier does not hand over. Return the case."""
    sid = line.lose(body).sid  # so that addresses differ
    urls = [f"https://x/{sid}/ME{number}" for number in range(len(contents))]
    line.carrier.files |= {u: c for u, c in zip(urls, contents, strict=True) if c is not None}
    line.carrier.held.pop()
    line.text(body, media=[(url, "image/jpeg") for url in urls])
    case = line.case_of()
    assert case is not None
    return case


def found(line: Line, case: Case) -> Sequence[AttachedFile]:
    return line.read(case.id).attachments


def opened(line: Line, case: Case, one: AttachedFile) -> tuple[bytes, bytes]:
    with line.writing() as db:
        content = open_attachment(db, line.principal("heron"), case.id, one.id, line.now)
        whole = read_attachment(db, content, 0, content.size)
        return whole, read_thumbnail(db, content)


def lies_at_carrier(line: Line) -> list[str]:
    pictures = [sid for sid, media in line.carrier.pictures.items() if media]
    return [one.sid for one in line.carrier.held] + pictures


def wait(line: Line, minutes: int) -> None:
    """Let time go by as it does: minute by minute."""
    for _ in range(minutes):
        line.advance(minutes=1)


def test_pictures_reach_the_case_and_leave_the_carrier(line: Line) -> None:
    """Once each, also where the webhook comes twice."""
    case = send(line, files.make_photograph(), files.make_document(), files.make_photograph())
    kept = found(line, case)
    [text] = [one for one in line.read(case.id).messages if one.direction == "inbound"]
    assert [one.content_type for one in kept] == ["image/jpeg", "application/pdf", "image/jpeg"]
    assert {one.message for one in kept} == {text.id}
    assert [one.thumbnail for one in kept] == [True, False, True]
    for content in opened(line, case, kept[0]):
        assert content.startswith(b"\xff\xd8")
        assert files.SECRET.encode() not in content
    line.advance(minutes=3)
    assert lies_at_carrier(line) == []
    assert len(line.inbox()) == 1


def test_a_picture_without_a_word_opens_a_case_and_is_greeted(line: Line) -> None:
    case = send(line, PHOTOGRAPH, body="")
    assert len(found(line, case)) == 1
    assert line.inbound(case.id) == [""]
    [greeting] = line.inbox()
    assert greeting == line.desk.script.texts.get(None, "greeting")


def test_what_is_not_kept_leaves_a_line_and_the_rest_is_kept(line: Line) -> None:
    case = send(line, files.make_bomb(), PHOTOGRAPH, b"<html>", files.make_animation())
    faults = [one.fault for one in found(line, case)]
    assert faults == ["heavy", None, "unknown", "animated"]
    assert line.inbound(case.id) == ["my letter"]
    line.advance(minutes=3)
    assert lies_at_carrier(line) == []


def test_a_carrier_that_does_not_answer_is_asked_again(line: Line) -> None:
    line.carrier.fetch_errors = [UNREACHABLE] * 4
    case = send(line, PHOTOGRAPH)
    assert found(line, case) == []
    wait(line, 5)
    assert [one.fault for one in found(line, case)] == [None]


def test_a_carrier_that_never_answers_leaves_a_line(line: Line) -> None:
    line.carrier.fetch_errors = [UNREACHABLE] * 200
    case = send(line, PHOTOGRAPH)
    line.advance(hours=23)
    assert found(line, case) == []
    line.advance(hours=2)
    assert [one.fault for one in found(line, case)] == ["missing"]


def test_a_picture_that_the_carrier_has_no_more_leaves_a_line(line: Line) -> None:
    case = send(line, None, PHOTOGRAPH)
    assert [one.fault for one in found(line, case)] == [None]
    line.advance(hours=2)
    assert [one.fault for one in found(line, case)] == [None, "missing"]


def test_fewer_than_were_announced_leave_a_line_too(line: Line) -> None:
    text = line.lose("two", media=[("https://x/1", "image/png"), ("https://x/2", "image/png")])
    line.carrier.files["https://x/1"] = PHOTOGRAPH
    line.carrier.pictures[text.sid] = (("https://x/1", "image/png"),)
    line.take(text)
    line.settle()
    line.advance(hours=2)
    case = line.case_of()
    assert case is not None
    assert [one.fault for one in found(line, case)] == [None, "missing"]


@pytest.mark.parametrize(("error", "fault"), [(CleanerFailed, "heavy"), (CleanerBusy, None)])
def test_a_process_that_is_killed_is_started_again(
    line: Line, monkeypatch: pytest.MonkeyPatch, error: type[Exception], fault: str | None
) -> None:
    """Five times: a file that always ends it is not kept. Where all are busy, it waits."""
    tries: list[int] = []

    def fail(_content: bytes) -> CleanFile:
        tries.append(1)
        if len(tries) > 6:
            return media.clean_file(PHOTOGRAPH)
        raise error

    monkeypatch.setattr(incoming_media, "clean_file", fail)
    case = send(line, PHOTOGRAPH)
    wait(line, 10)
    assert [one.fault for one in found(line, case)] == [fault]
    assert len(tries) == (5 if fault else 7)


def test_erasing_a_case_takes_pictures_that_wait_from_the_carrier(line: Line) -> None:
    line.carrier.fetch_errors = [UNREACHABLE] * 100
    case = send(line, PHOTOGRAPH)
    line.as_member(erase_case, "heron", case.id)
    line.carrier.fetch_errors.clear()
    line.advance(hours=1, minutes=5)
    line.advance(hours=1)
    assert lies_at_carrier(line) == []
    with line.reading() as db:
        assert db.scalar(select(func.count()).where(CarrierTrace.case_id.is_not(None))) == 0
        assert db.scalar(select(func.count()).select_from(Attachment)) == 0
        assert db.scalar(select(func.count()).where(Job.kind == "media")) == 0


def test_a_picture_that_is_fetched_after_its_case_was_closed_goes_with_its_text(
    line: Line,
) -> None:
    """To the archive, and under the key of the text, which is forgotten with its words."""
    line.carrier.fetch_errors = [UNREACHABLE] * 2
    case = send(line, PHOTOGRAPH)
    line.as_member(close_case, "heron", case.id, "other")
    wait(line, 5)
    line.as_member(break_glass, "crane", case.id, "the family asks")
    [one] = line.read(case.id, "crane").attachments
    assert (one.fault, one.thumbnail) == (None, True)
    with line.reading() as db:
        [text] = db.scalars(select(Message).where(Message.direction == "inbound"))
        row = db.get_one(Attachment, one.id)
        assert row.epoch == row.details_epoch == text.epoch < db.get_one(Case, case.id).epoch


def test_pictures_of_a_text_that_opens_no_case_go_at_once(line: Line) -> None:
    line.text("STOP", media=[("https://x/1", "image/png")])
    line.advance(minutes=3)
    assert lies_at_carrier(line) == []


def test_a_case_has_so_many_files_from_texts_and_no_more(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming_media, "MOST_FILES", 1)
    case = send(line, PHOTOGRAPH, PHOTOGRAPH)
    assert [one.fault for one in found(line, case)] == [None, "many"]
