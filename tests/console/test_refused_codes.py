from __future__ import annotations

from collections.abc import Callable

from tests.console.visitor import Visitor
from tests.service import House


def test_who_signs_in_reads_that_somebody_tried_with_their_passphrase(
    house: House, visit: Callable[..., Visitor]
) -> None:
    for code in ("000000", "111111"):
        house.sign_in("heron", code)
    heron = visit()
    assert heron.sign_in("heron").says("somebody gave your passphrase with a wrong code")
    page = heron.open("/me")
    assert page.says("gave your passphrase with a wrong code 2 times")
    assert not visit("plover").open("/me").says("wrong code")
