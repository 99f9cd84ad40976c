from __future__ import annotations

from datetime import UTC, date, timedelta
from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from tests.simulator.hotline import ACCOUNT, HOTLINE, PHONE, TOKEN, ServedNetwork
from tests.simulator.openapi import check_answer

OTHER = "+15145550124"
BASE = f"/2010-04-01/Accounts/{ACCOUNT}"
PICTURE = {"content_type": "image/png", "data": "cG5n"}


def send(served: ServedNetwork, to: str = PHONE, body: str = "hola", **more: str) -> Any:
    return served.client().messages.create(to=to, from_=HOTLINE, body=body, **more)


def refusal(served: ServedNetwork, method: str, path: str, **more: Any) -> tuple[int, int]:
    """The HTTP status and the carrier's number of a refused request, its body checked."""
    url = f"{served.url}/simulator/twilio{path}"
    answer = requests.request(method, url, timeout=5, **{"auth": (ACCOUNT, TOKEN), **more})
    body = answer.json()
    assert set(body) == {"code", "message", "more_info", "status"}
    assert body["status"] == answer.status_code
    assert body["more_info"].endswith(f"/{body['code']}")
    return answer.status_code, body["code"]


def test_the_client_library_sends_and_fetches(served: ServedNetwork) -> None:
    sent = send(served)
    assert (sent.status, sent.direction, sent.num_segments) == ("queued", "outbound-api", "1")
    assert served.client().messages(sent.sid).fetch().status == "delivered"
    assert [text.body for text in served.network.phone(PHONE).inbox()] == ["hola"]


def test_an_api_key_serves_as_well_as_the_token(served: ServedNetwork) -> None:
    assert served.client("SK" + 32 * "1", "s").messages.list() == []


@pytest.mark.parametrize(
    "auth", [None, (ACCOUNT, "wrong"), ("", ""), ("SK" + 32 * "1", TOKEN), (ACCOUNT, "")]
)
def test_others_are_kept_out(served: ServedNetwork, auth: tuple[str, str] | None) -> None:
    assert refusal(served, "GET", BASE + "/Messages.json", auth=auth) == (401, 20003)


def test_a_broken_credential_is_refused_like_a_wrong_one(served: ServedNetwork) -> None:
    headers = {"Authorization": "Basic ***"}
    answer = refusal(served, "GET", BASE + "/Messages.json", auth=None, headers=headers)
    assert answer == (401, 20003)


@pytest.mark.parametrize(
    "path",
    [
        "/Messages/SM" + 32 * "0" + ".json",
        "/Messages/SM" + 32 * "0" + "/Media.json",
        "/Messages/SM" + 32 * "0" + "/Media/ME" + 32 * "0" + ".json",
        "/IncomingPhoneNumbers/PN" + 32 * "0" + ".json",
        "/Nonsense.json",
    ],
)
def test_what_is_not_there_is_not_found(served: ServedNetwork, path: str) -> None:
    assert refusal(served, "GET", BASE + path) == (404, 20404)


def test_another_account_is_not_found(served: ServedNetwork) -> None:
    path = BASE.replace(ACCOUNT, "AC" + 32 * "9") + "/Messages.json"
    assert refusal(served, "GET", path) == (404, 20404)


def test_lists_come_newest_first_and_page_by_page(served: ServedNetwork) -> None:
    sids = [send(served, body=str(number)).sid for number in range(5)]
    listed = [message.sid for message in served.client().messages.list(page_size=2)]
    assert listed == sids[::-1]


def test_deleting_while_paging_skips_nothing(served: ServedNetwork) -> None:
    sids = [send(served, body=str(number)).sid for number in range(5)]
    seen = []
    for message in served.client().messages.stream(page_size=2):
        seen.append(message.sid)
        message.delete()
    assert seen == sids[::-1]


def test_messages_are_found_by_number(served: ServedNetwork) -> None:
    send(served, OTHER)
    outgoing = send(served)
    incoming = served.network.phone(PHONE).text("hi")
    messages = served.client().messages
    assert [message.sid for message in messages.list(to=PHONE)] == [outgoing.sid]
    assert [message.sid for message in messages.list(from_=PHONE)] == [incoming.sid]
    assert [message.sid for message in messages.list(to=HOTLINE)] == [incoming.sid]


def test_messages_are_found_by_time(served: ServedNetwork) -> None:
    early = send(served)
    noon = served.clock()
    served.network.advance(86400)
    late = send(served)
    messages = served.client().messages

    def found(**query: object) -> list[str]:
        return [message.sid for message in messages.list(**query)]

    assert found(date_sent_after=noon + timedelta(hours=1)) == [late.sid]
    assert found(date_sent_before=noon) == [early.sid]
    assert found(date_sent_after=noon) == [late.sid, early.sid]
    assert found(date_sent=noon) == [early.sid]
    day = noon.date().isoformat()
    assert found(date_sent=day) == [early.sid]
    assert found(date_sent=f">={day}") == [late.sid, early.sid]
    assert found(date_sent_after=date(2030, 1, 1).isoformat()) == []


@pytest.mark.parametrize("query", ["DateSent=soon", "PageSize=x", "PageToken=PA1", "Page=-1"])
def test_a_bad_query_is_refused(served: ServedNetwork, query: str) -> None:
    assert refusal(served, "GET", f"{BASE}/Messages.json?{query}")[0] == 400


def test_a_body_can_be_redacted_but_not_changed(served: ServedNetwork) -> None:
    sent = send(served)
    assert sent.update(body="").body == ""
    path = f"{BASE}/Messages/{sent.sid}.json"
    assert refusal(served, "POST", path, data={"Body": "other"}) == (400, 20001)
    assert served.network.phone(PHONE).inbox()[0].body == "hola"


def test_a_deleted_text_is_gone_but_not_from_the_phone(served: ServedNetwork) -> None:
    sent = send(served)
    assert served.client().messages(sent.sid).delete()
    assert refusal(served, "GET", f"{BASE}/Messages/{sent.sid}.json") == (404, 20404)
    assert refusal(served, "DELETE", f"{BASE}/Messages/{sent.sid}.json") == (404, 20404)
    assert served.network.carrier()["messages"] == []
    assert served.network.phone(PHONE).inbox()[0].sid == sent.sid


def test_a_text_on_its_way_cannot_be_deleted(served: ServedNetwork) -> None:
    sid = send(served).sid
    served.network.advance(0)
    served.carrier.messages[sid].status = "sent"
    assert refusal(served, "DELETE", f"{BASE}/Messages/{sid}.json") == (409, 20009)
    served.carrier.messages[sid].status = "delivered"
    assert served.client().messages(sid).delete()


@pytest.mark.parametrize("more", [{"ScheduleType": "fixed"}, {"ContentRetention": "discard"}])
def test_what_the_network_cannot_do_is_refused(served: ServedNetwork, more: dict[str, str]) -> None:
    form = {"To": PHONE, "From": HOTLINE, "Body": "x", **more}
    assert refusal(served, "POST", BASE + "/Messages.json", data=form) == (400, 20001)
    assert served.carrier.messages == {}


def test_the_client_library_sees_refusals(served: ServedNetwork) -> None:
    with pytest.raises(TwilioRestException) as refused:
        send(served, "anonymous")
    assert (refused.value.status, refused.value.code) == (400, 21211)


def test_pictures_are_listed_fetched_and_deleted(served: ServedNetwork) -> None:
    sent = served.network.phone(PHONE).text("look", [PICTURE, "data:text/plain,hello"])
    media = served.client().messages(sent.sid).media.list()
    assert [item.content_type for item in media] == ["text/plain", "image/png"]
    url = f"{served.url}/simulator/twilio{media[1].uri.removesuffix('.json')}"
    fetched = requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)
    assert (fetched.content, fetched.headers["Content-Type"]) == (b"png", "image/png")
    assert fetched.history[0].status_code == 307
    assert media[1].delete()
    assert requests.get(fetched.url, timeout=5).status_code == 404
    assert len(served.client().messages(sent.sid).media.list()) == 1


def test_pictures_outlive_their_message(served: ServedNetwork) -> None:
    sent = served.network.phone(PHONE).text("look", [PICTURE])
    served.client().messages(sent.sid).delete()
    [media] = served.client().messages(sent.sid).media.list()
    assert served.network.carrier()["media"][0]["sid"] == media.sid
    assert media.delete()
    assert served.network.carrier()["media"] == []


def test_the_numbers_webhooks_can_be_compared_and_changed(served: ServedNetwork) -> None:
    client = served.client()
    [number] = client.incoming_phone_numbers.list(phone_number=HOTLINE)
    assert number.sms_url == served.url + "/twilio/messages"
    assert number.sms_fallback_url == served.url + "/twilio/fallback/messages"
    assert number.voice_url == served.url + "/twilio/voice"
    changed = client.incoming_phone_numbers(number.sid).update(sms_url="http://elsewhere.example")
    assert changed.sms_url == "http://elsewhere.example"
    assert client.incoming_phone_numbers(number.sid).fetch().sms_url == "http://elsewhere.example"
    client.incoming_phone_numbers(number.sid).update(sms_url=number.sms_url)
    assert client.incoming_phone_numbers.list(phone_number=PHONE) == []


def test_a_number_taken_away_is_gone_from_the_account(served: ServedNetwork) -> None:
    [number] = served.client().incoming_phone_numbers.list()
    served.network.faults("number-out-of-service")
    assert served.client().incoming_phone_numbers.list() == []
    assert refusal(served, "GET", f"{BASE}/IncomingPhoneNumbers/{number.sid}.json")[0] == 404


def test_the_account_shows_no_token(served: ServedNetwork) -> None:
    account = served.client().api.v2010.accounts(ACCOUNT).fetch()
    assert (account.status, account.auth_token) == ("active", "")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("api-5xx", 500, 20500), ("api-429", 429, 20429), ("api-20003", 401, 20003)],
)
def test_the_api_fails_when_told(served: ServedNetwork, kind: str, status: int, code: int) -> None:
    served.network.faults(kind, match="/Messages")
    assert served.client().incoming_phone_numbers.list()
    form = {"To": PHONE, "From": HOTLINE, "Body": "x"}
    assert refusal(served, "POST", BASE + "/Messages.json", data=form) == (status, code)
    assert served.network.phone(PHONE).inbox() == []
    assert send(served)


def test_a_throttled_request_says_when_to_come_back(served: ServedNetwork) -> None:
    served.network.faults("api-429", match=PHONE, delay_s=30)
    with pytest.raises(TwilioRestException):
        send(served)
    served.network.faults("api-429", delay_s=30)
    url = f"{served.url}/simulator/twilio{BASE}/Messages.json"
    answer = requests.get(url, auth=(ACCOUNT, TOKEN), timeout=5)
    assert answer.headers["Retry-After"] == "30"


def test_deleting_fails_until_the_text_is_final(served: ServedNetwork) -> None:
    sent = send(served)
    served.network.faults("api-20009", count=2)
    path = f"{BASE}/Messages/{sent.sid}.json"
    assert served.client().messages(sent.sid).fetch()
    assert [refusal(served, "DELETE", path) for _ in range(2)] == [(409, 20009)] * 2
    assert served.client().messages(sent.sid).delete()


@pytest.mark.parametrize(("kind", "texts"), [("api-timeout", 0), ("api-timeout-after-accept", 1)])
def test_a_request_gets_no_answer(served: ServedNetwork, kind: str, texts: int) -> None:
    served.network.faults(kind, delay_s=0)
    with pytest.raises(requests.RequestException):
        send(served)
    assert len(served.network.phone(PHONE).inbox()) == texts
    assert len(served.client().messages.list(to=PHONE)) == texts


def test_a_silent_carrier_waits_until_the_client_gives_up(served: ServedNetwork) -> None:
    served.network.faults("api-timeout")
    client = served.client()
    client.http_client.timeout = 0.05
    with pytest.raises(requests.ReadTimeout):
        client.messages.list()


def test_every_answer_is_one_the_carrier_would_give(served: ServedNetwork) -> None:
    def ask(method: str, path: str, **more: Any) -> Any:
        url = f"{served.url}/simulator/twilio{path}"
        answer = requests.request(method, url, auth=(ACCOUNT, TOKEN), timeout=5, **more)
        body = answer.json() if answer.content else None
        check_answer(method, path.partition("?")[0], answer.status_code, body)
        return body

    messages = BASE + "/Messages.json"
    sent = ask("POST", messages, data={"To": PHONE, "From": HOTLINE, "Body": "hola"})
    served.carrier.faults.add("api-30003")
    ask("POST", messages, data={"To": PHONE, "From": HOTLINE, "Body": "never"})
    picture = served.network.phone(PHONE).text("look", [PICTURE]).sid
    for query in ("", "?PageSize=1", "?PageSize=1&Page=1", "?To=nobody"):
        listed = ask("GET", messages + query)
    assert listed["messages"] == []
    for message in ask("GET", messages)["messages"]:
        ask("GET", message["uri"])
    [media] = ask("GET", f"{BASE}/Messages/{picture}/Media.json")["media_list"]
    ask("GET", media["uri"])
    ask("DELETE", media["uri"])
    ask("POST", sent["uri"], data={"Body": ""})
    ask("DELETE", sent["uri"])


def test_dates_are_written_in_gmt(served: ServedNetwork) -> None:
    sent = send(served)
    assert sent.date_created.replace(tzinfo=UTC) == served.clock().replace(microsecond=0)
