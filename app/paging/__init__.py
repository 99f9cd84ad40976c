"""Alerting members, and waking the desk."""
