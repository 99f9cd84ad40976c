"""Shifts: the rota, what differs once, swaps, hand-over notes, and members' own calendars.

``on_duty(load(db), at)`` says who is on duty. The rest of the package keeps the rota.
"""
