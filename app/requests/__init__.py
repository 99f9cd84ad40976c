"""Requests: the desk asks for people, with a brief of exactly what they may be shown."""

from app.requests.agreed import CONSENTS, check_consent, is_agreed
from app.requests.changing import cancel, end_all, follow_consent, forget_all, write_brief
from app.requests.following import follow_event
from app.requests.raising import ALLOWED, KINDS, Asked, check, put_without_brief, raise_request
from app.requests.reading import Found, Ranking, find, of_cases, page, rank
from app.requests.standing_by import ask_for_legal
from app.requests.writing import complete_briefs

__all__ = [
    "ALLOWED",
    "CONSENTS",
    "KINDS",
    "Asked",
    "Found",
    "Ranking",
    "ask_for_legal",
    "cancel",
    "check",
    "check_consent",
    "complete_briefs",
    "end_all",
    "find",
    "follow_consent",
    "follow_event",
    "forget_all",
    "is_agreed",
    "of_cases",
    "page",
    "put_without_brief",
    "raise_request",
    "rank",
    "write_brief",
]
