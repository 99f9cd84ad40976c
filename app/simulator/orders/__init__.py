"""Orders to the simulated phones, the network and the clock, as JSON over HTTP."""
