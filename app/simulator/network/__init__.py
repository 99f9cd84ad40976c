"""The state of the simulated network, and the equipment it runs on."""
