"""What the simulated network does with texts."""
