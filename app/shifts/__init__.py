"""Shifts: the rota, what differs once, swaps, hand-over notes, and members' own calendars."""
