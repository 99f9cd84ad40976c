"""Twilio as a carrier: texts and calls of one account and one number."""

from app.twilio_gateway.calls import Calls
from app.twilio_gateway.texts import Texts


class TwilioCarrier(Texts, Calls):
    """One account and one number at Twilio, or at any server that speaks its API."""
