"""Information cards: what a policy covers and what it does not, from a source somebody checked.

People ask "does this mean I can …?" and are hurt by a wrong answer. So a card names its source, who
verified it and when it must be looked at again; one that nobody verified, or that is overdue, is
not given to anybody. It is read aloud: the text that announces it says nothing of its content.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app import audit
from app.access import Permission, Principal
from app.cases import find_case, read_case_values
from app.desk.replying import send_reply
from app.knowledge import CardOverdue, find_today, is_card_usable, read_card
from app.models import Message
from app.store import Db
from app.texts import Texts


def announce_card(
    db: Db, principal: Principal, card_id: UUID, case_id: UUID, texts: Texts, now: datetime
) -> Message:
    """Text a caller that there is an answer to hear; what it is, a person tells them.

    NotFound, CardOverdue, and the refusals of ``send_reply``.
    """
    principal.require(Permission.CASES)
    card = read_card(db, principal, card_id)
    if not is_card_usable(card, find_today(db, now)):
        raise CardOverdue
    case = find_case(db, principal, case_id, live=True)
    language = read_case_values(db, case).language
    spoken = language if texts.speaks(language) else None
    message = send_reply(db, principal, case_id, texts.get(spoken, "answer_by_voice"), now)
    audit.record(db, "card.announced", principal.member_id, card.id, now)
    return message
