"""The blobs frozen in `vectors/sealed.json`: what each was sealed under, where, and with what."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from app.crypto import (
    BriefKeys,
    CaseKeys,
    Context,
    KeyPair,
    MemberKeys,
    OperationalKeys,
    Purpose,
    Secret,
    TeamKeys,
    lock,
    open_sealed,
    seal_to,
    unlock,
)
from app.vault.backup_keys import make_backup_pair

FOLDER = Path(__file__).parent / "vectors"
ATTACHMENT_ID = "0b0e5a3c-4b57-4f0e-8a38-5c2ba1c8b9aa"

KEYS: dict[str, Callable[[bytes], KeyPair | Secret]] = {
    "member pair": lambda seed: MemberKeys(seed).pair,
    "member totp": lambda seed: MemberKeys(seed).totp_key,
    "team pair": lambda seed: TeamKeys(seed).pair,
    "case pair": lambda seed: CaseKeys(seed).pair,
    "case field": lambda seed: CaseKeys(seed).field_key("case_sheets.fields"),
    "case file": lambda seed: CaseKeys(seed).file_key(ATTACHMENT_ID),
    "brief field": lambda seed: BriefKeys(seed).field_key("briefs.fields"),
    "operational pair": lambda seed: OperationalKeys(seed).pair,
    "operational wrap": lambda seed: OperationalKeys(seed).wrap_key,
    "backup pair": make_backup_pair,
    "itself": Secret,
}


@dataclass(frozen=True)
class Sealed:
    """One blob and all it takes to open it."""

    name: str
    key: str
    seed: bytes
    purpose: Purpose
    epoch: int
    context: Context
    plaintext: bytes
    blob: bytes = b""

    def open(
        self,
        *,
        seed: bytes | None = None,
        purpose: Purpose | None = None,
        epoch: int | None = None,
        context: Context | None = None,
        blob: bytes | None = None,
    ) -> bytes:
        """Open the blob, or what an adversary made of it or asks instead."""
        key = KEYS[self.key](seed or self.seed)
        place = (
            purpose or self.purpose,
            self.epoch if epoch is None else epoch,
            context or self.context,
        )
        sealed = self.blob if blob is None else blob
        if isinstance(key, KeyPair):
            return open_sealed(key, *place, sealed)
        return unlock(key, *place, sealed)

    def sealed_anew(self) -> bytes:
        """Seal the same again; another blob, since sealing is random."""
        key = KEYS[self.key](self.seed)
        place = self.purpose, self.epoch, self.context
        if isinstance(key, KeyPair):
            return seal_to(key.public, *place, self.plaintext)
        return lock(key, *place, self.plaintext)


def seed_of(name: str) -> bytes:
    """A seed that anybody can make again from its name."""
    return sha256(name.encode()).digest()


def load() -> list[Sealed]:
    return [_from_json(entry) for entry in load_json("sealed.json")]


def load_json(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def to_json(sealed: Sealed) -> dict[str, Any]:
    context = sealed.context
    return {
        "name": sealed.name,
        "key": sealed.key,
        "seed": sealed.seed.hex(),
        "purpose": int(sealed.purpose),
        "epoch": sealed.epoch,
        "context": {
            "deployment": str(context.deployment),
            "table": context.table,
            "column": context.column,
            "row": str(context.row),
            "version": context.version,
            "case": str(context.case) if context.case else None,
            "epoch": context.epoch,
            "parents": [_parent_to_json(parent) for parent in context.parents],
        },
        "plaintext": base64.b64encode(sealed.plaintext).decode(),
        "blob": base64.b64encode(sealed.blob).decode(),
    }


def _parent_to_json(parent: UUID | str | int | None) -> Any:
    return {"id": str(parent)} if isinstance(parent, UUID) else parent


def _parent_from_json(parent: Any) -> UUID | str | int | None:
    return UUID(parent["id"]) if isinstance(parent, dict) else parent


def _from_json(entry: dict[str, Any]) -> Sealed:
    place = entry["context"]
    context = Context(
        UUID(place["deployment"]),
        place["table"],
        place["column"],
        UUID(place["row"]),
        place["version"],
        UUID(place["case"]) if place["case"] else None,
        place["epoch"],
        tuple(_parent_from_json(parent) for parent in place["parents"]),
    )
    return Sealed(
        entry["name"],
        entry["key"],
        bytes.fromhex(entry["seed"]),
        Purpose(entry["purpose"]),
        entry["epoch"],
        context,
        base64.b64decode(entry["plaintext"]),
        base64.b64decode(entry["blob"]),
    )
