"""An archive's head: where it is from, and the keys that what follows needs."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.crypto import Secret


@dataclass(frozen=True)
class ArchiveHead:
    """The first two records of an archive.

    ``revision`` is the schema's, ``release`` Kith's. ``anchor`` is what the keys folder vouches
    for. ``shred``: by day, the keys that this snapshot lies under. The operational seed is never
    here.
    """

    made_at: datetime
    deployment: UUID
    operational_public: bytes
    revision: str
    release: str
    integrity: bytes = field(repr=False)
    audit: bytes = field(repr=False)
    anchor: Mapping[str, object]
    backup_public: bytes
    shred: Mapping[int, bytes] = field(repr=False)


def dump_head(head: ArchiveHead) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two records of a head."""
    about = {
        "made_at": head.made_at.astimezone(UTC).isoformat(),
        "deployment": str(head.deployment),
        "operational_public": _print(head.operational_public),
        "revision": head.revision,
        "release": head.release,
    }
    keys = {
        "integrity": _print(head.integrity),
        "audit": _print(head.audit),
        "anchor": dict(head.anchor),
        "backup_public": head.backup_public.hex(),
        "shred": {str(day): _print(key) for day, key in head.shred.items()},
    }
    return about, keys


def load_head(about: Mapping[str, Any], keys: Mapping[str, Any]) -> ArchiveHead:
    """Return the head that ``dump_head`` wrote."""
    return ArchiveHead(
        made_at=datetime.fromisoformat(about["made_at"]),
        deployment=UUID(about["deployment"]),
        operational_public=base64.b64decode(about["operational_public"]),
        revision=about["revision"],
        release=about["release"],
        integrity=base64.b64decode(keys["integrity"]),
        audit=base64.b64decode(keys["audit"]),
        anchor=keys["anchor"],
        backup_public=bytes.fromhex(keys["backup_public"]),
        shred={int(day): Secret(base64.b64decode(key)) for day, key in keys["shred"].items()},
    )


def _print(value: bytes) -> str:
    return base64.b64encode(value).decode()
