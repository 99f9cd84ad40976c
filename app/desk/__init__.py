"""What a dispatcher does with a case: reads it, answers, closes, erases, exports it."""

from app.desk.announcing import announce_card
from app.desk.caller_proof import confirm_caller, deny_caller
from app.desk.case_file import CaseFile, show_consent
from app.desk.case_records import mask_number
from app.desk.closing import close_case, erase_case, hold_case, lift_hold, merge_cases, reopen_case
from app.desk.complaints import (
    FATES,
    ComplaintLine,
    draft_dossier,
    list_complaints,
    open_dossier,
    read_denial,
    show_lines,
    take_complaint_step,
)
from app.desk.contact import (
    NumberIsNoCallers,
    OtherPhone,
    mark_phone_safe,
    mark_phone_unsafe,
    replace_contact,
)
from app.desk.copy_text import CopyReader
from app.desk.date_changes import change_date, read_date
from app.desk.emergency import break_glass
from app.desk.erase_wishes import confirm_wish, erase_due_cases, is_archive_wanted, search_archive
from app.desk.erasing import erase_restored_cases, erase_tree
from app.desk.exporting import COPY_NAME, open_copy, seal_copy
from app.desk.handling import (
    CaseOpening,
    assign_case,
    change_case,
    claim_case,
    open_case_by_hand,
    release_case,
)
from app.desk.overview import read_overview
from app.desk.queue import CaseLine, find_unsaid_hours, list_cases, read_line
from app.desk.reading import read_case
from app.desk.reminders import sweep_reminders
from app.desk.replying import (
    CaseText,
    StatedConsent,
    make_cases_wait,
    put_text,
    record_consent,
    send_reply,
)
from app.desk.waiting_wishes import stop_wish

__all__ = [
    "COPY_NAME",
    "FATES",
    "CaseFile",
    "CaseLine",
    "CaseOpening",
    "CaseText",
    "ComplaintLine",
    "CopyReader",
    "NumberIsNoCallers",
    "OtherPhone",
    "StatedConsent",
    "announce_card",
    "assign_case",
    "break_glass",
    "change_case",
    "change_date",
    "claim_case",
    "close_case",
    "confirm_caller",
    "confirm_wish",
    "deny_caller",
    "draft_dossier",
    "erase_case",
    "erase_due_cases",
    "erase_restored_cases",
    "erase_tree",
    "find_unsaid_hours",
    "hold_case",
    "is_archive_wanted",
    "lift_hold",
    "list_cases",
    "list_complaints",
    "make_cases_wait",
    "mark_phone_safe",
    "mark_phone_unsafe",
    "mask_number",
    "merge_cases",
    "open_case_by_hand",
    "open_copy",
    "open_dossier",
    "put_text",
    "read_case",
    "read_date",
    "read_denial",
    "read_line",
    "read_overview",
    "record_consent",
    "release_case",
    "reopen_case",
    "replace_contact",
    "seal_copy",
    "search_archive",
    "send_reply",
    "show_consent",
    "show_lines",
    "stop_wish",
    "sweep_reminders",
    "take_complaint_step",
]
