"""How often a shift recurs, in words."""

from __future__ import annotations

from app.console.words import DAYS
from app.rota import Slot


def recurrence(slot: Slot) -> str:
    """Return ``Monday, Thursday at 09:00, 8 h``; the rule itself where it is not that simple."""
    parts = dict(part.split("=") for part in slot.rule.text.split(";"))
    until = parts.pop("UNTIL", None)
    last = f", until {until[:4]}-{until[4:6]}-{until[6:8]}" if until else ""
    when = f"at {slot.rule.first:%H:%M}, {slot.duration.total_seconds() / 3600:g} h{last}"
    days = parts.get("BYDAY", "").split(",")
    if parts == {"FREQ": "DAILY"}:
        return f"every day {when}"
    if parts == {"FREQ": "DAILY", "COUNT": "1"}:
        return f"once, on {slot.rule.first:%Y-%m-%d} {when}"
    if set(parts) == {"FREQ", "BYDAY"} and parts["FREQ"] == "WEEKLY" and set(days) <= set(DAYS):
        return f"{', '.join(DAYS[day] for day in days)} {when}"
    return f"{slot.rule.text} {when}"
