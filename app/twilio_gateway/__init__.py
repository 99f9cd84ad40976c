"""The carrier Twilio: its client behind our protocol, and its webhook signatures.

The only package that imports the carrier's library. Requests made: create, list, fetch and delete
of Messages, list and delete of their Media, list of IncomingPhoneNumbers, and those of ``calls``.
"""

from app.twilio_gateway.carrier import TwilioCarrier
from app.twilio_gateway.client import never_left
from app.twilio_gateway.signatures import SignatureVerifier

__all__ = ["SignatureVerifier", "TwilioCarrier", "never_left"]
