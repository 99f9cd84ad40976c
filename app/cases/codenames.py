"""Code names for cases: neutral, easy to say aloud, and saying nothing about anyone."""

from __future__ import annotations

import secrets

_FIRST = (
    "amber ash aqua autumn birch blue brass bright calm cedar clay clear cloud cobalt copper coral "
    "crisp dawn deep dry early east fern flint gentle gold granite green grey high hollow ivory "
    "jade late linen little long maple mild mint misty noon north oak ochre olive open opal pale "
    "pearl pine plain plum quiet rose round rust sand silver slate slow small"
).split()
_SECOND = (
    "anchor apple arch basin bell bench boat bridge brook button candle canoe cliff clover comet "
    "crane cup delta drum elm falcon feather field finch fjord garden gate glade harbor hazel "
    "heron hill island kettle kite lamp lantern lark leaf lighthouse meadow mill moss orchard "
    "otter paddle path pebble pier pond prairie raven reed ridge river robin sail sparrow spring "
    "stone thistle tide"
).split()


def make_code_name() -> str:
    """Return a code name such as ``amber-heron-4821``."""
    number = secrets.randbelow(9000) + 1000
    return f"{secrets.choice(_FIRST)}-{secrets.choice(_SECOND)}-{number}"
