"""The seizure drill: take this installation's own disk, and see what it gives away.

The same pieces serve the operator (``kith drill``) and the tests, which add canaries and other
people's keys: ``keys_in`` finds keys, ``open_everything`` tries them, ``search`` looks for words
in raw bytes.
"""
