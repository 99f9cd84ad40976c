"""An organisation without its service: its database, its keys, its people, and a worker by hand."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app.access import Principal
from app.clock import FixedClock
from app.crypto import KeyFiles
from app.crypto.keys import new_seed
from app.crypto.passphrases import new_salt
from app.members.newcomers import admit_newcomers
from app.members.profiles import change_profile
from app.members.team_gains import give_demo_teams
from app.models import Deployment, Job, Member, Offer, Outgoing, Request
from app.operations.drill.attempts import DrillOutcome, open_everything
from app.operations.drill.keys import FoundKey
from app.requests.decisions import accept_offer, decline_offer
from app.requests.ladder import climb_ladder
from app.requests.overdue import sweep_assignments
from app.requests.timers import REQUEST_JOB
from app.store.db import Database, Db
from app.store.jobs import ClaimedJob, claim_jobs
from app.vault.operational_key import open_keyring
from tests import service
from tests.service import Blueprint, Resident


@dataclass(frozen=True)
class Hall:
    """What tests of the domain need; ``database`` is a copy that nobody else uses."""

    url: str
    folder: Path
    database: Database
    clock: FixedClock
    residents: dict[str, Resident] = field(repr=False)

    def principal(self, handle: str) -> Principal:
        """A member as domain functions know them."""
        resident = self.residents[handle]
        roles, archive = frozenset(resident.roles), "coordinator" in resident.roles
        return Principal(resident.id, handle, roles, archive, uuid4(), resident.keys)

    def newcomer(self, handle: str, *roles: str, phone: str | None = None) -> Resident:
        """Let somebody join, as ready as the others."""
        return self.newcomers({handle: phone}, *roles)[0]

    def newcomers(self, phones: dict[str, str | None], *roles: str) -> list[Resident]:
        """Let several join at once, by handle."""
        crane, lock = self.principal("crane"), (new_salt(), new_seed())
        for handle in phones:
            joined = service._join(self.database, crane, handle, roles, lock, self.clock())
            self.residents[handle] = joined
        with self.database.transaction() as db:
            admit_newcomers(db, self.principal("wren"), self.clock())
            give_demo_teams(db, self.principal("wren"), self.clock())
        self.profiles({handle: {"phone": phone} for handle, phone in phones.items()})
        return [self.residents[handle] for handle in phones]

    def profiles(self, changes: dict[str, dict[str, Any]]) -> None:
        """Change what members say of themselves."""
        with self.database.transaction() as db:
            for handle, values in changes.items():
                change_profile(
                    db, db.get_one(Member, self.residents[handle].id), partial(replace, **values)
                )

    def work(self) -> None:
        """Do the jobs about requests that are due."""
        while due := self._claim():
            for claimed in due:
                with self.database.transaction() as db:
                    climb_ladder(db, claimed, self.clock())

    def _claim(self) -> list[ClaimedJob]:
        with self.database.transaction() as db:
            return claim_jobs(db, uuid4(), self.clock(), 16, [REQUEST_JOB])

    def advance(self, **by: float) -> None:
        """Step the clock and do what became due, the sweep too."""
        self.clock.advance(timedelta(**by))
        self.work()
        sweep_assignments(self.database, self.clock())

    def accept(self, handle: str, request: Request) -> UUID:
        """Accept the offer that a member has for a request; return the assignment's id."""
        with self.database.transaction() as db:
            offer = self.offer(db, handle, request)
            return accept_offer(db, self.residents[handle].id, offer.id, self.clock()).id

    def decline(self, handle: str, request: Request, **how: Any) -> None:
        """Decline it."""
        with self.database.transaction() as db:
            offer = self.offer(db, handle, request)
            decline_offer(db, self.residents[handle].id, offer.id, self.clock(), **how)
        self.work()

    def offer(self, db: Db, handle: str, request: Request) -> Offer:
        """A member's last offer for a request."""
        whose = (Offer.request_id == request.id, Offer.member_id == self.residents[handle].id)
        return db.scalars(select(Offer).where(*whose).order_by(Offer.made_at.desc())).all()[0]

    def asked(self, request: Request, state: str = "pending") -> set[str]:
        """Who has an offer for a request in this state."""
        names = {resident.id: handle for handle, resident in self.residents.items()}
        with self.database.snapshot() as db:
            of = (Offer.request_id == request.id, Offer.state == state)
            return {names[one] for one in db.scalars(select(Offer.member_id).where(*of))}

    def now(self, request: Request) -> Request:
        """A request as it is now."""
        with self.database.snapshot() as db:
            return db.get_one(Request, request.id)

    def has_timer(self, request: Request) -> bool:
        """Whether a job is going to look at a request again."""
        with self.database.snapshot() as db:
            timers = select(Job.run_at).where(Job.kind == REQUEST_JOB, Job.ref == request.id)
            found = db.scalars(timers).all()
            assert len(found) <= 1
            return bool(found)

    def texts_to(self, number: str) -> list[str]:
        """The texts that wait to go to a number."""
        with self.database.snapshot() as db:
            waiting = db.scalars(select(Outgoing).order_by(Outgoing.queued_at))
            values = [db.keys.find_values(row) for row in waiting]
            return [one.body for one in values if one is not None and one.to == number]

    def plunder(self, *handles: str, operational: bool = False) -> DrillOutcome:
        """Open all that opens with the shred keys and what these members' passphrases open."""
        known = [FoundKey(handle, self.residents[handle].keys.seed) for handle in handles]
        return self.open_with([*self.shred_keys(), *known, *(self._operational() * operational)])

    def open_with(self, keys: Iterable[FoundKey]) -> DrillOutcome:
        """Open all that opens with these keys."""
        with self.database.snapshot() as db:
            deployment = db.scalars(select(Deployment.id)).one()
            return open_everything(db.connection(), deployment, keys)

    def shred_keys(self) -> list[FoundKey]:
        """The week's keys of the forgetting layer, as they lie on the disk."""
        files = KeyFiles(self.folder / "keys")
        return [FoundKey(f"shred/{day}", files.shred_key(day)) for day in files.shred_days()]

    def _operational(self) -> list[FoundKey]:
        seed = KeyFiles(self.folder / "keys").operational_seed()
        assert seed
        return [FoundKey("operational", seed)]


def open_copy(
    blueprint: Blueprint, folder: Path, clock: FixedClock, url: str | None = None
) -> Hall:
    """Copy an organisation into ``folder`` and open its keys; its database is to be closed."""
    shutil.copytree(blueprint.folder, folder, dirs_exist_ok=True)
    where = url or f"sqlite:///{folder / 'kith.db'}"
    database = Database(where)
    open_keyring(database, KeyFiles(folder / "keys"))
    return Hall(where, folder, database, clock, dict(blueprint.residents))


@contextmanager
def opened(blueprint: Blueprint, folder: Path, clock: FixedClock) -> Iterator[Hall]:
    """Copy an organisation, its database too, and close it at the end."""
    with ExitStack() as stack:
        url = stack.enter_context(service._copied(blueprint)) if blueprint.server else None
        hall = open_copy(blueprint, folder, clock, url)
        stack.callback(hall.database.close)
        yield hall
