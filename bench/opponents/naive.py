"""The lower yardstick: what one would write in a day, with an encrypted column type.

FastAPI, a session from the thread pool and one INSERT and commit for each text. Configured by

    DB          SQLAlchemy URL
    CRYPTO      aesgcm (as the usual encrypted column type does it), fernet, or plain
    SYNC        SQLite's synchronous pragma: FULL (default), NORMAL, OFF
"""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from sqlalchemy import DateTime, Dialect, String, Text, TypeDecorator, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from sqlalchemy.types import TypeEngine
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types

URL = os.environ["PUBLIC_URL"]
TOKEN = os.environ["TWILIO_AUTH_TOKEN"]
DATABASE = os.environ["DB"]
CRYPTO = os.environ.get("CRYPTO", "aesgcm")
SECRET = "a key of exactly thirty-two byte"  # noqa: S105  # nothing real is ever stored
ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?><Response><Message>We have your message. '
    "Somebody will read it soon.</Message></Response>"
)


class AesGcmText(TypeDecorator[str]):
    """Text under AES-256-GCM, step for step as the common column type of this kind works.

    The key is hashed anew for each value, as there; what is stored is base64 of a nonce of 12
    bytes, the tag of 16 and the ciphertext.
    """

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt one value."""
        if value is None:
            return None
        nonce = os.urandom(12)
        encryptor = Cipher(algorithms.AES(self._key()), modes.GCM(nonce)).encryptor()
        sealed = encryptor.update(value.encode()) + encryptor.finalize()
        return base64.b64encode(nonce + encryptor.tag + sealed).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt one value."""
        if value is None:
            return None
        raw = base64.b64decode(value)
        decryptor = Cipher(algorithms.AES(self._key()), modes.GCM(raw[:12], raw[12:28])).decryptor()
        return (decryptor.update(raw[28:]) + decryptor.finalize()).decode()

    def _key(self) -> bytes:
        digest = hashes.Hash(hashes.SHA256())
        digest.update(SECRET.encode())
        return digest.finalize()


class FernetText(TypeDecorator[str]):
    """Text under Fernet."""

    impl = Text
    cache_ok = True
    fernet = Fernet(base64.urlsafe_b64encode(SECRET.encode()))

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Encrypt one value."""
        return None if value is None else self.fernet.encrypt(value.encode()).decode()

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Decrypt one value."""
        return None if value is None else self.fernet.decrypt(value).decode()


def secret() -> TypeEngine[Any]:
    """Return the column type that was asked for."""
    kinds: dict[str, type[TypeEngine[Any]]] = {
        "aesgcm": AesGcmText,
        "fernet": FernetText,
        "plain": Text,
    }
    return kinds[CRYPTO]()


class Base(DeclarativeBase):
    """All tables."""


class Case(Base):
    """One text, one row."""

    __tablename__ = "cases"
    id: Mapped[int] = mapped_column(primary_key=True)
    sid: Mapped[str] = mapped_column(String(40), index=True)
    created: Mapped[datetime] = mapped_column(DateTime, index=True)
    status: Mapped[str] = mapped_column(String(16), default="new", index=True)
    region: Mapped[str] = mapped_column(String(8), default="")
    phone: Mapped[str] = mapped_column(secret())
    body: Mapped[str] = mapped_column(secret())
    category: Mapped[str] = mapped_column(secret(), default="other")
    notes: Mapped[str | None] = mapped_column(secret(), default=None)


ON_SQLITE = DATABASE.startswith("sqlite")
engine = create_engine(DATABASE, **({} if ON_SQLITE else {"pool_size": 20}))
if ON_SQLITE:

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _: object) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA busy_timeout=10000")
        connection.execute("PRAGMA synchronous=" + os.environ.get("SYNC", "FULL"))


Base.metadata.create_all(engine)
new_session = sessionmaker(engine, expire_on_commit=False)
validator = RequestValidator(TOKEN)
app = FastAPI()


def a_session() -> Iterator[Session]:
    """Lend a session for the length of a request."""
    with new_session() as session:
        yield session


async def a_form(request: Request) -> dict[str, str]:
    """Read the form, which only an async function can."""
    return {name: str(value) for name, value in (await request.form()).items()}


Form = Annotated[dict[str, str], Depends(a_form)]
Database = Annotated[Session, Depends(a_session)]


@app.post("/twilio/messages")
def receive(request: Request, form: Form, db: Database) -> Response:
    """Take one text: check, insert, commit, answer."""
    if not validator.validate(URL, form, request.headers.get("x-twilio-signature", "")):
        raise HTTPException(403)
    db.add(
        Case(
            sid=form["MessageSid"],
            phone=form["From"],
            body=form["Body"],
            region=form.get("FromState", ""),
            created=datetime.now(UTC).replace(tzinfo=None),
        )
    )
    db.commit()
    return Response(ANSWER, media_type="application/xml")


def _shown(case: Case) -> dict[str, object]:
    names = ("id", "created", "status", "region", "phone", "body", "category", "notes")
    return {name: getattr(case, name) for name in names}


@app.get("/cases")
def list_cases(db: Database, limit: int = 50) -> list[dict[str, object]]:
    """Show the newest cases, decrypted."""
    newest = select(Case).order_by(Case.created.desc()).limit(limit)
    return [_shown(case) for case in db.scalars(newest)]


@app.get("/cases/{number}")
def read_case(number: int, db: Database) -> dict[str, object]:
    """Show one case, decrypted."""
    case = db.get(Case, number)
    if case is None:
        raise HTTPException(404)
    return _shown(case)
