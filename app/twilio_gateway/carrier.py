"""Twilio as a carrier: texts and calls of one account and one number."""

from app.twilio_gateway.calls import TwilioCalls
from app.twilio_gateway.media import TwilioMedia
from app.twilio_gateway.texts import TwilioTexts


class TwilioCarrier(TwilioTexts, TwilioMedia, TwilioCalls):
    """One account and one number at Twilio, or at any server that speaks its API."""
