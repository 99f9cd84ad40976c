"""Files of a release, made in a process of their own; nothing in the service loads this.

``press`` is what the process runs, one module each for sheets, charts and the report. Given
the same record each makes the same bytes: no clock, no randomness, no name of a machine.
"""
