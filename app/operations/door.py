"""The door through which a running process gets, or loses, the operational key.

Each process listens on a Unix socket of its own, readable by its owner alone; the kernel tells who
is at the other end. ``kith unseal`` sends the operational seed there, ``kith panic`` takes it away.
So does every sign-in at the desk: a worker of its own is opened with the service. The children of
one service also inherit a ``Handover``, so that one which died and was started again is open.
"""

from __future__ import annotations

import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import structlog
from sqlalchemy import select

from app import audit
from app.crypto import KeyFiles, OperationalKeys, SealBroken, Secret, passphrase_key
from app.errors import Forbidden, Unauthenticated
from app.members import make_principal, open_member_seed, spend_totp_code
from app.models import Member
from app.store import Database, Db, hasten_job
from app.vault import ABSORB_JOB, find_operational_seed, load_index_key

log = structlog.get_logger()

_OPEN, _PANIC = b"O", b"P"
_DONE, _REFUSED = b"+", b"-"
_SEED_BYTES = 32
# A sign-in waits this long for each of the others; a process that hangs must not lock people out.
_PATIENCE_S = 3.0


@dataclass(frozen=True)
class ReachedProcesses:
    """How many running processes were told, and how many of them did it."""

    told: int
    did: int


class Handover:
    """What the children of one service inherit: the operational seed, in the kernel's memory.

    A pair of sockets that nobody else has; the seed is looked at there and never taken out, so that
    every child finds it, until the alarm empties it.
    """

    def __init__(self) -> None:
        self._into, self._out_of = socket.socketpair()

    def keep(self, seed: Secret) -> None:
        """Let later children have the seed."""
        self.clear()
        self._into.sendall(seed)

    def look(self) -> Secret | None:
        """Return the seed, if one is kept."""
        with suppress(BlockingIOError):
            seed = self._out_of.recv(_SEED_BYTES, socket.MSG_PEEK | socket.MSG_DONTWAIT)
            return Secret(seed) if len(seed) == _SEED_BYTES else None
        return None

    def clear(self) -> None:
        """Forget the seed."""
        with suppress(BlockingIOError):
            while self._out_of.recv(1024, socket.MSG_DONTWAIT):
                pass

    def close(self) -> None:
        """Give the sockets back; what is kept stays while another process holds them."""
        self._into.close()
        self._out_of.close()


class Door:
    """Listens for the operational key, or for the alarm, until it is closed."""

    def __init__(
        self,
        folder: Path,
        database: Database,
        clock: Callable[[], datetime],
        forget_sessions: Callable[[Db], None],
        handover: Handover | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._path = folder / f"{os.getpid()}-{os.urandom(3).hex()}.sock"
        self._database, self._clock = database, clock
        self._forget_sessions, self._handover = forget_sessions, handover
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with _short(self._path) as address:
            self._socket.bind(address)
        self._path.chmod(0o600)
        self._socket.listen(4)
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)
        self._thread.start()
        # Only now: what is handed over later comes through the socket.
        if database.keys:
            database.keys.on_unsealed(self._tell_others)
            if handover and not database.keys.is_open and (seed := handover.look()):
                self._open(seed)

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)
        self._thread.join(timeout=5)

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return  # closed
            with connection:
                connection.settimeout(10)
                try:
                    done = _same_user(connection) and self._obey(connection)
                    connection.sendall(_DONE if done else _REFUSED)
                except Exception as error:  # noqa: BLE001  # the door must stay open
                    log.error("door.failed", error=type(error).__name__)

    def _obey(self, connection: socket.socket) -> bool:
        order = connection.recv(1)
        if order == _PANIC:
            self._panic()
            return True
        seed = connection.recv(_SEED_BYTES, socket.MSG_WAITALL)
        if order != _OPEN or len(seed) != _SEED_BYTES:
            return False
        return self._open(Secret(seed))

    def _open(self, seed: Secret) -> bool:
        now = self._clock()
        try:
            with self._database.transaction() as db:
                keys = OperationalKeys(seed)
                if db.keys.is_open:
                    return keys.pair.public == db.keys.operational_public
                db.keys.unseal(keys)
                load_index_key(db)
                hasten_job(db, ABSORB_JOB, now)
                audit.record(db, "server.unsealed", None, None, now)
        except SealBroken:
            return False
        if self._handover:
            self._handover.keep(seed)
        log.info("server.unsealed")
        return True

    def _tell_others(self, seed: Secret) -> None:
        """Open the other processes of this data directory, and those of ours that come later."""
        if self._handover:
            self._handover.keep(seed)
        reached = _tell(self._path.parent, _OPEN + seed, but=self._path, patience_s=_PATIENCE_S)
        if reached.did < reached.told:
            log.error("door.others_sealed", told=reached.told, opened=reached.did)

    def _panic(self) -> None:
        now = self._clock()
        # What needs no database first: also where that is away, nothing opens by itself again.
        if self._handover:
            self._handover.clear()
        if self._database.keys:
            self._database.keys.seal()
        with self._database.transaction() as db:
            self._forget_sessions(db)
            audit.record(db, "server.panic", None, None, now)
        log.warning("server.sealed")


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Yield an address of a socket: paths of over a hundred characters are too long for one."""
    if not Path("/proc/self/fd").exists():
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _same_user(connection: socket.socket) -> bool:
    """Return whether the kernel says that the peer runs under our user (or as root)."""
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:  # elsewhere the folder's and the socket's modes have to do
        return True
    raw = connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    return uid in (os.getuid(), 0)


# -- from the command line


def open_operational_seed(
    database: Database,
    *,
    handle: str,
    passphrase: str,
    code: str | None,
    require_mfa: bool,
    now: datetime,
) -> Secret:
    """Return the operational seed, opened with a desk or archive member's passphrase.

    Raises Unauthenticated for every wrong sign-in, Forbidden for a member without a team's key.
    """
    with database.snapshot() as db:
        member = db.scalar(
            select(Member).where(
                Member.handle == handle.strip().casefold(), Member.state != "removed"
            )
        )
        if member is None:
            raise Unauthenticated
        key = passphrase_key(passphrase, member.passphrase_salt)
        try:
            keys = open_member_seed(db, member, "seed_wrap", key)
        except SealBroken as error:
            raise Unauthenticated from error
        db.expunge(member)  # only looking: nothing of it is written
        required = require_mfa or member.totp_confirmed
        spend_totp_code(db, member, keys, code, now, required=required)
        principal = make_principal(db, member, keys, uuid4())
        seed = find_operational_seed(db, principal)
    if seed is None:
        raise Forbidden
    return seed


def store_operational_seed(files: KeyFiles, seed: Secret) -> None:
    """Write the operational seed to its file, as `file` mode has it, unless it is there."""
    with suppress(FileExistsError):
        files.store_operational_seed(seed)


def send_seed(folder: Path, seed: Secret) -> ReachedProcesses:
    """Open every running process of this data directory."""
    return _tell(folder, _OPEN + seed)


def raise_alarm(folder: Path) -> ReachedProcesses:
    """Seal every running process of this data directory and end all sessions."""
    return _tell(folder, _PANIC)


def _tell(
    folder: Path, message: bytes, but: Path | None = None, patience_s: float = 10
) -> ReachedProcesses:
    told = did = 0
    for path in sorted(folder.glob("*.sock")):
        if path == but:
            continue
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(patience_s)
            try:
                with _short(path) as address:
                    connection.connect(address)
                told += 1
                if _same_user(connection):
                    connection.sendall(message)
                    did += connection.recv(1) == _DONE
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)  # left by a process that was killed
            except (TimeoutError, ConnectionResetError, BrokenPipeError):
                continue  # it was told, and did not answer
    return ReachedProcesses(told, did)
