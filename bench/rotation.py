"""Measure what replaces keys while texts come in: forgetting layer, index key, a member's removal.

python -m bench.rotation                          SQLite, 10 000 open cases (minutes)
python -m bench.rotation --cases 1000 --database postgresql
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from app.crypto import MemberKeys, new_recovery_code, new_salt, new_seed, new_totp_secret
from app.inbound import take_texts
from app.members import (
    MemorySessions,
    NewcomerSecrets,
    admit_newcomers,
    give_demo_teams,
    make_invitation,
    redeem_invitation,
    remove_member,
)
from app.vault import ratchet_index_key, renew_case_epochs, renew_forgetting
from bench.inside import Service, _fill, _service

_TARGET_S = 60
_PAUSE_S = 0.05
_TELL_EVERY_S = 3.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where something took longer than it may."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    wanted = parser.parse_args(arguments)
    with _service(wanted.database) as service:
        _fill(service, wanted.cases)
        leaving = _second_member(service)
        tomorrow = service.clock() + timedelta(days=1)
        durations = [
            _measured(
                service,
                "the forgetting layer",
                lambda: renew_forgetting(service.database, tomorrow, _Telling("rows re-wrapped")),
            ),
            _measured(
                service,
                "the index key",
                lambda: ratchet_index_key(service.database, tomorrow, _Telling("rows read")),
            ),
            _measured(service, "a member's removal", lambda: _remove(service, leaving)),
        ]
    return int(max(durations) > _TARGET_S)


def _measured(service: Service, what: str, action: Callable[[], object]) -> float:
    """Do it while a phone texts all the time; print how long both took; return the seconds."""
    over, waits = threading.Event(), [0.0]

    def texting() -> None:
        while not over.is_set():
            start = time.monotonic()
            text = service._text(new=False)  # noqa: SLF001  # the same texts as its own
            with service.database.transaction() as db:
                take_texts(db, service.desk, [text], service.clock())
            waits.append(time.monotonic() - start)
            over.wait(_PAUSE_S)

    phone = threading.Thread(target=texting)
    phone.start()
    start = time.monotonic()
    action()
    duration = time.monotonic() - start
    over.set()
    phone.join()
    print(
        f"{what:22}{service.cases:7} cases {duration:7.1f} s"
        f"   {len(waits) - 1} texts meanwhile, the slowest {max(waits):.2f} s",
        flush=True,
    )
    return duration


def _second_member(service: Service) -> UUID:
    """Let another dispatcher join, whose leaving gives the desk a new key."""
    now, principal = service.clock(), service.principal
    secrets = NewcomerSecrets(
        MemberKeys(new_seed()), new_salt(), new_seed(), new_recovery_code(), new_totp_secret()
    )
    with service.database.transaction() as db:
        code, _ = make_invitation(db, principal, ["dispatcher"], ["en"], [], now)
        joined = redeem_invitation(
            db, secrets, code=code, handle=f"b{uuid4().hex[:8]}", name=None, phone=None, now=now
        )
    with service.database.transaction() as db:
        admit_newcomers(db, principal, now)
        give_demo_teams(db, principal, now)
    return joined.member.id


def _remove(service: Service, member: UUID) -> None:
    with service.database.transaction() as db:
        remove_member(db, MemorySessions(), service.principal, member, None, service.clock())
    told = _Telling("new epochs")  # what the worker does at once
    renew_case_epochs(service.database, service.clock(), told)


class _Telling:
    """Tells on standard error how far something is, every few seconds."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._next = time.monotonic() + _TELL_EVERY_S

    def __call__(self, done: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TELL_EVERY_S
            print(f"  {done} {self._doing} …", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
