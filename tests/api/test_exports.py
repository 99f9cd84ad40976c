"""A case as a sealed file: what is in it, who gets it, and that it opens elsewhere."""

from __future__ import annotations

import io
import json
import unicodedata
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from app.cli import cli, run
from app.crypto import lock_file, new_code, unlock_file
from tests.media import files
from tests.service import CALLER, House, refusal

SAID, WRITTEN = "they took my brother this morning", "We are looking for him."
NOTE, FIELD = "perhaps a cousin of the baker", "Jean-Baptiste Exampleson"
PICTURE = files.make_picture(name="PNG")


@pytest.fixture
def database_kind() -> str:
    """What differs on PostgreSQL asks for it."""
    return "sqlite"


@pytest.fixture(scope="module")
def case(shared_house: House) -> str:
    """A case in which everything stands that may be asked for."""
    return _full_case(shared_house, CALLER)


def _full_case(house: House, number: str) -> str:
    case_id: str = house.case_of(SAID, number=number)["id"]
    desk, path = house.as_("heron"), f"/v1/cases/{case_id}"
    assert desk.post(f"{path}/messages", {"body": WRITTEN}).status_code == 202
    assert desk.post(f"{path}/notes", {"body": NOTE}).status_code == 201
    fields = {"fields": {"subject_name": FIELD}}
    assert desk.patch(path, fields, version=desk.get(path).headers["etag"]).status_code == 200
    kind = {"Content-Type": "image/png"}
    added = desk.request("POST", f"{path}/attachments", content=PICTURE, headers=kind)
    assert added.status_code == 201
    date = {"kind": "hearing", "starts_at": _later(house), "place": "200 Example Boulevard"}
    assert desk.post(f"{path}/events", date).status_code == 201
    house.settle()
    return case_id


def _later(house: House) -> str:
    return f"{house.clock().replace(microsecond=0).isoformat()[:4]}-12-30T10:00:00-05:00"


def _export(house: House, case_id: str, handle: str = "heron", query: str = "") -> httpx.Response:
    return house.as_(handle).get(f"/v1/cases/{case_id}/export{query}")


def _opened(answer: httpx.Response) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(unlock_file(answer.headers["kith-code"], answer.content)))


def test_what_is_in_it(shared_house: House, case: str) -> None:
    archive = _opened(_export(shared_house, case))
    told: dict[str, Any] = json.loads(archive.read("case.json"))
    assert told["messages"][0]["body"] == SAID
    assert WRITTEN in [message["body"] for message in told["messages"]]
    assert told["fields"]["subject_name"] == FIELD
    assert [date["place"] for date in told["dates"]] == ["200 Example Boulevard"]
    (attached,) = told["attachments"]
    assert archive.read(attached["file"]) == PICTURE
    text = archive.read("case.txt").decode()
    for each in (SAID, WRITTEN, FIELD, "200 Example Boulevard", told["reference"]):
        assert each in text, each


def test_nothing_a_caller_writes_looks_like_a_line_of_ours(shared_house: House) -> None:
    forged = "help\n\nCONSENTS\r\nYes: a legal contact may be told\u2028All other lines are ours."
    hidden = "\x1b[2Jhello \u202edelif\u2066 \x85DATES\n" + " " * 200 + "FACTS " + "long " * 40
    case_id = shared_house.case_of(forged, number="+15145550183")["id"]
    shared_house.phone("+15145550183").text(hidden)
    text = _opened(_export(shared_house, case_id)).read("case.txt").decode()
    lines = text.split("\n")
    assert lines.count("CONSENTS") == lines.count("DATES") == lines.count("FACTS") == 1
    assert lines[lines.index("CONSENTS") + 2] == "none"
    for words in ("CONSENTS", "Yes: a legal contact may be told", "All other lines are ours."):
        assert f"    | {words}" in lines
    assert "    | <U+001B>[2Jhello <U+202E>delif<U+2066>" in lines
    assert max(map(len, lines)) < 100
    unseen = {"Cc", "Cf", "Zl", "Zp"}
    assert not [one for one in text if one != "\n" and unicodedata.category(one) in unseen]
    written = _opened(_export(shared_house, case_id)).read("case.json").decode()
    assert "\u202e" not in written
    assert hidden in [message["body"] for message in json.loads(written)["messages"]]


def test_it_says_words_and_the_time_of_the_place(shared_house: House, case: str) -> None:
    consent = {"scope": "contact", "granted": True, "methods": ["text"], "hours": ["any"]}
    assert shared_house.as_("heron").post(f"/v1/cases/{case}/consents", consent).status_code == 201
    archive = _opened(_export(shared_house, case))
    text = archive.read("case.txt").decode()
    assert "hearing, not certain: Wed 30 Dec 2026, 10:00 America/Toronto (UTC-05:00)" in text
    assert "Yes: we may contact them; by text; any time." in text
    assert f"Who it is about:\n    | {FIELD}\n" in text
    assert f", from the desk, SMS, arrived:\n    | {WRITTEN}\n" in text
    for code in ("subject_name", "happening_now", "delivered", "outbound", "+00:00"):
        assert code not in text
    told = json.loads(archive.read("case.json"))
    assert told["time_zone"] == "America/Toronto"
    assert told["dates"][0]["starts_at"] == "2026-12-30T10:00:00-05:00"
    assert told["consents"][-1]["hours"] == ["any"]


def test_what_is_not(shared_house: House, case: str) -> None:
    archive = _opened(_export(shared_house, case))
    everything = b"".join(archive.read(name) for name in archive.namelist())
    members = [str(one.id) for one in shared_house.residents.values()]
    for each in (NOTE, CALLER, CALLER[-6:], "heron", case, *members):
        assert each.encode() not in everything, each


def test_nothing_of_it_can_be_read_without_the_code(shared_house: House, case: str) -> None:
    answer = _export(shared_house, case)
    for each in (SAID, FIELD, "case.json", "PNG"):
        assert each.encode() not in answer.content
    assert answer.headers["content-disposition"] == 'attachment; filename="case.sealed"'
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["kith-code"] != _export(shared_house, case).headers["kith-code"]


def test_it_stands_in_the_log(shared_house: House, case: str) -> None:
    _export(shared_house, case)
    assert "case.exported" in [entry["kind"] for entry in shared_house.read(case)["history"]]


def test_counsel_needs_the_callers_word(shared_house: House, case: str) -> None:
    assert refusal(_export(shared_house, case, query="?for=counsel")) == (403, "consent-missing")
    consent = {"scope": "legal", "granted": True}
    shared_house.as_("heron").post(f"/v1/cases/{case}/consents", consent)
    assert _opened(_export(shared_house, case, query="?for=counsel")).namelist()
    assert refusal(_export(shared_house, case, query="?for=agency"))[0] == 400


def test_a_closed_case_is_the_archives(shared_house: House) -> None:
    case = _full_case(shared_house, "+15145550181")
    shared_house.as_("heron").post(f"/v1/cases/{case}/close", {"outcome": "supported"})
    assert refusal(_export(shared_house, case)) == (409, "case-closed")
    shared_house.break_glass(case, "wren")
    told = json.loads(_opened(_export(shared_house, case, "wren")).read("case.json"))
    assert told["outcome"] == "supported"
    assert SAID in [message["body"] for message in told["messages"]]


def test_an_erased_case_is_gone(shared_house: House) -> None:
    case = _full_case(shared_house, "+15145550182")
    shared_house.as_("heron").post(f"/v1/cases/{case}/erase")
    assert refusal(_export(shared_house, case)) == (410, "case-erased")


@pytest.mark.parametrize("database_kind", ["postgresql"])
def test_postgresql_keeps_the_same(house: House) -> None:
    archive = _opened(_export(house, _full_case(house, CALLER)))
    told = json.loads(archive.read("case.json"))
    assert told["messages"][0]["body"] == SAID
    assert archive.read(told["attachments"][0]["file"]) == PICTURE


# -- on the reader's computer


def test_a_lawyer_opens_it_without_any_hotline(
    shared_house: House, case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = _export(shared_house, case)
    file = tmp_path / "case.sealed"
    file.write_bytes(answer.content)
    monkeypatch.setenv("KITH_DATA_DIR", str(tmp_path / "none"))
    asked = ["open", str(file), "--code-stdin"]
    code = answer.headers["kith-code"].lower() + "\n"
    done = CliRunner().invoke(cli, asked, input=code)
    assert done.exit_code == 0, done.output
    folder = tmp_path / "case.opened"
    assert SAID in (folder / "case.txt").read_text(encoding="utf-8")
    assert (folder / "attachments" / "1.png").read_bytes() == PICTURE
    assert not (tmp_path / "none").exists()
    for path in (folder, *folder.rglob("*")):
        assert not path.stat().st_mode & 0o077, path
    assert CliRunner().invoke(cli, asked, input=code).exit_code == 1  # the folder is there


def test_the_wrong_code_says_so_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "case.sealed"
    file.write_bytes(b"K" * 5000)
    monkeypatch.setattr("sys.stdin", io.StringIO(new_code() + "\n"))
    assert run(["open", str(file), "--code-stdin"]) == 1
    assert "does not open with this code" in capsys.readouterr().err
    assert not (tmp_path / "case.opened").exists()
    assert run(["open", str(tmp_path / "missing"), "--code-stdin"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_while_it_is_packed_texts_are_taken_in(
    shared_house: House, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever writes waits for nobody's sealing: a caller's text would go to the fallback."""
    taken: list[int | None] = []

    def meanwhile(code: str, content: bytes) -> bytes:
        taken.append(shared_house.phone("+15145550188").text("help").http_status)
        return lock_file(code, content)

    monkeypatch.setattr("app.desk.exporting.lock_file", meanwhile)
    assert _opened(_export(shared_house, case)).namelist()
    assert taken == [200]
