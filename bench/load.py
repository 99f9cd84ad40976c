"""A file of signed webhooks, all different, for ``replay.lua`` to send.

    python -m bench.load COUNT FILE URL

One request a line: signature, tab, urlencoded body of about 420 bytes. The same count and URL
always give the same file. Half of the texts come from numbers that never wrote before, half from
2 000 that do again and again. All numbers are of the kind that is reserved for fiction.
"""

from __future__ import annotations

import random
import sys
from base64 import b64encode
from hmac import digest
from pathlib import Path
from urllib.parse import urlencode

TOKEN = "a-token-for-benchmarks-only-0123"  # noqa: S105  # nothing real is behind it
ACCOUNT = "AC" + "5e" * 16
NUMBER = "+15145550100"
RETURNING = 2_000
MOST = 150_000  # as many new numbers as there are in fiction
_SAID = (
    "they took my cousin this morning outside the shop and nobody tells us where he is "
    "his hearing is on monday can somebody come with me please answer soon we are afraid"
)
_WORDS = _SAID.split()


def write_load(count: int, file: Path, url: str) -> None:
    """Write ``count`` requests to ``url``, signed; raises ``ValueError`` for more than ``MOST``."""
    if count > MOST:
        raise ValueError(f"there are fictional numbers for {MOST} texts at most")
    chance = random.Random(20260115)  # noqa: S311  # the same load every time
    with file.open("w", encoding="ascii") as out:
        for index in range(count):
            fields = _fields(chance, index)
            out.write(f"{sign_form(url, fields)}\t{urlencode(fields)}\n")


def _fields(chance: random.Random, index: int) -> dict[str, str]:
    said = " ".join(chance.choices(_WORDS, k=chance.randint(8, 28)))
    sender = RETURNING + index // 2 if index % 2 else chance.randrange(RETURNING)
    sid = f"SM{chance.getrandbits(96):024x}{index:08x}"
    return make_form(sid, make_number(sender), f"{said} {index}")


def make_form(sid: str, sender: str, body: str) -> dict[str, str]:
    """Return the carrier's form of one text."""
    return {
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "FromCity": "ALBANY",
        "SmsSid": sid,
        "FromState": "NY",
        "SmsStatus": "received",
        "FromZip": "12201",
        "Body": body,
        "FromCountry": "US",
        "To": NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }


def make_number(index: int) -> str:
    """Return +1 NXX 555 01xx: 800 area codes with a hundred numbers each."""
    return f"+1{200 + index // 100}55501{index % 100:02d}"


def sign_form(url: str, fields: dict[str, str]) -> str:
    """Return the carrier's signature of a form that is posted to ``url``."""
    text = url + "".join(name + value for name, value in sorted(fields.items()))
    return b64encode(digest(TOKEN.encode(), text.encode(), "sha1")).decode()


if __name__ == "__main__":
    write_load(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
