"""Founding an organisation, for `kith init` and the demo."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.operations import FoundedOrganisation
    from app.settings import Settings


def lay_foundation(chosen: Settings, handle: str, passphrase: str) -> FoundedOrganisation:
    """Lay the schema, and found an organisation on it."""
    from app.clock import Clock
    from app.crypto import KeyFiles
    from app.operations import found_organisation
    from app.store import Database, upgrade_schema

    upgrade_schema(chosen.sqlalchemy_url)
    database = Database(chosen.sqlalchemy_url)
    try:
        return found_organisation(
            database,
            KeyFiles(chosen.keys_path),
            handle=handle,
            passphrase=passphrase,
            keep_operational_seed=chosen.operational_key == "file",
            now=Clock()(),
        )
    finally:
        database.close()
