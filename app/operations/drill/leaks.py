"""Leaks: phone numbers and operational values that lie about in plain."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from app.crypto import unpad
from app.models import Base
from app.operations.drill.attempts import OpenedCell
from app.operations.drill.checks import FAILURE, DrillFinding
from app.operations.drill.search import find_phone_numbers, read_blocks, search_sources

# So many values are looked for in every form; all phone numbers are looked for besides.
_SAMPLE = 50
_SHORTEST = 6
# Words of our own vocabulary, instants, ids and keys say nothing about anybody.
_NOBODYS = re.compile(
    r"[a-z_-]+|[0-9T:.+\- ]+Z?|[0-9a-f]{64}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_PHONE = re.compile(r"\+[1-9][0-9]{7,14}")


def find_leaks(
    connection: Connection,
    paths: Iterable[Path],
    opened: Iterable[OpenedCell],
    own_number: str,
    progress: Callable[[int], None],
) -> Iterator[DrillFinding]:
    """Search all rows and files for phone numbers, and for some of the values that opened."""
    needles = _choose_needles(opened)
    sources = chain(_read_rows(connection), _read_files(paths))
    for done, (where, content) in enumerate(sources, 1):
        progress(done)
        for number, form in find_phone_numbers(content):
            if number != own_number:
                yield DrillFinding(
                    FAILURE, f"a phone number lies in {where}, {form}", "find out what wrote it"
                )
        for hit in search_sources([(where, content)], needles):
            what = f"an operational value ({hit.label}) lies in {hit.where}, {hit.form}"
            yield DrillFinding(FAILURE, what, "find out what wrote it")


def _read_rows(connection: Connection) -> Iterator[tuple[str, bytes]]:
    """Yield what the database hands out, table by table: all there is where its files are not."""
    for table in Base.metadata.sorted_tables:
        if table.info.get("only", connection.dialect.name) == connection.dialect.name:
            rows = connection.execute(select(table).execution_options(yield_per=500))
            for part in rows.partitions():
                values = (value for row in part for value in row if value is not None)
                yield (
                    table.name,
                    b"\0".join(
                        value if isinstance(value, bytes) else str(value).encode()
                        for value in values
                    ),
                )


def _read_files(paths: Iterable[Path]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        try:
            for block in read_blocks(path):
                yield str(path), block
        except FileNotFoundError:
            continue  # gone since it was listed: a log or a journal in use


def _choose_needles(opened: Iterable[OpenedCell]) -> dict[str, str]:
    """Return some of the operational values that opened, by where they are from."""
    values = {
        value: one.cell.table
        for one in opened
        if one.cell.column == "op_values"
        for value in _list_texts(json.loads(unpad(one.plaintext)))
    }
    chosen = secrets.SystemRandom().sample(sorted(values), min(_SAMPLE, len(values)))
    return {f"{values[value]} {place}": value for place, value in enumerate(chosen, 1)}


def _list_texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) >= _SHORTEST and (_PHONE.fullmatch(value) or not _NOBODYS.fullmatch(value)):
            yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _list_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _list_texts(inner)
