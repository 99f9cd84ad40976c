"""What the simulated network does with calls."""
