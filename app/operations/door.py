"""The door through which a running process gets, or loses, the operational key.

Each process listens on a Unix socket of its own, readable by its owner alone; the kernel tells
which user is at the other end. ``kith unseal`` sends the operational seed there, ``kith panic``
takes it away.
A sign-in at the desk sends it too: so it opens a worker that is a process of its own. What began
before an alarm opens nothing after it.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import structlog

from app import audit
from app.crypto import OperationalKeys, SealBroken, Secret
from app.keyring import Keyring
from app.operations.alarm_mark import MARK_BYTES, read_alarm_mark
from app.operations.door_calls import (
    DONE,
    OPEN,
    PANIC,
    REFUSED,
    is_same_user,
    make_short_address,
    send_seed,
)
from app.operations.shared_seed import SEED_BYTES, SharedSeed
from app.store import Database, Db, hasten_job
from app.vault import ABSORB_JOB, load_index_key

log = structlog.get_logger()

# A sign-in waits this long for each of the others; a process that hangs must not lock people out.
_PATIENCE_S = 3.0


class Door:
    """Listens for the operational key, or for the alarm, until it is closed.

    ``forget_sessions`` ends all sessions of the service at an alarm.
    """

    def __init__(
        self,
        folder: Path,
        database: Database,
        clock: Callable[[], datetime],
        forget_sessions: Callable[[Db], None],
        shared: SharedSeed | None = None,
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder, self._mark = folder, read_alarm_mark(folder)
        # An alarm, and giving the key to others, one after the other.
        self._lock = threading.Lock()
        self._path = folder / f"{os.getpid()}-{os.urandom(3).hex()}.sock"
        self._database, self._clock = database, clock
        self._forget_sessions, self._shared = forget_sessions, shared
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with make_short_address(self._path) as address:
            self._socket.bind(address)
        self._path.chmod(0o600)
        self._socket.listen(4)
        self._thread = threading.Thread(target=self._run, name="door", daemon=True)
        self._thread.start()
        # Only now: a seed that is shared later comes through the socket.
        if database.keys:
            database.keys.on_unsealed(self._tell_others)
            self._open_at_start(database.keys)

    def _open_at_start(self, keys: Keyring) -> None:
        if keys.is_open and keys.files.operational_seed() is None:
            keys.seal()  # an alarm took the file away while this process was starting
        if self._shared and not keys.is_open and (seed := self._shared.look(self._mark)):
            self._open(seed, self._mark)

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
                    done = is_same_user(connection) and self._obey(connection)
                    connection.sendall(DONE if done else REFUSED)
                except Exception as error:  # noqa: BLE001  # the door must stay open
                    log.error("door.failed", error=type(error).__name__)

    def _obey(self, connection: socket.socket) -> bool:
        order = connection.recv(1)
        if order == PANIC:
            self._panic()
            return True
        call = connection.recv(MARK_BYTES + SEED_BYTES, socket.MSG_WAITALL)
        if order != OPEN or len(call) != MARK_BYTES + SEED_BYTES:
            return False
        return self._open(Secret(call[MARK_BYTES:]), call[:MARK_BYTES])

    def _open(self, seed: Secret, mark: bytes) -> bool:
        """Open this process, unless an alarm was raised since the mark was read."""
        now = self._clock()
        if mark != read_alarm_mark(self._folder):
            log.warning("door.late")
            return False
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
        if self._shared:
            self._shared.keep(seed, mark)
        log.info("server.unsealed")
        return True

    def _tell_others(self, seed: Secret) -> None:
        """Open the other processes of this data directory, and those of ours that come later."""
        with self._lock:
            if not (self._database.keys and self._database.keys.is_open):
                return  # an alarm was raised meanwhile
            mark = self._mark
            if self._shared:
                self._shared.keep(seed, mark)
        reached = send_seed(self._folder, seed, mark, but=self._path, patience_s=_PATIENCE_S)
        if reached.did < reached.told:
            log.error("door.others_sealed", told=reached.told, opened=reached.did)

    def _panic(self) -> None:
        now = self._clock()
        # First what needs no database: where that is away too, nothing opens by itself again.
        with self._lock:
            self._mark = read_alarm_mark(self._folder)
            if self._shared:
                self._shared.clear()
            if self._database.keys:
                self._database.keys.seal()
        with self._database.transaction() as db:
            self._forget_sessions(db)
            audit.record(db, "server.panic", None, None, now)
        log.warning("server.sealed")
