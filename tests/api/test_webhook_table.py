"""Each kind of webhook has one taker, and each webhook of a batch gets its own answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast, get_args

from app.api.webhook_table import Webhook, make_takers, take_webhooks
from app.calls import CallSettings
from app.inbound import IntakeSettings
from app.outbox import StatusUpdate
from app.store import Db
from app.telephony import DeliveryStatus, InboundCall, InboundText

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
NO_DB = cast("Db", None)


def test_every_kind_of_webhook_is_taken_in() -> None:
    takers = make_takers(cast("IntakeSettings", None), cast("CallSettings", None))
    assert set(takers) == set(get_args(Webhook))


def test_a_batch_is_taken_in_kind_by_kind_and_answered_in_its_order() -> None:
    call, text = InboundCall("CA1", "", withheld=True), text_of("SM1")
    news, more = StatusUpdate(None, DeliveryStatus("SM2", "sent", None)), text_of("SM3")
    taken: list[Sequence[Any]] = []

    def take(_db: Db, items: Sequence[Any], _now: datetime) -> list[str]:
        taken.append(items)
        return [str(getattr(item, "sid", None)) for item in items]

    takers = dict.fromkeys((InboundText, StatusUpdate, InboundCall), take)
    answers = take_webhooks(takers, NO_DB, [call, text, news, more], NOW)
    assert taken == [[text, more], [news], [call]]
    assert answers == ["CA1", "SM1", "None", "SM3"]


def text_of(sid: str) -> InboundText:
    return InboundText(sid, "", "", "", (), None, "sms", withheld=True)
