"""Alerting members, and waking the desk."""

from app.paging.alerts import (
    ALERTED_AT_ONCE,
    REPLY_TARGETS,
    acknowledge_alert,
    drop_old_pages,
    hurry_pages,
    make_alert_job,
    page_next_people,
    raise_overdue_alerts,
)
from app.paging.answers import find_pages, is_page_open, take_page_answer
from app.paging.recipients import (
    DESK_ROLES,
    find_desk_on_duty,
    find_reachable_phone,
    tell_coordinators,
)
from app.paging.wake import Waker, read_wake_numbers

__all__ = [
    "ALERTED_AT_ONCE",
    "DESK_ROLES",
    "REPLY_TARGETS",
    "Waker",
    "acknowledge_alert",
    "drop_old_pages",
    "find_desk_on_duty",
    "find_pages",
    "find_reachable_phone",
    "hurry_pages",
    "is_page_open",
    "make_alert_job",
    "page_next_people",
    "raise_overdue_alerts",
    "read_wake_numbers",
    "take_page_answer",
    "tell_coordinators",
]
