from __future__ import annotations

import pytest

from app.simulator.network.signatures import sign, spell_port
from app.simulator.network.webhooks import read_overrides
from tests.simulator.hotline import config_for

# The vectors of https://www.twilio.com/docs/usage/security, token 12345.
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
FIELDS = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+14158675309"),
    ("Digits", "1234"),
    ("From", "+14158675309"),
    ("To", "+18005551212"),
]


def test_signatures_agree_with_the_published_ones() -> None:
    assert sign("12345", URL, FIELDS) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    assert sign("12345", spell_port(URL, explicit=True), FIELDS) == "kvajT1Ptam85bY51eRf/AJRuM3w="


def test_order_and_repetition_do_not_change_a_signature() -> None:
    assert sign("12345", URL, FIELDS[::-1] + FIELDS) == sign("12345", URL, FIELDS)


@pytest.mark.parametrize(
    ("url", "with_port", "without_port"),
    [
        (
            "https://kith.example/a?b=1",
            "https://kith.example:443/a?b=1",
            "https://kith.example/a?b=1",
        ),
        ("http://127.0.0.1:8000/a", "http://127.0.0.1:8000/a", "http://127.0.0.1/a"),
        ("http://[::1]:8000/a", "http://[::1]:8000/a", "http://[::1]/a"),
    ],
)
def test_an_address_is_spelled_with_and_without_port(
    url: str, with_port: str, without_port: str
) -> None:
    assert spell_port(url, explicit=True) == with_port
    assert spell_port(url, explicit=False) == without_port


def test_without_overrides_only_connecting_is_retried_once() -> None:
    rules = read_overrides(config_for("http://kith.example"), "http://kith.example/a")
    assert (rules.retries, rules.connect_s, rules.read_s, rules.total_s) == (1, 5, 15, 15)
    assert [rules.covers(failure) for failure in ("ct", "rt", "5xx", "4xx", "")] == [
        True,
        False,
        False,
        False,
        False,
    ]


def test_overrides_are_read_from_the_address() -> None:
    rules = read_overrides(config_for("http://k"), "http://k/a#rc=9&rp=all&ct=100&rt=2000&tt=x")
    assert (rules.retries, rules.connect_s, rules.read_s, rules.total_s) == (5, 0.1, 2, 15)
    assert rules.covers("4xx")
