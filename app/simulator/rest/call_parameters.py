"""The parameters that the API's ways to make a call have in common."""

from __future__ import annotations

from app.simulator.calls.placing import Detection, Placement
from app.simulator.network.carrier import SimulatedCarrier
from app.simulator.rest.requests import ApiRequest
from app.simulator.values import errors
from app.simulator.values.addresses import check_call_destination
from app.simulator.values.targets import CallbackTarget

_RING_S = 60.0


def read_placement(
    carrier: SimulatedCarrier, request: ApiRequest, detection_callback: str
) -> Placement:
    """The call to be made; raises the carrier's refusals.

    ``detection_callback`` is the parameter with the address for machine detection.
    """
    to = check_call_destination(request.field("To"))
    _check_caller_id(carrier, request.field("From"), to)
    return Placement(
        to=to,
        from_=request.field("From"),
        timeout=request.seconds("Timeout", _RING_S) or _RING_S,
        callback=read_callback(request),
        detection=_read_detection(request, detection_callback),
        time_limit=request.seconds("TimeLimit", None),
    )


def read_callback(request: ApiRequest, prefix: str = "") -> CallbackTarget:
    """Where news go, and which; raises 21609 for a bad address."""
    name = prefix + "StatusCallback"
    url = request.url(name, 21609)
    events = [word for value in request.form.get(name + "Event", ()) for word in value.split()]
    return CallbackTarget(url, request.method(name + "Method"), frozenset(events or ["completed"]))


def _check_caller_id(carrier: SimulatedCarrier, from_: str, to: str) -> None:
    """Raise unless the phone will show the hotline's own number."""
    number = carrier.config.number
    if not from_:
        raise errors.bad_request(21213, "'From' phone number is required")
    if from_ != number or carrier.faults.take("number-out-of-service", number):
        raise errors.bad_request(21210, "'From' phone number is not a number of this account")
    if to == number:
        raise errors.bad_request(21266, "'To' and 'From' number cannot be the same")


def _read_detection(request: ApiRequest, callback: str) -> Detection:
    mode = request.field("MachineDetection")
    if mode not in {"", "Enable", "DetectMessageEnd"}:
        raise errors.bad_request(20001, "MachineDetection is neither Enable nor DetectMessageEnd")
    return Detection(mode, request.url(callback, 21609), request.method(callback + "Method"))
