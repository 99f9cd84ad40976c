"""Requests: the desk asks for people, with a brief of exactly what they may be shown."""
