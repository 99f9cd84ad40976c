"""Two services and two workers on one PostgreSQL: together they do everything once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest
from sqlalchemy import select

from app.access import Principal
from app.crypto import MemberKeys, new_seed
from app.crypto.passphrases import new_recovery_code, new_salt
from app.crypto.totp import new_totp_secret
from app.desk.handling import CaseOpening, open_case_by_hand
from app.members.enrolment import NewcomerSecrets
from app.members.invitations import make_invitation, redeem_invitation
from app.members.newcomers import admit_newcomers
from app.models import Assignment, Case, Message, Offer, OfferValues
from app.requests.new_requests import raise_request
from app.requests.request_facts import RequestFacts
from app.simulator.network.signatures import sign
from app.store.db import Db
from app.store.schema import upgrade_schema
from tests import postgres
from tests.faults.installation import HOTLINE, TOKEN, Installation, build, free_port
from tests.faults.ledger import on_its_way
from tests.faults.nursery import Nursery

PATH = "/twilio/messages"


@pytest.fixture(scope="module")
def pair(
    nursery: Nursery,
    postgres_server: postgres.Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Pair]:
    """Two of each, and the carrier, for all tests of this file."""
    folder = tmp_path_factory.mktemp("pair")
    with postgres.fresh_database(
        postgres_server, f"kith_{uuid.uuid4().hex}", upgrade_schema
    ) as url:
        first = build(folder, nursery, url)
        # Both are behind one address: what the carrier signs.
        first = replace(first, settings={"KITH_PUBLIC_URL": first.url})
        second = replace(first, port=free_port())
        first.start_carrier()
        started = [kith.start_service("--no-worker") for kith in (first, second)]
        for kith in (first, second):
            kith.wait_for_service()
        with ExitStack() as stack:
            for pid in started:
                stack.callback(nursery.kill, pid)
            yield Pair(first, second)


class Pair:
    """Posts webhooks to both services at the same moment."""

    def __init__(self, first: Installation, second: Installation) -> None:
        self.first, self.second = first, second

    def post_to_both(self, forms: list[tuple[dict[str, str], dict[str, str]]]) -> list[int]:
        """Post the first of each couple to one service while the second goes to the other."""
        posts = [
            (kith.port, form)
            for couple in forms
            for kith, form in zip((self.first, self.second), couple, strict=True)
        ]
        with ThreadPoolExecutor(len(posts)) as crowd:
            return list(crowd.map(lambda post: self._post(*post), posts))

    def _post(self, port: int, form: dict[str, str]) -> int:
        signature = sign(TOKEN, self.first.url + PATH, form.items())
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": signature,
        }
        connection = HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("POST", PATH, urlencode(form), headers)
            return connection.getresponse().status
        finally:
            connection.close()


def a_text(number: str, body: str) -> dict[str, str]:
    sid = f"SM{uuid.uuid4().hex}"
    return {"MessageSid": sid, "From": number, "To": HOTLINE, "Body": body, "NumMedia": "0"}


def numbers(area: int, count: int) -> list[str]:
    return [f"+1{area}55501{last:02}" for last in range(count)]


def inbound_by_case(pair: Pair) -> Counter[str]:
    with pair.first.records() as (db, _):
        cases = db.scalars(select(Message.case_id).where(Message.direction == "inbound"))
        return Counter(map(str, cases))


def test_the_same_text_delivered_to_both_at_once_is_stored_once(pair: Pair) -> None:
    before = inbound_by_case(pair)
    texts = [a_text(number, "help") for number in numbers(514, 8)]
    assert set(pair.post_to_both([(text, text) for text in texts])) == {200}
    new = inbound_by_case(pair) - before
    assert list(new.values()) == [1] * 8


def test_a_new_number_that_texts_both_at_once_gets_one_case(pair: Pair) -> None:
    before = inbound_by_case(pair)
    couples = [(a_text(n, "help"), a_text(n, "please")) for n in numbers(438, 8)]
    assert set(pair.post_to_both(couples)) == {200}
    new = inbound_by_case(pair) - before
    assert list(new.values()) == [2] * 8


def test_two_workers_send_every_text_once(pair: Pair) -> None:
    phones = numbers(613, 8)
    texts = [(a_text(n, "help"), a_text(n, "1")) for n in phones]
    assert set(pair.post_to_both(texts)) == {200}
    with pair.first.records() as (db, _):
        cases = db.scalars(select(Case.id)).all()
        sent = db.scalars(select(Message.id).where(Message.direction == "outbound")).all()
    assert len(sent) >= len(cases)
    workers = [kith.start_worker() for kith in (pair.first, pair.second)]
    pair.first.wait_until(lambda: not on_its_way(pair.first))
    for pid in workers:
        pair.first.stop(pid)
    everywhere = numbers(514, 8) + numbers(438, 8) + phones
    received = sum(len(pair.first.network.phone(number).inbox()) for number in everywhere)
    assert received == len(sent)


def test_of_all_who_say_yes_to_both_at_once_one_gets_the_request(pair: Pair) -> None:
    phones = numbers(343, 16)
    with pair.first.records() as (db, coordinator):
        request_id = asked_for(db, coordinator, phones)
    answers = [a_text(number, "4821 YES") for number in phones]
    couples = list(zip(answers[::2], answers[1::2], strict=True))
    assert set(pair.post_to_both(couples)) == {200}
    with pair.first.records() as (db, _):
        states = db.scalars(select(Offer.state).where(Offer.request_id == request_id)).all()
        assert Counter(states) == {"accepted": 1, "withdrawn": 15}
        assert len(db.scalars(select(Assignment.id)).all()) == 1


def asked_for(db: Db, coordinator: Principal, phones: list[str]) -> uuid.UUID:
    """Ask everybody with one of these phones for the same; return the request."""
    now = datetime.now(UTC)
    members = [interpreter(db, coordinator, number, now) for number in phones]
    admit_newcomers(db, coordinator, now)
    opening = CaseOpening(None, "other", 2, "fr", "montreal", {})
    case = open_case_by_hand(db, coordinator, opening, now, own_number="")
    asked = RequestFacts("interpreter")
    request = raise_request(db, coordinator, case.id, asked, now)
    for member_id, number in zip(members, phones, strict=True):
        offer_id, lookup = uuid.uuid4(), db.keys.number_lookup(number)
        whom = {"request_id": request.id, "member_id": member_id}
        values = db.keys.new_values(Offer, offer_id, OfferValues(code="4821"), now, **whom)
        when = {"made_at": now, "expires_at": now + timedelta(hours=1), "step": 0}
        db.add(Offer(id=offer_id, state="pending", **when, reply_lookup=lookup, **values))
    return request.id


def interpreter(db: Db, coordinator: Principal, phone: str, now: datetime) -> uuid.UUID:
    keys, lock = MemberKeys(new_seed()), (new_salt(), new_seed())
    secrets = NewcomerSecrets(keys, *lock, new_recovery_code(), new_totp_secret())
    code, _ = make_invitation(db, coordinator, ["interpreter"], ["fr"], ["montreal"], now)
    handle = f"crow-{phone[-2:]}"
    return redeem_invitation(
        db, secrets, code=code, handle=handle, name=None, phone=phone, now=now
    ).member.id
