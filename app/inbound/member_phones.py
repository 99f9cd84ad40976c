"""Texts from members' phones: answers to pages and offers, and when a member is a caller.

A member's phone gets no case by itself: only where its words alone are of tier 0, where the whole
text is a keyword that asks for help or for a call, or where a sentence plainly asks it for the
member. Then they are told. Whatever else it says is not kept, and they are told so too.

While an offer or a page is open an answer is an answer, also from a member who is a caller too, and
no sentence is taken for a wrong number. What is unclear goes to the desk: to their own case if they
have one, else as a note beside the offer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from app.cases import ChangingCase
from app.inbound.batches import Batch
from app.inbound.keywords import find_words
from app.intake import (
    Keyword,
    OfferAnswer,
    OfferChoice,
    PageAnswer,
    ScriptState,
    Step,
    asks_for_self,
    is_keyword_alone,
    read_offer_answer,
    read_page_answer,
    set_aside,
)
from app.models import Offer, Page
from app.outbox import find_member_phone
from app.paging import find_pages, is_page_open, take_page_answer
from app.requests import (
    find_answerable_offers,
    find_offer_by_code,
    has_open_offer,
    make_unclear_notice,
    take_answer,
)
from app.telephony import InboundText
from app.texts import MemberNotice, MemberText

_ASKS = (Keyword.HELP, Keyword.CALL_ME)
_PLAIN = (OfferChoice.YES, OfferChoice.NO)
_TO_A_PAGE = (PageAnswer.MINE, PageAnswer.NO)
# Of a member who is a caller too: a longer text may tell of themselves, and is for their case.
_WORDS_OF_AN_ANSWER = 6


def tell_whether_kept(batch: Batch, text: InboundText, lookup: bytes, result: Step) -> bool:
    """Tell a member whether their text opens a case; return whether it does."""
    if set_aside(text.body, batch.desk.script.own).aside is not None:
        return False  # a thumb on our text, or a phone that answers by itself
    asks = _asks_for_help(batch, text, result)
    _tell(batch, text, lookup, MemberText.CASE_OPENED if asks else MemberText.NOT_KEPT)
    return asks


def _asks_for_help(batch: Batch, text: InboundText, result: Step) -> bool:
    """Return whether a member's text, read as a stranger's, is a caller's: by its words or a wish.

    ``result`` is of a text without a case, so that its tier comes from these words alone. A wish
    in a sentence ("I need help finding the place") is a volunteer's, unless it is for themselves.
    """
    if result.urgency == 0:
        return True
    return result.keyword in _ASKS and (
        is_keyword_alone(batch.desk.script, find_words(text)) or asks_for_self(text.body)
    )


@dataclass(frozen=True)
class _MemberTurn:
    """A text of a member's phone, and what of theirs waits for an answer.

    ``result``: what the script makes of the text. ``in_case``: the member is a caller too.
    """

    batch: Batch
    text: InboundText
    lookup: bytes
    result: Step
    in_case: bool
    page: Page | None
    offers: list[Offer]

    @property
    def has_open_offer(self) -> bool:
        """Whether an offer to them waits for an answer."""
        return has_open_offer(self.offers, self.batch.now)

    @property
    def has_open_page(self) -> bool:
        """Whether the caller of their page still waits for somebody."""
        return self.page is not None and is_page_open(self.batch.db, self.page)

    @property
    def hears_keyword(self) -> bool:
        """Whether the text is a keyword, or states a wish that is one from members too."""
        keyword = self.result.keyword
        if keyword is None:
            return False
        if keyword not in (*_ASKS, Keyword.WRONG_NUMBER):
            return True
        alone = is_keyword_alone(self.batch.desk.script, find_words(self.text))
        if keyword is Keyword.WRONG_NUMBER:
            return alone or not self.has_open_offer
        return alone or asks_for_self(self.text.body)

    @property
    def tells_of_danger(self) -> bool:
        """Whether the words alone are of tier 0."""
        answers = self.result.answers
        return "urgent_because" in answers or "minor" in answers


def hear_member(
    batch: Batch,
    text: InboundText,
    lookup: bytes,
    own: ChangingCase | None,
    result: Step,
    *,
    in_case: bool,
) -> Step | None:
    """Take a member's answer; return what else the text says, None where that is all."""
    turn = _begin_turn(batch, text, lookup, result, in_case=in_case)
    if _answer(turn):
        return None
    values = own.known_values if own else None
    turn = _pass_over_wrong_number(turn, values.script if values else None)
    if values and not values.human:
        _tell_how_to_take_it(turn)
    return turn.result


def _begin_turn(
    batch: Batch, text: InboundText, lookup: bytes, result: Step, *, in_case: bool
) -> _MemberTurn:
    """Look up what waits for a member's answer."""
    page = find_pages(batch.db, {lookup}, batch.now).get(lookup)
    offers = find_answerable_offers(batch.db, lookup)
    return _MemberTurn(batch, text, lookup, result, in_case, page, offers)


def _pass_over_wrong_number(turn: _MemberTurn, before: ScriptState | None) -> _MemberTurn:
    """Return the turn of a text that is no wrong number after all: a person reads it."""
    if turn.result.keyword is not Keyword.WRONG_NUMBER or turn.hears_keyword:
        return turn
    state = before or ScriptState()
    step = replace(turn.result, keyword=None, replies=(), state=state, understood=False)
    return replace(turn, result=step)


def _answer(turn: _MemberTurn) -> bool:
    """Take a member's answer to a page or an offer; return whether the text was no more than that.

    "No, they took my brother" is an answer, and a caller's all the same.
    """
    db, now = turn.batch.db, turn.batch.now
    page, offers = turn.page, turn.offers
    if turn.hears_keyword or (page is None and not offers):
        return False
    answer = _read_answer(turn)
    plain = answer.code is None and answer.choice in _PLAIN
    calls = turn.tells_of_danger and answer.choice is OfferChoice.NO
    if calls:
        answer = replace(answer, words="")  # for their own case alone
    if answer.code is None and not _is_for_us(turn, answer):
        return False
    by_code = find_offer_by_code(db, offers, answer.code) if answer.code else None
    if turn.lookup in turn.batch.dialogues and by_code is None:
        return False  # the code may be that of the dialogue about erasing
    notice = None
    to_page = read_page_answer(turn.text.body) if page and not answer.code else PageAnswer.NONE
    if page is not None and to_page is not PageAnswer.NONE:
        if not (plain and turn.has_open_offer):
            notice = take_page_answer(db, page, to_page, now)
        elif turn.has_open_page:
            notice = MemberNotice(MemberText.PAGE_OR_OFFER)
    notice = notice or take_answer(db, turn.lookup, offers, answer, now)
    if notice is None:
        return False
    _tell(turn.batch, turn.text, turn.lookup, notice)
    return not calls


def _read_answer(turn: _MemberTurn) -> OfferAnswer:
    """Return the answer to an offer in a text; a wish heard in it is for a person to read."""
    answer = read_offer_answer(turn.text.body)
    wish = turn.result.keyword is not None and answer.code is None
    helps = answer.choice is OfferChoice.YES and turn.result.keyword in _ASKS  # "happy to help"
    if wish and not helps:
        return replace(answer, choice=OfferChoice.UNCLEAR, words=turn.text.body.strip())
    return answer


def _is_for_us(turn: _MemberTurn, answer: OfferAnswer) -> bool:
    """Whether a text without a code may be an answer, and not a caller's talk."""
    to_offer = answer.choice in _PLAIN
    to_page = turn.page is not None and read_page_answer(turn.text.body) in _TO_A_PAGE
    if not turn.in_case:
        return to_offer or to_page or not turn.tells_of_danger
    short = len(turn.text.body.split()) <= _WORDS_OF_AN_ANSWER
    if turn.tells_of_danger or not short:
        return False
    return (to_offer and turn.has_open_offer) or ((to_offer or to_page) and turn.has_open_page)


def _tell_how_to_take_it(turn: _MemberTurn) -> None:
    """Tell a member whose text goes to their own case that this took no offer.

    Only where their text may have been an answer, and the script says nothing to it.
    """
    answer, result = _read_answer(turn), turn.result
    silent = not result.replies and not turn.tells_of_danger
    if silent and answer.code is None and answer.choice is not OfferChoice.NONE:
        notice = make_unclear_notice(turn.batch.db, turn.offers, turn.batch.now)
        if notice is not None:
            _tell(turn.batch, turn.text, turn.lookup, notice)


def _tell(
    batch: Batch, text: InboundText, lookup: bytes, notice: MemberNotice | MemberText
) -> None:
    """Answer a member's text in their language, unless their phone floods the line."""
    phone = find_member_phone(batch.db, batch.members[lookup][0])
    if phone is None or batch.allowance is None or not batch.allowance.take(lookup, "script", 1):
        return
    said = notice if isinstance(notice, MemberNotice) else MemberNotice(notice)
    batch.drafts.append(phone.draft(said, "offer", 1, text.at, text.channel))
