"""Texts on their way out: queued with what caused them, sent once, and honest about doubt.

``queue`` writes them into the outbox, ``sender`` hands them to the carrier, ``callbacks``
follows what it says about them afterwards.
"""

from app.outbox.blocks import Block, add_block, block_caller, lift_block, list_blocks
from app.outbox.budget import (
    NEAR,
    MonthSpending,
    find_new_warning,
    forget_hourly_counts,
    read_month,
)
from app.outbox.callbacks import StatusUpdate, catch_up_with_carrier, follow_statuses
from app.outbox.carrier_copies import (
    MEDIA_JOB,
    PICTURES_KEPT,
    count_copies,
    find_known_sids,
    forget_old_copies,
    keep_pictures,
    note_call_copy,
    note_copies,
    note_running_call,
    release_message,
    release_pictures,
)
from app.outbox.copy_deletion import COPY_PATIENCE, delete_copies
from app.outbox.flood import HOUR, SCRIPT_PER_HOUR, ReplyAllowance, forget_old_counts
from app.outbox.gate import MAYBE_STRANGER, check_call, check_text, is_allowed
from app.outbox.member_phones import PHONE_TROUBLE_JOB, is_our_number
from app.outbox.member_texts import MemberPhone, find_member_phone, make_member_phone, queue_notice
from app.outbox.pacer import Pacer
from app.outbox.phone_troubles import PhoneTrouble, find_phone_troubles
from app.outbox.queue import TextDraft, cancel_texts, queue_test_text, queue_texts
from app.outbox.sender import SendSettings, send_texts
from app.outbox.states import UNHEARD_JOB
from app.outbox.suppressions import (
    SILENCED,
    UNSAFE,
    find_phone_flags,
    find_suppressions,
    lift_suppressions,
    suppress_number,
)
from app.outbox.whatsapp import give_up_held_texts, is_window_open, release_held_texts

__all__ = [
    "COPY_PATIENCE",
    "HOUR",
    "MAYBE_STRANGER",
    "MEDIA_JOB",
    "NEAR",
    "PHONE_TROUBLE_JOB",
    "PICTURES_KEPT",
    "SCRIPT_PER_HOUR",
    "SILENCED",
    "UNHEARD_JOB",
    "UNSAFE",
    "Block",
    "MemberPhone",
    "MonthSpending",
    "Pacer",
    "PhoneTrouble",
    "ReplyAllowance",
    "SendSettings",
    "StatusUpdate",
    "TextDraft",
    "add_block",
    "block_caller",
    "cancel_texts",
    "catch_up_with_carrier",
    "check_call",
    "check_text",
    "count_copies",
    "delete_copies",
    "find_known_sids",
    "find_member_phone",
    "find_new_warning",
    "find_phone_flags",
    "find_phone_troubles",
    "find_suppressions",
    "follow_statuses",
    "forget_hourly_counts",
    "forget_old_copies",
    "forget_old_counts",
    "give_up_held_texts",
    "is_allowed",
    "is_our_number",
    "is_window_open",
    "keep_pictures",
    "lift_block",
    "lift_suppressions",
    "list_blocks",
    "make_member_phone",
    "note_call_copy",
    "note_copies",
    "note_running_call",
    "queue_notice",
    "queue_test_text",
    "queue_texts",
    "read_month",
    "release_held_texts",
    "release_message",
    "release_pictures",
    "send_texts",
    "suppress_number",
]
