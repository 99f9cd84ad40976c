"""Numbers as people write them, and the two forms that some countries' numbers have."""

import pytest

from app.telephony import NumberNotUnderstood, clean_number, is_same_phone, read_number

TWO_FORMS = [
    ("+5215512345678", "+525512345678"),
    ("+5491123456789", "+541123456789"),
    ("+553188887777", "+5531988887777"),
    ("+22507123456", "+2250707123456"),
    ("+22505123456", "+2250505123456"),
    ("+22541123456", "+2250141123456"),
    ("+22997123456", "+2290197123456"),
]


@pytest.mark.parametrize(("old", "today"), TWO_FORMS)
def test_two_forms_of_one_number_are_one_phone_and_both_are_taken_as_a_contact(
    old: str, today: str
) -> None:
    assert is_same_phone(old, today)
    assert is_same_phone(today, old)
    assert clean_number(today) == today
    assert is_same_phone(clean_number(old), today)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("+5511933334444", "+551133334444"),  # a Brazilian mobile and a landline
        ("+525512345678", "+525512345679"),
        ("+2250707123456", "+2250507123456"),
        ("+15145550100", None),
        ("+521551234567", "+52551234567"),  # one digit short
    ],
)
def test_different_numbers_stay_apart(one: str, other: str | None) -> None:
    assert not is_same_phone(one, other)


def test_a_number_that_has_gone_out_of_use_is_written_as_it_is_dialled_today() -> None:
    assert read_number("+52 1 55 1234 5678") == "+525512345678"
    assert read_number("+54 11 15 2345 6789") == "+5491123456789"
    assert read_number("+54 11 2345 6789") == "+541123456789"  # perhaps a landline


@pytest.mark.parametrize(
    "text",
    [
        "+1 514 555 0100 ext. 12",
        "+1 514 555 0100 x12",
        "+15145550100;ext=12",
        "+1 514 555 0100,,12",
        "+1 514 555 0100 poste 12",
        "+52 55 1234 5678 anexo 7",
    ],
)
def test_an_extension_is_refused_with_a_reason_and_never_dropped(text: str) -> None:
    with pytest.raises(NumberNotUnderstood, match="extension"):
        read_number(text)
    assert clean_number(text) is None


@pytest.mark.parametrize("text", ["514 555 0100", "", "+1 514", "call me", "+521551234567890"])
def test_what_is_no_number_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(NumberNotUnderstood, match="country code"):
        read_number(text)
