from __future__ import annotations

import re

import requests

from tests.simulator.hotline import HOTLINE, PHONE, ServedNetwork


def page(served: ServedNetwork, query: str = "") -> requests.Response:
    return requests.get(f"{served.url}/simulator{query}", timeout=5)


def submit(served: ServedNetwork, **form: str) -> requests.Response:
    return requests.post(f"{served.url}/simulator", data=form, timeout=5)


def test_anyone_can_text_from_the_page(served: ServedNetwork) -> None:
    shown = submit(served, phone=PHONE, body="¿me ayudan?")
    assert "Sent. The hotline has it." in shown.text
    assert "¿me ayudan?" in shown.text
    assert served.network.carrier()["messages"][0]["body"] == "¿me ayudan?"


def test_the_page_shows_what_the_phone_received(served: ServedNetwork) -> None:
    served.client().messages.create(to=PHONE, from_=HOTLINE, body="<b>hola</b>")
    shown = page(served, f"?phone=%2B{PHONE[1:]}").text
    assert "&lt;b&gt;hola&lt;/b&gt;" in shown
    assert "Hotline" in shown


def test_an_empty_text_is_not_sent(served: ServedNetwork) -> None:
    assert "Not sent" in submit(served, phone=PHONE, body="").text
    assert served.network.carrier()["messages"] == []


def test_a_lost_text_is_said_to_be_unanswered(served: ServedNetwork) -> None:
    served.network.faults("webhook-lost")
    assert "has not\nanswered yet" in submit(served, phone=PHONE, body="hi").text


def test_anyone_can_call_from_the_page(served: ServedNetwork) -> None:
    def use(**form: str) -> str:
        url = f"{served.url}/simulator/call"
        return requests.post(url, data={"phone": PHONE, **form}, timeout=5).text

    served.service.answers |= {
        "/twilio/voice": '<Gather action="/menu" numDigits="1"><Say>&lt;1&gt;?</Say></Gather>',
        "/menu": '<Say>Speak now.</Say><Record action="/said"/>',
    }
    assert "&lt;1&gt;?" in use(do="call", withheld="1")
    assert served.service.news("/twilio/voice", "From") == ["anonymous"]
    [call] = served.network.phone(PHONE).calls()
    assert "Speak now." in use(sid=call.sid, key="1")
    use(sid=call.sid, do="speak", seconds="7")
    assert "completed" in use(sid=call.sid, do="hangup")
    assert served.service.news("/said", "RecordingDuration") == ["7"]


def test_a_phone_that_rings_is_answered_on_the_page(served: ServedNetwork) -> None:
    served.client().calls.create(to=PHONE, from_=HOTLINE, url=served.url + "/out")
    served.network.advance(0)
    assert "Decline" in page(served, f"?phone=%2B{PHONE[1:]}").text
    [call] = served.network.phone(PHONE).calls()
    form = {"phone": PHONE, "sid": call.sid, "do": "answer"}
    assert "completed" in requests.post(f"{served.url}/simulator/call", data=form, timeout=5).text


def test_the_page_refreshes_only_when_asked(served: ServedNetwork) -> None:
    assert 'http-equiv="refresh"' not in page(served).text
    assert 'http-equiv="refresh"' in page(served, "?refresh=1").text


def test_the_page_needs_no_scripts_and_allows_none(served: ServedNetwork) -> None:
    shown = page(served)
    assert "<script" not in shown.text
    assert "default-src 'none'" in shown.headers["Content-Security-Policy"]
    assert "unsafe" not in shown.headers["Content-Security-Policy"]
    style = requests.get(f"{served.url}/simulator/phone.css", timeout=5)
    assert style.headers["Content-Type"].startswith("text/css")


def test_every_field_has_a_label(served: ServedNetwork) -> None:
    shown = page(served).text
    fields = set(re.findall(r'<(?:input|textarea)[^>]* id="(\w+)"', shown))
    assert (
        fields
        == set(re.findall(r'<label for="(\w+)"', shown))
        == {"phone", "body", "file", "withheld", "whatsapp"}
    )
    assert '<html lang="en">' in shown


def test_a_picture_is_sent_from_the_page(served: ServedNetwork) -> None:
    def send(content: bytes) -> str:
        return requests.post(
            f"{served.url}/simulator",
            data={"phone": PHONE, "body": ""},
            files={"file": ("x.png", content, "image/png")},
            timeout=5,
        ).text

    assert "Sent. The hotline has it." in send(b"a picture")
    assert "up to 5 MB" in send(bytes(6 << 20))
    held = served.network.carrier()
    assert [one["content_type"] for one in held["media"]] == ["image/png"]
    assert [(one["body"], one["num_media"]) for one in held["messages"]] == [("", "1")]
