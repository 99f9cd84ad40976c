"""Calls: a person on the line, or a sealed voicemail, never an endless ring.

``machine`` is pure: ``step(state, event, rota, now)``. ``twiml`` says what the carrier is to do,
``webhooks`` takes the webhooks in, ``jobs`` does what the machine decided.
"""
