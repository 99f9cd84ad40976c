"""The line: the carrier's account, and where the number's webhooks point."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from app.operations.checkup.findings import (
    CheckFinding,
    CheckScene,
    report_ok,
    report_problem,
    report_warning,
)
from app.operations.checkup.machine import compare_clocks
from app.telephony import CarrierError, NumberWebhooks

# Three more tries, also after an answer that was no success, no TwiML, or none in time.
# Source: https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
HINTS = "#rc=3&rp=5xx,ct,rt"


def look_at_line(scene: CheckScene) -> Iterator[CheckFinding]:
    """Yield what the carrier says about our number."""
    if not scene.settings.twilio_account_sid or not scene.settings.twilio_number:
        yield report_problem("carrier", "No carrier is configured: see KITH_TWILIO_….")
        return
    try:
        webhooks = scene.carrier.webhooks()
    except CarrierError as error:
        yield report_problem("carrier", str(error))
        return
    if webhooks is None:
        yield report_problem("carrier", "The carrier's account does not own KITH_TWILIO_NUMBER.")
        return
    yield report_ok("carrier", "The carrier knows the account and its number.")
    if scene.settings.twilio_messaging_service_sid:
        yield report_warning(
            "webhooks",
            "Texts come by the messaging service, which cannot be looked at from here: set its "
            f"incoming messages to POST {scene.settings.url}/twilio/messages{HINTS}",
        )
    else:
        yield from compare_webhooks(webhooks, scene.settings.url)
    theirs = scene.carrier.clock()
    if theirs is not None:
        yield compare_clocks("carrier clock", theirs, scene.host_now)


def compare_webhooks(webhooks: NumberWebhooks, url: str) -> Iterator[CheckFinding]:
    """Yield how the number's webhooks differ from what they should be."""
    wanted, fallback = f"{url}/twilio/messages", f"{url}/twilio/fallback/messages"
    if _address(webhooks.sms_url) != wanted or webhooks.sms_method.upper() != "POST":
        yield report_problem(
            "webhooks",
            f"Texts do not come here: set the number's messaging webhook to POST {wanted}{HINTS}",
        )
    elif not _retries(webhooks.sms_url):
        yield report_warning(
            "webhooks", f"The carrier tries only once: write the webhook as {wanted}{HINTS}"
        )
    else:
        yield report_ok("webhooks", "Texts come here, and are tried again.")
    if _address(webhooks.sms_fallback_url) != fallback:
        yield report_problem(
            "fallback",
            f"When this service fails, texts are dropped: set the fallback to {fallback}",
        )
    else:
        yield report_ok("fallback", "There is a fallback for texts.")
    if webhooks.voice_url.startswith(f"{url}/"):
        yield from _compare_voice(webhooks, url)


def _compare_voice(webhooks: NumberWebhooks, url: str) -> Iterator[CheckFinding]:
    """Look at calls too, where the number sends them here."""
    wanted, fallback = f"{url}/twilio/voice", f"{url}/twilio/fallback/voice"
    status = f"{url}/twilio/voice/status"
    if _address(webhooks.voice_url) != wanted or webhooks.voice_method.upper() != "POST":
        yield report_problem(
            "voice", f"Calls ring nobody: set the number's voice webhook to POST {wanted}"
        )
    elif _address(webhooks.voice_fallback_url) != fallback:
        yield report_problem(
            "voice",
            f"When this service fails, callers hear an error: set the fallback to {fallback}",
        )
    elif _address(webhooks.status_callback) != status:
        yield report_warning(
            "voice", f"Who hangs up is noticed late: set the call status callback to {status}"
        )
    else:
        yield report_ok("voice", "Calls come here, and there is a fallback for them.")


def _address(url: str) -> str:
    return url.partition("#")[0].rstrip("/")


def _retries(url: str) -> bool:
    hints = dict(parse_qsl(urlsplit(url).fragment))
    times, policy = hints.get("rc", "0"), set(hints.get("rp", "").split(","))
    return times.isdigit() and int(times) > 0 and ({"5xx", "ct", "rt"} <= policy or "all" in policy)
