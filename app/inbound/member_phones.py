"""Texts from members' phones: answers to pages and offers, and when a member is a caller.

A member's phone gets no case by itself: only where its words alone are of tier 0, or where they
ask for help or for a call. Then they are told. Whatever else it says is not kept, and they are told
so too.
"""

from __future__ import annotations

from app.inbound.batches import Batch
from app.intake import (
    Keyword,
    OfferChoice,
    PageAnswer,
    Step,
    read_offer_answer,
    read_page_answer,
)
from app.outbox import find_member_phone
from app.paging import find_pages, is_page_open, take_page_answer
from app.requests import find_answerable_offers, find_offer_by_code, has_open_offer, take_answer
from app.telephony import InboundText
from app.texts import MemberNotice, MemberText

_ASKS = (Keyword.HELP, Keyword.CALL_ME)
_PLAIN = (OfferChoice.YES, OfferChoice.NO)


def is_asking_for_help(result: Step) -> bool:
    """Return whether a member's text, read as a stranger's, is a caller's: by its words or a wish.

    ``result`` is of a text without a case, so that its tier comes from these words alone.
    """
    return result.urgency == 0 or result.keyword in _ASKS


def answer_as_member(batch: Batch, text: InboundText, lookup: bytes, *, in_case: bool) -> bool:
    """Take a member's answer to a page or an offer; return whether it was one.

    ``in_case``: the member is a caller too. A plain yes or no is then for the case.
    """
    db, now = batch.db, batch.now
    page = find_pages(db, {lookup}, now).get(lookup)
    offers = find_answerable_offers(db, lookup)
    answer = read_offer_answer(text.body)
    plain = answer.code is None and answer.choice in _PLAIN
    if (plain and in_case) or (page is None and not offers):
        return False
    by_code = find_offer_by_code(db, offers, answer.code) if answer.code else None
    if lookup in batch.dialogues and by_code is None:
        return False  # the code may be that of the dialogue about erasing
    notice = None
    to_page = read_page_answer(text.body) if page and answer.code is None else PageAnswer.NONE
    if page is not None and to_page is not PageAnswer.NONE:
        if not (plain and has_open_offer(offers, now)):
            notice = take_page_answer(db, page, to_page, now)
        elif is_page_open(db, page):
            notice = MemberNotice(MemberText.PAGE_OR_OFFER)
    notice = notice or take_answer(db, lookup, offers, answer, now)
    if notice is None:
        return False
    tell_member(batch, text, lookup, notice)
    return True


def tell_member(
    batch: Batch, text: InboundText, lookup: bytes, notice: MemberNotice | MemberText
) -> None:
    """Answer a member's text in their language, unless their phone floods the line."""
    phone = find_member_phone(batch.db, batch.members[lookup][0])
    if phone is None or batch.allowance is None or not batch.allowance.take(lookup, "script", 1):
        return
    said = notice if isinstance(notice, MemberNotice) else MemberNotice(notice)
    batch.drafts.append(phone.draft(said, "offer", 1, text.at, text.channel))
