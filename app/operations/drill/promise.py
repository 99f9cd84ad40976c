"""The promise for one installation: what each adversary has, and what they learn from it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DrilledInstallation:
    """What the promise depends on."""

    environment: str
    database: str
    operational_key: str
    cases: int
    members: int
    wake_numbers: int
    require_mfa: bool


@dataclass(frozen=True)
class Promise:
    """One row: what an adversary has, and what they learn."""

    having: str
    learns: str


_OPERATIONAL = (
    "the numbers of callers with open cases, coarse codes, times of hearings, names and phones of "
    "members, who is on duty when, texts not yet sent"
)


def state_promise(here: DrilledInstallation) -> tuple[Promise, ...]:
    """Return the table of promises for this installation."""
    return (
        Promise(
            "a copy of the database, its log or its standby",
            f"how many cases ({here.cases}) and members ({here.members}), states, tiers, handles, "
            "times to five minutes, sizes in steps of a kilobyte; nothing sealed and nothing "
            "operational, with a member's passphrase neither, as long as the keys folder is not "
            "with it or the copy is older than a week",
        ),
        Promise(
            "a backup archive",
            "nothing without the backup key, which is not on this server",
        ),
        Promise("the disk of this server, stopped", _disk(here)),
        Promise(
            "the server while it runs",
            "from then on: what arrives, what is sent, and all that whoever signs in may open",
        ),
        Promise(
            "one member's passphrase" + (" and second factor" if here.require_mfa else ""),
            "what that member may open, until removed; it shows in the audit log",
        ),
        Promise(
            "write access to the database",
            "nothing; but they can delete, bring an old row back, change plain columns and add "
            "false messages, while what is sealed can neither be read nor moved",
        ),
        Promise(
            "the carrier, or its account",
            "every text, number and time until the carrier deletes it; who takes the account over "
            "gets what follows",
        ),
        Promise("a forced host or a forced update", "everything from then on"),
        Promise(
            "a quantum computer, later",
            "nothing more: what is encrypted to a key is encrypted to ML-KEM-768 and X25519 both",
        ),
    )


def _disk(here: DrilledInstallation) -> str:
    wake = f"; {here.wake_numbers} wake numbers" if here.wake_numbers else ""
    if here.operational_key == "unseal":
        return (
            f"counts and times{wake}; with the carrier's token, what the carrier still holds; with "
            "a desk or archive member's passphrase too, all that member may open and "
            f"{_OPERATIONAL}"
        )
    demo = "; in the demo every passphrase lies beside it, and so nothing is secret from them"
    return (
        f"{_OPERATIONAL}{wake}; with the carrier's token, what the carrier still holds; no "
        "message, note, name of a caller, place or document, but for a brief that waits for an "
        "answer, with the passphrase of somebody who was asked"
        + (demo if here.environment == "demo" else "")
    )
