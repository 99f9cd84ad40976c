"""Files of a case: what may be attached, who reads it, and that nothing leaves unverified."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from app.api import attachments
from app.cases.attachment_sealer import LARGEST_ATTACHMENT, PART_SIZE
from app.media import CleanerBusy, clean_file
from app.models import AttachmentPart
from tests.media import files
from tests.service import House, refusal

# Three parts, also after it was written anew.
SENT = files.make_document(drawing=random.Random(1).randbytes(2 * PART_SIZE + 1000))


@pytest.fixture
def database_kind() -> str:
    """What is kept is the same on either."""
    return "sqlite"


@pytest.fixture
def kept(house: House) -> tuple[House, str]:
    """A case with a document, and where that is."""
    case_id = house.case_of("hello")["id"]
    path = f"/v1/cases/{case_id}/attachments"
    added = house.as_("heron").request("POST", path, content=SENT)
    assert added.status_code == 201, added.text
    return house, f"{path}/{added.json()['id']}"


def _asked(house: House, path: str, span: str | None = None, handle: str = "heron") -> Any:
    headers = {"Range": span} if span else {}
    return house.as_(handle).get(path, headers=headers)


def test_what_was_attached_comes_back_whole_and_in_parts(kept: tuple[House, str]) -> None:
    house, path = kept
    content = _asked(house, path).content
    assert clean_file(content).content_type == "application/pdf"
    assert files.SECRET.encode() not in content
    for first, last in ((0, 3), (PART_SIZE - 2, PART_SIZE + 2), (2 * PART_SIZE, len(content) - 1)):
        part = _asked(house, path, f"bytes={first}-{last}")
        assert (part.status_code, part.content) == (206, content[first : last + 1])
    assert _asked(house, path, "bytes=-5").content == content[-5:]
    assert _asked(house, path, f"bytes={len(content)}-").status_code == 416
    assert refusal(_asked(house, f"{path}/thumbnail"))[0] == 404  # a document has none
    for handle in ("finch", "owl", "crane"):
        assert refusal(_asked(house, path, handle=handle))[0] == 404
    other = house.case_of("hello", number="+15145550179")["id"]
    elsewhere = f"/v1/cases/{other}/attachments/{path.rsplit('/', 1)[1]}"
    assert refusal(_asked(house, elsewhere))[0] == 404


@pytest.mark.parametrize("how", ["flipped", "moved", "cut off"])
def test_nothing_leaves_where_any_part_of_it_is_not_as_it_was(
    kept: tuple[House, str], how: str
) -> None:
    """Not even the first bytes, whose own part is whole."""
    house, path = kept
    with house.database.transaction() as db:
        rows = select(AttachmentPart).order_by(AttachmentPart.number)
        bodies = [row.body for row in db.scalars(rows)]
        assert len(bodies) == 3
        last = AttachmentPart.number == 2
        if how == "cut off":
            db.execute(delete(AttachmentPart).where(last))
        else:
            changed = bodies[1] if how == "moved" else bodies[2][:-1] + bytes([bodies[2][-1] ^ 1])
            db.execute(update(AttachmentPart).where(last).values(body=changed))
    for span in (None, "bytes=0-3"):
        answer = _asked(house, path, span)
        assert answer.status_code >= 400
        assert b"%PDF" not in answer.content


def test_a_picture_has_a_thumbnail(house: House) -> None:
    path = f"/v1/cases/{house.case_of('hello')['id']}/attachments"
    added = house.as_("heron").request("POST", path, content=files.make_photograph()).json()
    assert (added["content_type"], added["thumbnail"]) == ("image/jpeg", True)
    [listed] = house.as_("heron").get(path.removesuffix("/attachments")).json()["attachments"]
    assert listed == added
    for where in (f"{path}/{added['id']}", f"{path}/{added['id']}/thumbnail"):
        shown = _asked(house, where)
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/jpeg")
        assert files.SECRET.encode() not in shown.content
        assert refusal(_asked(house, where, handle="owl"))[0] == 404


def test_what_cannot_be_attached(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    path = f"/v1/cases/{house.case_of('hello')['id']}/attachments"

    def add(content: bytes, kind: str = "image/jpeg") -> Any:
        headers = {"Content-Type": kind}
        return house.as_("heron").request("POST", path, content=content, headers=headers)

    for content in (b"<script>", b"", files.make_bomb(), files.make_animation()):
        refused = add(content)
        assert refused.status_code == 400
        assert refused.json()["detail"].startswith("Not kept: ")
    assert add(bytes(LARGEST_ATTACHMENT + 1)).status_code == 413
    monkeypatch.setattr(attachments, "clean_file", _refuse_busily)
    assert add(files.make_picture()).status_code == 503
    assert house.as_("heron").get(path.removesuffix("/attachments")).json()["attachments"] == []


def _refuse_busily(_content: bytes) -> None:
    raise CleanerBusy


def test_its_size_is_told_in_steps(house: House) -> None:
    """A voicemail's length to the byte would tell it from others."""
    path = f"/v1/cases/{house.case_of('hello')['id']}/attachments"
    for size in (4200, 5000, 6000):
        drawing = random.Random(1).randbytes(size)
        sent = files.make_document(drawing=drawing)
        assert house.as_("heron").request("POST", path, content=sent).status_code == 201
    with house.database.snapshot() as db:
        assert len({len(part.body) for part in db.scalars(select(AttachmentPart))}) == 1
