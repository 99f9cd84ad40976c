"""Make the frozen vectors of this folder: `python -m tests.crypto.vectors.make`.

A vector that exists is never made again, only new ones are added: what is stored in people's
databases must open for ever, so a vector that no longer holds means that the code is wrong.
"""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

from app.crypto import (
    BriefKeys,
    CaseKeys,
    Context,
    MemberKeys,
    OperationalKeys,
    Purpose,
    Suite,
    TeamKeys,
    keyed_hash,
    pad_field,
    pad_message,
    passphrases,
)
from app.crypto.files import derive_code_key
from app.crypto.formats import make_header
from app.vault.backup_keys import make_backup_pair
from tests.crypto.frozen import ATTACHMENT_ID, FOLDER, Sealed, seed_of, to_json

DEPLOYMENT = UUID("5f1c2b8e-7d4a-4c55-9f0b-2b8f6d1e9a10")
CASE = UUID("a3d1c6f0-90b4-4a57-8b5e-64d2a7e0c111")
ROW = UUID("c0ffee00-1111-4222-8333-444455556666")
MEMBER = UUID("0a1b2c3d-4e5f-4607-8819-2a3b4c5d6e7f")
REQUEST = UUID("7e57ab1e-5555-4666-8777-888899990000")
DAY = 20468  # 2026-01-15
MESSAGE = pad_message(b"They came this morning.")
FIELDS = pad_field(b'{"name": "Nadia", "number": "+15145550123"}')
TWO_CHUNKS = bytes(16385)
RECOVERY_CODE = "-".join(["KITH"] * 13)
INVITATION_CODE = "ABCDE-FGHIJ-KLMNO-PQRST-UVWXY-Z"


def derivations() -> dict[str, str]:
    """Everything that follows from a seed or a secret without chance, as hex."""
    seed = bytes(range(32))
    member, case, brief = MemberKeys(seed), CaseKeys(seed), BriefKeys(seed)
    operational, token = OperationalKeys(seed), passphrases.derive_token_keys("a-token")
    values = {
        "member/public": _short(member.pair.public),
        "member/verify-key": member.verify_key,
        "member/signature": member.sign(b"a roster"),
        "member/totp": member.totp_key,
        "team/public": _short(TeamKeys(seed).pair.public),
        "case/public": _short(case.pair.public),
        "case/field": case.field_key("messages.body"),
        "case/file": case.file_key(ATTACHMENT_ID),
        "brief/public": _short(brief.pair.public),
        "brief/field": brief.field_key("messages.body"),
        "brief/file": brief.file_key(ATTACHMENT_ID),
        "operational/public": _short(operational.pair.public),
        "operational/wrap": operational.wrap_key,
        "backup/public": _short(make_backup_pair(seed).public),
        "recovery": passphrases.derive_recovery_key(RECOVERY_CODE),
        "invitation": passphrases.hash_invitation(INVITATION_CODE),
        "export": derive_code_key(INVITATION_CODE),
        "session/id": token.lookup,
        "session/key": token.key,
        "keyed-hash": keyed_hash(seed, "number", b"+15145550123"),
        "header/hpke": make_header(Suite.HPKE, Purpose.GRANT, 7),
        "header/cobblestone": make_header(Suite.COBBLESTONE, Purpose.FORGETTING, DAY),
        "context/whole": _context("messages", "body", 3, CASE, 2).encode(b"a header"),
        "context/least": _context("members", "seed").encode(b"a header"),
        "context/parents": _context("offers", "op_key", parents=(REQUEST, MEMBER)).encode(b""),
        "context/team": _context("team_wraps", "wrap", parents=("desk", 4, MEMBER)).encode(b""),
        "context/no-parent": _context("requests", "op_key", parents=(CASE, None)).encode(b""),
        "padding/message": _short(pad_message(b"hello")),
        "padding/field": _short(pad_field(b"hello")),
    }
    return {name: value.hex() for name, value in values.items()}


def sealed() -> list[Sealed]:
    """One blob for each purpose, and the second form where there are two."""
    grant = _of_case("grant", "team pair", Purpose.GRANT, 4, "case_grants.wrap")
    grant = _hung(grant, CASE, 2, "desk", 4)
    layer = _of_case(
        "forgetting layer", "itself", Purpose.FORGETTING, DAY, "case_grants.wrap", grant.blob
    )
    return [
        grant,
        _hung(layer),
        _hung(
            _of_case("brief wrap", "member pair", Purpose.BRIEF_WRAP, 0, "brief_wraps.wrap"),
            *(REQUEST, CASE, MEMBER),
        ),
        _of_case("message", "case pair", Purpose.MESSAGE, 2, "messages.body", MESSAGE),
        _of_case("note", "case pair", Purpose.NOTE, 2, "notes.body", MESSAGE),
        _of_case("field", "case field", Purpose.FIELD, 2, "case_sheets.fields", FIELDS, 3),
        _hung(
            _of_case("brief field", "brief field", Purpose.FIELD, 0, "briefs.fields", FIELDS),
            *(REQUEST, CASE),
        ),
        _of_case("attachment", "case file", Purpose.ATTACHMENT, 2, "attachments.data", TWO_CHUNKS),
        _hung(
            _seal("team wrap", "member pair", Purpose.TEAM_WRAP, 0, "team_wraps.wrap"),
            *("desk", 4, MEMBER),
        ),
        _hung(
            _seal(
                "operational seed",
                "team pair",
                Purpose.OPERATIONAL_SEED,
                4,
                "operational_grants.wrap",
            ),
            *("desk", 4),
        ),
        _seal("member seed", "itself", Purpose.MEMBER_SEED, 0, "members.seed"),
        _seal("recovery seed", "itself", Purpose.RECOVERY_SEED, 0, "members.recovery_seed"),
        _seal("second factor", "member totp", Purpose.TOTP, 0, "members.totp", version=1),
        _hung(_seal("session", "itself", Purpose.SESSION, 0, "sessions.seed"), MEMBER),
        _seal("row key", "operational wrap", Purpose.ROW_KEY, 0, "cases.op_key"),
        _seal("row key while sealed", "operational pair", Purpose.ROW_KEY, 0, "cases.op_key"),
        _seal("row values", "itself", Purpose.ROW_VALUES, 0, "cases.op_values", FIELDS, 9),
        _hung(
            _seal("row key with parents", "operational wrap", Purpose.ROW_KEY, 0, "offers.op_key"),
            *(REQUEST, MEMBER),
        ),
        _hung(
            _seal(
                "row values with no date",
                "itself",
                Purpose.ROW_VALUES,
                0,
                "requests.op_values",
                FIELDS,
            ),
            *(CASE, None),
        ),
        _seal("backup key", "backup pair", Purpose.BACKUP_KEY, 0, "archives.key"),
        _seal("backup", "itself", Purpose.BACKUP, 0, "archives.body", TWO_CHUNKS),
        _seal("export", "itself", Purpose.EXPORT, 0, "exports.file", TWO_CHUNKS),
    ]


def _of_case(
    name: str,
    key: str,
    purpose: Purpose,
    key_epoch: int,
    where: str,
    plaintext: bytes | None = None,
    version: int = 0,
) -> Sealed:
    return _hung(_seal(name, key, purpose, key_epoch, where, plaintext, version, CASE), CASE)


def _hung(sealed: Sealed, *parents: UUID | str | int | None) -> Sealed:
    """Return the same, sealed in a row with these parents."""
    what = replace(sealed, context=replace(sealed.context, parents=parents))
    return replace(what, blob=what.sealed_anew())


def _seal(
    name: str,
    key: str,
    purpose: Purpose,
    key_epoch: int,
    where: str,
    plaintext: bytes | None = None,
    version: int = 0,
    case: UUID | None = None,
) -> Sealed:
    table, column = where.split(".")
    what = Sealed(
        name,
        key,
        seed_of(f"{name}: key"),
        purpose,
        key_epoch,
        _context(table, column, version, case, 2 if case else 0),
        seed_of(f"{name}: plaintext") if plaintext is None else plaintext,
    )
    return replace(what, blob=what.sealed_anew())


def _context(
    table: str,
    column: str,
    version: int = 0,
    case: UUID | None = None,
    epoch: int = 0,
    parents: tuple[UUID | str | int | None, ...] = (),
) -> Context:
    return Context(DEPLOYMENT, table, column, ROW, version, case, epoch, parents)


def _short(value: bytes) -> bytes:
    return sha256(value).digest()


def main() -> None:
    """Write what is not there yet."""
    derived = _written("derived.json", {})
    _write("derived.json", {**derivations(), **derived})
    kept = _written("sealed.json", [])
    names = {entry["name"] for entry in kept}
    new = [to_json(one) for one in sealed() if one.name not in names]
    _write("sealed.json", kept + new)


def _written(name: str, otherwise: Any) -> Any:
    path = FOLDER / name
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else otherwise


def _write(name: str, vectors: Any) -> None:
    (FOLDER / name).write_text(json.dumps(vectors, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
