"""How the carrier writes identifiers, paths and times."""

from __future__ import annotations

import secrets
from datetime import datetime
from email.utils import format_datetime
from typing import Any

VERSION = "2010-04-01"
Json = dict[str, Any]
Fields = list[tuple[str, str]]
"""The form of a webhook."""


def new_sid(prefix: str) -> str:
    """Make an identifier: two letters and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)


def account_uri(account_sid: str) -> str:
    """The path above all resources of the account."""
    return f"/{VERSION}/Accounts/{account_sid}"


def rfc2822(at: datetime | None) -> str | None:
    """Write an instant as the carrier's API does, to the second."""
    return format_datetime(at) if at else None


def rfc3339(at: datetime) -> str:
    """Write an aware UTC instant as ``2026-01-02T03:04:05.000678Z``."""
    return at.isoformat().replace("+00:00", "Z")
