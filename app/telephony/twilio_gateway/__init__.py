"""The carrier Twilio: its client behind our protocol, and its webhook signatures.

The only package that imports the carrier's library. Requests made: create, list, fetch and delete
of Messages, list and delete of their Media, list of IncomingPhoneNumbers, and those of ``calls``.
"""

from app.telephony.twilio_gateway.asking import never_left
from app.telephony.twilio_gateway.calls import Calls
from app.telephony.twilio_gateway.signing import SignatureVerifier
from app.telephony.twilio_gateway.texts import Texts

__all__ = ["SignatureVerifier", "TwilioCarrier", "never_left"]


class TwilioCarrier(Texts, Calls):
    """One account and one number at Twilio, or at any server that speaks its API."""
