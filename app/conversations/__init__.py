"""Texts arriving: from a batch of webhooks to sealed messages, cases and replies, in one commit.

``receiving`` takes a batch in, ``turns`` works on one text, ``threads`` holds the cases meanwhile,
``provisional`` does the same while the server is sealed. The server can append to a case, and
never reads one.
"""

from app.conversations.provisional import absorb
from app.conversations.receiving import AloneOnly, receive, take
from app.conversations.turns import Desk

__all__ = ["AloneOnly", "Desk", "absorb", "receive", "take"]
