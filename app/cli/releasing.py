"""``kith statistics``: the calendar, asking, confirming, exporting; through the running server.

The member signs in, as in the console: also here a release takes two people.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from app.cli.terminal import answer, ask, ask_passphrase, say, settings
from app.errors import OperatorError

statistics = typer.Typer(help="Anonymised statistics: release them, and get their files.")
_RELEASES = "/v1/statistics/releases"
_PATIENCE_S = 180

Handle = Annotated[str | None, typer.Option(help="Who signs in.")]
Code = Annotated[str | None, typer.Option(help="Code of the authenticator app, if one is needed.")]
FromStdin = Annotated[
    bool, typer.Option("--passphrase-stdin", help="Read the passphrase from standard input.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Release = Annotated[str, typer.Argument(help="The id of a release.")]


class ServerAway(OperatorError):
    """No server answers on KITH_HOST and KITH_PORT. Start it first."""


class ServerRefused(OperatorError):
    """The server refused."""


class _Session:
    """A member's session at the running server."""

    def __init__(self, url: str) -> None:
        import requests

        self._url, self._http = url, requests.Session()
        self._http.trust_env = False  # a proxy of this machine would see the token

    def __call__(self, method: str, path: str, **options: Any) -> Any:
        """Return the server's answer. ServerAway, ServerRefused."""
        import requests

        try:
            given = self._http.request(method, self._url + path, timeout=_PATIENCE_S, **options)
        except requests.RequestException as error:
            raise ServerAway from error
        if given.status_code >= 400:
            raise ServerRefused(_reason(given))
        return given

    def sign_in(self, **who: str | None) -> None:
        """Begin a session."""
        token = self("POST", "/v1/sessions", json=who).json()["token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def leave(self) -> None:
        """End the session."""
        self("DELETE", "/v1/sessions/current")
        self._http.close()


def _reason(given: Any) -> str:
    try:
        return str(given.json()["detail"])
    except (ValueError, KeyError):
        return f"the server answered {given.status_code}"


@contextmanager
def _signed_in(handle: str | None, code: str | None, *, from_stdin: bool) -> Iterator[_Session]:
    chosen = settings()
    who = handle or ask("Name")
    passphrase = ask_passphrase(from_stdin=from_stdin, new=False)
    demo = (chosen.data_dir / "demo.json").exists()
    if code is None and chosen.require_mfa and not demo:
        # Not in argv for choice: with the passphrase it may be the second line of standard input.
        code = sys.stdin.readline().strip() if from_stdin else ask("Code")
    session = _Session(f"http://{chosen.host}:{chosen.port}")
    session.sign_in(handle=who, passphrase=passphrase, code=code)
    try:
        yield session
    finally:
        session.leave()


@statistics.command("calendar")
def calendar(
    handle: Handle = None,
    code: Code = None,
    *,
    passphrase_stdin: FromStdin = False,
    json: AsJson = False,
) -> None:
    """List every period with its state, and the id of its release."""
    with _signed_in(handle, code, from_stdin=passphrase_stdin) as session:
        listed = session("GET", _RELEASES).json()
    if json:
        answer(listed)
        return
    for item in listed["items"]:
        print(f"{item['family']:8} {item['period']:8} {item['state']:22} {item['id'] or ''}")


@statistics.command("request")
def request(
    family: Annotated[str, typer.Argument(help="opened, closed")],
    period: Annotated[str, typer.Argument(help="2026-03, 2026-Q1, 2026")],
    handle: Handle = None,
    code: Code = None,
    *,
    passphrase_stdin: FromStdin = False,
    json: AsJson = False,
) -> None:
    """Ask for a release; another coordinator has to confirm it."""
    with _signed_in(handle, code, from_stdin=passphrase_stdin) as session:
        asked = session("POST", _RELEASES, json={"family": family, "period": period}).json()
    _tell(asked, as_json=json)


@statistics.command("confirm")
def confirm(
    release: Release,
    handle: Handle = None,
    code: Code = None,
    *,
    passphrase_stdin: FromStdin = False,
    json: AsJson = False,
) -> None:
    """Draw a release that another coordinator asked for, once for good."""
    with _signed_in(handle, code, from_stdin=passphrase_stdin) as session:
        done = session("POST", f"{_RELEASES}/{release}/confirm").json()
    _tell(done, as_json=json)


@statistics.command("export")
def export(
    release: Release,
    handle: Handle = None,
    code: Code = None,
    wanted: Annotated[str, typer.Option("--format", help="csv, json, pdf, png, svg, xlsx")] = "csv",
    output: Annotated[
        Path | None, typer.Option(help="Write to this file; else to standard output.")
    ] = None,
    *,
    passphrase_stdin: FromStdin = False,
) -> None:
    """Get a release as a file: the same bytes for everybody, for ever."""
    with _signed_in(handle, code, from_stdin=passphrase_stdin) as session:
        content = session("GET", f"{_RELEASES}/{release}", params={"format": wanted}).content
    if output is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(content)
        say(f"{output}: {len(content)} bytes")


def _tell(result: Any, *, as_json: bool) -> None:
    if as_json:
        answer(result)
    else:
        say(f"{result['state'].replace('_', ' ')}: {result['id']}")
