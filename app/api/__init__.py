"""The REST API, the carrier's webhooks, and health; one module per resource."""

from fastapi import FastAPI

from app.api import (
    assignments,
    blocks,
    calendars,
    cases,
    contacts,
    deadlines,
    directory,
    endings,
    episodes,
    errors,
    events,
    handovers,
    health,
    members,
    offers,
    organisation,
    overrides,
    raids,
    reference,
    replies,
    requests,
    sessions,
    shifts,
    statistics,
    swaps,
    twilio,
)
from app.api.headers import CarefulAnswers


def install(app: FastAPI) -> None:
    """Put the API into an application."""
    errors.install(app)
    app.add_middleware(CarefulAnswers)
    app.add_middleware(twilio.Webhooks)
    app.router.routes.extend(twilio.routes)
    for module in (requests, offers, assignments):
        app.include_router(module.router, responses={"default": errors.PROBLEM})
    for module in (events, episodes, raids, directory, deadlines, statistics):
        app.include_router(module.router, responses={"default": errors.PROBLEM})
    # Paths with names come before the same paths with ids.
    rota = (swaps, calendars, handovers, overrides, shifts)
    desk = (health, sessions, members, cases, replies, endings, contacts, organisation, blocks)
    for module in (*desk, *rota, reference):
        app.include_router(module.router, responses={"default": errors.PROBLEM})
