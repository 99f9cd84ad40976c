"""A strong adversary: has the rows and some secrets, knows the code, and tries all on all.

The trying is the drill's; here is only what tests add: rows that were taken as a whole, what
follows from a passphrase, and reading the loot.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import NullPool, StaticPool, create_engine, insert, select
from sqlalchemy.schema import CreateTable

from app.crypto import KeyPair, SealBroken, Secret, open_sealed, unlock, unpad
from app.crypto.passphrases import derive_passphrase_key, derive_recovery_key, derive_token_keys
from app.models import Base
from app.operations.drill import attempts
from app.operations.drill.attempts import OpenedCell
from app.operations.drill.keys import FoundKey
from tests.seizure.canaries import Canary, find

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Dump:
    """Every row of a database, as whoever took it can read it, on whatever it ran."""

    rows: Mapping[str, list[Row]] = field(repr=False)

    @property
    def deployment(self) -> UUID:
        """The deployment's id, part of every context."""
        deployment: UUID = self.rows["deployment"][0]["id"]
        return deployment


def dump(url: str) -> Dump:
    """Read every row of every table."""
    engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            backend = connection.dialect.name
            return Dump(
                {
                    table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
                    for table in Base.metadata.sorted_tables
                    if table.info.get("only", backend) == backend
                }
            )
    finally:
        engine.dispose()


def plunder(taken: Dump, secrets: Iterable[FoundKey]) -> list[OpenedCell]:
    """Open all that opens with these secrets, and with what they open in turn.

    Everything is tried on everything, but no key twice on the same layer in one test run.
    """
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as connection:
            for table in Base.metadata.sorted_tables:
                if table.name in taken.rows:
                    creation = str(CreateTable(table).compile(engine)).replace("UNLOGGED ", "")
                    connection.exec_driver_sql(creation)
                if taken.rows.get(table.name):
                    connection.execute(insert(table), list(taken.rows[table.name]))
            with (
                patch.object(attempts, "open_sealed", _open_sealed),
                patch.object(attempts, "unlock", _unlock),
            ):
                return attempts.open_everything(connection, taken.deployment, secrets).opened
    finally:
        engine.dispose()


# What became of an attempt, by all that it hangs on.
_TRIED: dict[tuple[object, ...], Secret | None] = {}


def _open_sealed(pair: KeyPair, *layer: Any) -> Secret:
    return _once(partial(open_sealed, pair, *layer), pair.public, *layer)


def _unlock(key: bytes, *layer: Any) -> Secret:
    return _once(partial(unlock, key, *layer), key, *layer)


def _once(attempt: Callable[[], Secret], *given: object) -> Secret:
    if given not in _TRIED:
        try:
            _TRIED[given] = attempt()
        except SealBroken:
            _TRIED[given] = None
    if (opened := _TRIED[given]) is None:
        raise SealBroken
    return opened


# -- what people know


def known_to(
    taken: Dump, passphrases: Mapping[str, str], codes: Mapping[str, str] | None = None
) -> list[FoundKey]:
    """What follows from members' passphrases and recovery codes, by handle."""
    found = [
        FoundKey(row["handle"], _stretched(passphrases[row["handle"]], row["passphrase_salt"]))
        for row in taken.rows["members"]
        if row["handle"] in passphrases
    ]
    return found + [FoundKey(who, derive_recovery_key(code)) for who, code in (codes or {}).items()]


@cache  # slow on purpose, and asked for again by every test
def _stretched(passphrase: str, salt: bytes) -> Secret:
    return derive_passphrase_key(passphrase, salt)


def from_tokens(tokens: Mapping[str, str]) -> list[FoundKey]:
    """What follows from session tokens, by handle."""
    return [FoundKey(who, Secret(derive_token_keys(token).key)) for who, token in tokens.items()]


# -- the loot


def sealed(loot: Iterable[OpenedCell]) -> list[OpenedCell]:
    """What only people were to read: no keys, no second factors, nothing of the machine's."""
    return [
        one
        for one in loot
        if one.cell.word == "sealed" and not one.cell.forgetting and one.cell.column != "totp"
    ]


def operational(loot: Iterable[OpenedCell]) -> list[OpenedCell]:
    """What the machine keeps for itself."""
    return [one for one in loot if one.cell.column == "op_values"]


def values(one: OpenedCell) -> dict[str, Any]:
    """The operational values of a row, those that hold something."""
    found = json.loads(unpad(one.plaintext))
    return {name: value for name, value in found.items() if value not in (None, [], {})}


def labels(loot: Iterable[OpenedCell], canaries: Iterable[Canary]) -> set[str]:
    """The labels of the canaries that can be read in the loot."""
    text = b"\n".join(one.plaintext + unpack_streams(one.plaintext) for one in loot)
    return {label for label, _ in find(text, canaries)}


def unpack_streams(content: bytes) -> bytes:
    """What is packed inside a document: a reader of it sees that, too."""
    unpacked = b""
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        with suppress(zlib.error):
            unpacked += b"\n" + zlib.decompressobj().decompress(packed)
    return unpacked


def search_rows(taken: Dump, canaries: Iterable[Canary]) -> Iterator[tuple[str, str, str]]:
    """Yield table, label and form of each canary that the database itself hands out in plain."""
    wanted = list(canaries)
    for table, rows in taken.rows.items():
        text = "\n".join(str(value) for row in rows for value in row.values()).encode()
        raw = b"\n".join(v for row in rows for v in row.values() if isinstance(v, bytes))
        for label, form in sorted(find(text + b"\n" + raw, wanted)):
            yield table, label, form
