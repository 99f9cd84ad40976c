"""Texts arriving: from a batch of webhooks to sealed messages, cases and replies, in one commit.

``receiving`` takes a batch in, ``turns`` works on one text, ``provisional`` does the same while the
server is sealed. The server can append to a case, and never reads one.
"""

from app.inbound.batches import IntakeSettings
from app.inbound.incoming_media import fetch_media
from app.inbound.lost_texts import take_in_lost_texts
from app.inbound.provisional import absorb_provisional_cases
from app.inbound.receiving import take_texts

__all__ = [
    "IntakeSettings",
    "absorb_provisional_cases",
    "fetch_media",
    "take_in_lost_texts",
    "take_texts",
]
