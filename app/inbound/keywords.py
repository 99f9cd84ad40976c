"""What a keyword does, and which texts may answer it."""

from __future__ import annotations

from app.inbound.batches import Batch
from app.inbound.erase_dialogue import begin_erase_dialogue
from app.intake import (
    Keyword,
    Step,
    is_builtin_start,
    is_builtin_stop,
)
from app.outbox import TextDraft, is_allowed, lift_suppressions, suppress_number
from app.telephony import InboundText


def make_notice(text: InboundText, body: str) -> TextDraft:
    """Return a text that belongs to no case: the same for every number, known or not."""
    return TextDraft(text.sender, body, None, None, "notice", 2, text.at, text.channel)


def choose_allowed(
    batch: Batch, text: InboundText, said: list[str], purpose: str = "notice"
) -> list[str]:
    """Return what of ``said`` may be said: nothing where somebody silenced or floods the line."""
    lookup = batch.db.keys.number_lookup(text.sender)
    if not is_allowed(purpose, batch.suppressions.get(lookup, set())):
        return []
    allowance = batch.allowance
    return said if said and allowance and allowance.take(lookup, purpose, len(said)) else []


def find_words(text: InboundText, *, stopped: bool = False) -> str:
    """Return what a text is understood as: what the carrier took it for binds, as it has acted.

    It takes a bare *yes* for the end of a STOP too, which is an answer where nothing was stopped.
    """
    match text.opt_out_type:
        case "STOP" | "HELP" as word:
            return word
        case "START" if text.body.strip().upper() != "YES":
            return "START"
        case _:
            return "START" if stopped and is_builtin_start(text.body) else text.body


def has_carrier_stopped(text: InboundText) -> bool:
    """Return whether the carrier lets nothing more through. On WhatsApp STOP is ours to obey."""
    by_its_list = text.channel == "sms" and is_builtin_stop(text.body)
    return by_its_list or text.opt_out_type == "STOP"


def obey_keyword(batch: Batch, text: InboundText, result: Step) -> list[str]:
    """Do what a keyword asks; return what to say."""
    db, lookup = batch.db, batch.db.keys.number_lookup(text.sender)
    in_force = batch.suppressions.setdefault(lookup, set())
    if result.keyword is Keyword.ERASE:
        texts, language = batch.desk.script.texts, result.reply_language
        return [
            begin_erase_dialogue(
                db, texts, batch.dialogues, lookup, text.sender, language, batch.now
            )
        ]
    if result.keyword is Keyword.START:
        lift_suppressions(db, text.sender, ("stop", "locked"))
        in_force -= {"stop", "locked"}
        return [reply.text for reply in result.replies]
    kind = "stop" if result.keyword is Keyword.STOP else "locked"
    already = kind in in_force
    suppress_number(db, text.sender, kind, batch.now)
    in_force.add(kind)
    if already or (kind == "stop" and has_carrier_stopped(text)):
        return []  # said before, or the carrier lets no answer through
    return [reply.text for reply in result.replies]
