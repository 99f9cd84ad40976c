"""What the person at a phone does on a call; each returns when the call is at rest again."""

from __future__ import annotations

from app.simulator.network.lines import Line
from app.simulator.values.events import Key, PickedUp, Speech


async def pick_up(line: Line) -> None:
    """Answer a phone that rings."""
    line.tell(PickedUp())
    await line.settled()


async def press_keys(line: Line, digits: str) -> None:
    """Press keys, each when the call is at rest after the one before."""
    for digit in digits:
        line.answered = len(line.executed)
        line.tell(Key(digit))
        await line.settled()


async def speak(line: Line, seconds: int) -> None:
    """Say something for so long."""
    line.answered = len(line.executed)
    line.tell(Speech(seconds))
    await line.settled()


async def hang_up(line: Line) -> None:
    """Hang up, or decline what rings."""
    ringing = line.call.started is None
    if ringing and not line.call.inbound:
        line.tell(PickedUp(accepts=False))
    else:
        line.end("canceled" if ringing else "completed")
    await line.settled()
