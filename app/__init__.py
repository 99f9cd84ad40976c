"""Kith: a confidential case-support hotline."""

__version__ = "0.1.0"
