"""A sealed copy of a case from the console, without scripts."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest

from app.crypto import unlock_file
from tests.console.visitor import Page, Visitor
from tests.service import Caller, House

SAID = "a lawyer please"


@pytest.fixture
def case(house: House, phone: Caller) -> dict[str, Any]:
    return house.case_of("hello", "1", "6", SAID, number=phone.number)


def _code(page: Page) -> str:
    [code] = [one["value"] for one in page.all("input") if one.get("name") == "code"]
    assert page.says(code)  # whoever is to write it down can read it
    return code


def test_the_code_on_the_page_opens_the_file(desk: Visitor, case: dict[str, Any]) -> None:
    path = f"/cases/{case['id']}/export"
    assert path in {a["href"] for a in desk.case(case["reference"]).all("a")}
    page = desk.open(path)
    assert page.says("What opens it Only the program Kith, on a computer, together with the code")
    assert page.says("times in America/Toronto")
    fields = {**page.form("/export").fields, "reader": "caller"}
    answer = desk.http.post(path, data=fields)
    assert answer.headers["content-disposition"] == 'attachment; filename="case.sealed"'
    assert "no-store" in answer.headers["cache-control"]
    archive = zipfile.ZipFile(io.BytesIO(unlock_file(_code(page), answer.content)))
    assert SAID in archive.read("case.txt").decode()
    assert _code(desk.open(path)) != _code(page)


def test_for_counsel_the_page_says_what_is_missing(desk: Visitor, case: dict[str, Any]) -> None:
    page = desk.open(f"/cases/{case['id']}/export")
    refused = desk.send(page, "/export", reader="counsel")
    assert refused.status == 403
    assert refused.has_form("/export")


def test_a_code_that_somebody_made_up_is_refused(desk: Visitor, case: dict[str, Any]) -> None:
    page = desk.open(f"/cases/{case['id']}/export")
    assert desk.send(page, "/export", reader="caller", code="1234").status == 400
