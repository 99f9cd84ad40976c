"""The case itself: found by number or by id, its tree, consents, notes, dates and documents."""

from app.cases.attachment_sealer import AttachmentSealer, VOICEMAIL_TYPE, store_attachment
from app.cases.attachments import AttachedFile, AttachmentContent, add_attachment, list_attachments, open_attachment, read_attachment
from app.cases.by_number import BatchRows, ChangingCase, FIRST_URGENCY, KnownCases, find_known_cases, open_new_case, write_cases
from app.cases.calendar import CalendarEntry, list_calendar
from app.cases.callers import NewCaller, make_caller_lookup
from app.cases.case import find_case, find_live_reference, find_row_with_case, open_case_keys, read_case_values, write_case_values
from app.cases.codenames import make_code_name
from app.cases.consents import SCOPE_OF_KIND, check_consent, find_contact_terms, find_words_of_trees, has_agreed, has_refused
from app.cases.date_rules import DateFacts, LARGEST_CAP, LONGEST_PLACE, REMINDER_DAYS, USUAL_CAP, check_cap, check_date, check_date_step, read_event_state, read_instant
from app.cases.dates import OpenedDate, add_date, archive_dates, forget_past_dates, make_date_place, mark_date, mark_date_occurred, open_date, restore_dates, rewrite_date_values, write_date
from app.cases.detentions import add_detention, archive_detentions, change_detention, list_detentions, open_detention, restore_detentions
from app.cases.notes import add_note, write_note
from app.cases.safe_hours import is_within_hours, parse_safe_hours
from app.cases.states import is_live, mark_closed, mark_erased, mark_open
from app.cases.tasks import DueTask, add_task, add_task_again, delete_tasks, finish_task, list_tasks, list_tasks_of_cases, settle_tasks, settle_tasks_of_kind
from app.cases.tree import TREE_ROOT, find_tree_ids, lock_cases_of_number, lock_tree
from app.cases.waiting import answer_caller, give_case, inherit_waiting, join_queue, start_waiting, stop_waiting, take_case

__all__ = ["AttachedFile", "AttachmentContent", "AttachmentSealer", "BatchRows", "CalendarEntry", "ChangingCase", "DateFacts", "DueTask", "FIRST_URGENCY", "KnownCases", "LARGEST_CAP", "LONGEST_PLACE", "NewCaller", "OpenedDate", "REMINDER_DAYS", "SCOPE_OF_KIND", "TREE_ROOT", "USUAL_CAP", "VOICEMAIL_TYPE", "add_attachment", "add_date", "add_detention", "add_note", "add_task", "add_task_again", "answer_caller", "archive_dates", "archive_detentions", "change_detention", "check_cap", "check_consent", "check_date", "check_date_step", "delete_tasks", "find_case", "find_contact_terms", "find_known_cases", "find_live_reference", "find_row_with_case", "find_tree_ids", "find_words_of_trees", "finish_task", "forget_past_dates", "give_case", "has_agreed", "has_refused", "inherit_waiting", "is_live", "is_within_hours", "join_queue", "list_attachments", "list_calendar", "list_detentions", "list_tasks", "list_tasks_of_cases", "lock_cases_of_number", "lock_tree", "make_caller_lookup", "make_code_name", "make_date_place", "mark_closed", "mark_date", "mark_date_occurred", "mark_erased", "mark_open", "open_attachment", "open_case_keys", "open_date", "open_detention", "open_new_case", "parse_safe_hours", "read_attachment", "read_case_values", "read_event_state", "read_instant", "restore_dates", "restore_detentions", "rewrite_date_values", "settle_tasks", "settle_tasks_of_kind", "start_waiting", "stop_waiting", "store_attachment", "take_case", "write_case_values", "write_cases", "write_date", "write_note"]
