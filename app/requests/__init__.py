"""Requests: the desk asks for people, with a brief of exactly what they may be shown."""

from app.requests.accompaniments import Accompanying, check_room, choose_leader, list_accompaniments
from app.requests.answers import (
    find_answerable_offers,
    find_offer_by_code,
    has_open_offer,
    make_unclear_notice,
    take_answer,
)
from app.requests.assignments import OpenedBrief, list_own_assignments, read_brief
from app.requests.brief_writer import complete_briefs, write_brief
from app.requests.date_effects import follow_date_change
from app.requests.decisions import JOIN_CALL_JOB, accept_offer, decline_offer, explain_decline
from app.requests.departures import remove_member_from_requests, withdraw_member
from app.requests.endings import cancel_request, end_requests, follow_consent, forget_requests
from app.requests.interpretations import LONGEST_WORDS, MOST_TEXTS, PickedTexts, send_to_interpreter
from app.requests.interpreter_answers import (
    LONGEST_ANSWER,
    OpenedInterpretation,
    answer_text,
    list_interpretations,
)
from app.requests.ladder import climb_ladder
from app.requests.lifecycle import follow_raised_cases, follow_urgency
from app.requests.locks import lock_requests
from app.requests.new_requests import raise_request
from app.requests.night_requests import ask_for_legal
from app.requests.offers import OwnOffer, find_offer_state, list_own_offers
from app.requests.overdue import sweep_assignments
from app.requests.phone_troubles import follow_phone_trouble
from app.requests.reports import LONGEST_NOTES, OpenedReport, ReportFacts, file_report, list_reports
from app.requests.request_facts import ALLOWED_FIELDS, RequestFacts
from app.requests.routing.facts import Candidate, Need, Window
from app.requests.routing.solver import Solver
from app.requests.routing.surge import SurgePlan, assign_all, assign_one_by_one
from app.requests.surge_plan import plan_surge
from app.requests.views import (
    FoundRequest,
    find_request,
    list_requests,
    list_requests_of_cases,
    rank_candidates,
)

__all__ = [
    "ALLOWED_FIELDS",
    "JOIN_CALL_JOB",
    "LONGEST_ANSWER",
    "LONGEST_NOTES",
    "LONGEST_WORDS",
    "MOST_TEXTS",
    "Accompanying",
    "Candidate",
    "FoundRequest",
    "Need",
    "OpenedBrief",
    "OpenedInterpretation",
    "OpenedReport",
    "OwnOffer",
    "PickedTexts",
    "ReportFacts",
    "RequestFacts",
    "Solver",
    "SurgePlan",
    "Window",
    "accept_offer",
    "answer_text",
    "ask_for_legal",
    "assign_all",
    "assign_one_by_one",
    "cancel_request",
    "check_room",
    "choose_leader",
    "climb_ladder",
    "complete_briefs",
    "decline_offer",
    "end_requests",
    "explain_decline",
    "file_report",
    "find_answerable_offers",
    "find_offer_by_code",
    "find_offer_state",
    "find_request",
    "follow_consent",
    "follow_date_change",
    "follow_phone_trouble",
    "follow_raised_cases",
    "follow_urgency",
    "forget_requests",
    "has_open_offer",
    "list_accompaniments",
    "list_interpretations",
    "list_own_assignments",
    "list_own_offers",
    "list_reports",
    "list_requests",
    "list_requests_of_cases",
    "lock_requests",
    "make_unclear_notice",
    "plan_surge",
    "raise_request",
    "rank_candidates",
    "read_brief",
    "remove_member_from_requests",
    "send_to_interpreter",
    "sweep_assignments",
    "take_answer",
    "withdraw_member",
    "write_brief",
]
