"""Texts arriving: from a batch of webhooks to sealed messages, cases and replies, in one commit.

``receiving`` takes a batch in, ``turns`` works on one text, ``provisional`` does the same while the
server is sealed. The server can append to a case, and never reads one.
"""
