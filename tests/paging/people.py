"""The members whom the tests of alerts page, and their phones."""

from __future__ import annotations

from tests.line import Line

HERON, PLOVER, WREN, CRANE = (f"+1514555016{n}" for n in range(4))
PAGE = "Desk: 1 new, now. Reply 1 = mine"


def man_desk(line: Line, *, shifts: bool = True) -> None:
    """Heron is on duty day and night, plover is the fallback, wren and crane coordinate."""
    for handle, number in (("heron", HERON), ("plover", PLOVER), ("wren", WREN), ("crane", CRANE)):
        line.give_phone(handle, number)
    if shifts:
        line.put_on_duty("heron")
        line.put_on_duty("plover", fallback=True)
