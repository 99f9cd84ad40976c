"""The simulated telephone network of the demo, the tests and the benchmarks; never in production.

It speaks the carrier's HTTP in both directions. So the real service and the real client library
talk to it unchanged. It keeps everything in memory, and loses it with its process.
"""

from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.phones import Network
from app.simulator.router import OneSimulator, create_router
from app.simulator.values.config import SimulatorConfig

__all__ = ["Network", "OneSimulator", "SimulatedCarrier", "SimulatorConfig", "create_router"]
