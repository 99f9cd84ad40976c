"""Our own words as the carrier's list shows them."""

import pytest

from app.telephony import is_same_body


@pytest.mark.parametrize(
    ("listed", "ours"),
    [
        ("I'm here - call us...", "I’m here – call us…"),
        ('Say "yes"', "Say “yes”"),
        ('Say "oui"', "Say « oui »".replace("« ", "«").replace(" »", "»")),
        ("Sent from your Twilio trial account - Call us.", "Call us."),
        ("Sent from your Twilio trial account - I'm here", "I’m here"),
        ("one two", "one\u00a0two"),
        ("Call us.", "Call us. "),
    ],
)
def test_a_body_that_the_carrier_changed_is_still_ours(listed: str, ours: str) -> None:
    assert is_same_body(listed, ours)


@pytest.mark.parametrize("listed", ["Call us", "Call us. Now.", "", "Call them."])
def test_other_words_are_not_ours(listed: str) -> None:
    assert not is_same_body(listed, "Call us.")


def test_a_template_stands_around_our_words() -> None:
    assert is_same_body("For you: Call us. Bye", "Call us.", framed=True)
    assert not is_same_body("For you:  Bye", "", framed=True)
