"""A stored type decides nothing: a file is served as what its bytes are, or as bytes."""

from __future__ import annotations

import io
import zipfile
from uuid import UUID

import pytest

from app.cases.attachment_sealer import AttachmentSealer, store_attachment
from app.crypto import unlock_file
from app.models import Case
from tests.service import House, refusal

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
HTML = b"<!doctype html><script>alert(1)</script>"
PNG, PDF, JPEG = b"\x89PNG\r\n\x1a\n" + bytes(64), b"%PDF-1.7\n%", b"\xff\xd8\xff\xe0" + bytes(64)


def a_case(house: House) -> str:
    given = {"channel": "manual", "situation": "other", "urgency": 2}
    case_id: str = house.as_("heron").post("/v1/cases", given).json()["id"]
    return case_id


def planted(house: House, content: bytes, kind: str) -> str:
    """Put a file into a case as whoever writes to the database can; return its address."""
    case_id = UUID(a_case(house))
    with house.database.transaction() as db:
        case = db.get_one(Case, case_id)
        sealer = AttachmentSealer(db.keys, case)
        sealer.add(content)
        sealer.finish()
        store_attachment(db, case, sealer, kind, house.clock())
    return f"/v1/cases/{case_id}/attachments/{sealer.id}"


@pytest.mark.parametrize("content", [SVG, HTML, b""])
@pytest.mark.parametrize("kind", ["image/svg+xml", "text/html", "image/png", "application/pdf"])
def test_what_a_browser_could_run_is_saved_as_bytes(
    shared_house: House, content: bytes, kind: str
) -> None:
    answer = shared_house.as_("heron").get(planted(shared_house, content, kind))
    assert (answer.status_code, answer.content) == (200, content)
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"sandbox", "default-src 'none'"} <= set(policy)


def test_a_part_of_it_too(shared_house: House) -> None:
    path = planted(shared_house, PNG[:8] + HTML, "text/html")
    part = shared_house.as_("heron").get(path, headers={"Range": "bytes=8-"})
    assert (part.status_code, part.content) == (206, HTML)
    assert part.headers["content-type"] == "image/png"
    assert "sandbox" in part.headers["content-security-policy"]
    path = planted(shared_house, b" " + PNG, "image/png")
    part = shared_house.as_("heron").get(path, headers={"Range": "bytes=1-"})
    assert part.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("content", "kind"), [(PNG, "image/png"), (JPEG, "image/jpeg"), (PDF, "application/pdf")]
)
def test_a_picture_or_pdf_is_shown_whatever_was_stored(
    shared_house: House, content: bytes, kind: str
) -> None:
    answer = shared_house.as_("heron").get(planted(shared_house, content, "text/html"))
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"].startswith("inline;")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("content", "kind"),
    [(SVG, "image/png"), (HTML, "application/pdf"), (PNG, "image/jpeg"), (SVG, "image/svg+xml")],
)
def test_a_file_that_is_not_what_it_is_called_is_not_taken(
    shared_house: House, content: bytes, kind: str
) -> None:
    path, headers = f"/v1/cases/{a_case(shared_house)}/attachments", {"Content-Type": kind}
    answer = shared_house.as_("heron").request("POST", path, content=content, headers=headers)
    assert refusal(answer) == (400, "bad-request")


def test_a_copy_names_a_file_by_its_bytes(shared_house: House) -> None:
    path = planted(shared_house, HTML, "image/png").partition("/attachments")[0]
    copy = shared_house.as_("heron").get(f"{path}/export")
    packed = unlock_file(copy.headers["kith-code"], copy.content)
    names = zipfile.ZipFile(io.BytesIO(packed)).namelist()
    assert "attachments/1.bin" in names
