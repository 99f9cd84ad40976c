"""The simulated carrier's one account, and how the network in between behaves."""

from __future__ import annotations

from dataclasses import dataclass, field

API_PREFIX = "/simulator/twilio"


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """One account with one number."""

    account_sid: str
    auth_token: str = field(repr=False)
    number: str
    """The hotline's number, E.164."""
    service_url: str
    """The service's address, to which webhooks go: scheme and host, no trailing slash."""
    api_key: str = ""
    api_secret: str = field(default="", repr=False)
    fallback: bool = True
    """Whether the number has fallback addresses, for when the service does not answer well."""
    retries: str = ""
    """Connection overrides put behind ``#`` in the number's addresses: ``rc=3&rp=5xx,ct,rt``."""
    api_url: str = ""
    """The address of the carrier's own API (media addresses start with it). By default the
    service itself serves the simulator."""
    messaging_service_sid: str = "MG" + 32 * "0"
    pool: tuple[str, ...] = ()
    """Other numbers of the messaging service, from the first of which its texts go out."""
    transit_s: float = 0.0
    """Seconds on the clock between ``queued``, ``sent`` and ``delivered``."""
    connect_timeout_s: float = 5.0
    read_timeout_s: float = 15.0
    total_timeout_s: float = 15.0
    """The carrier's documented limits for a webhook, in real seconds."""

    @property
    def api_base(self) -> str:
        """The API's address for the client library, without a trailing slash."""
        return self.api_url or self.service_url + API_PREFIX

    def webhook(self, path: str) -> str:
        """The address of ``path`` at the service, with the connection overrides if any."""
        return self.service_url + path + (f"#{self.retries}" if self.retries else "")
