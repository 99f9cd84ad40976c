"""The REST API, the carrier's webhooks, and health; one module per resource."""

from fastapi import FastAPI

from app.api import (
    blocks,
    cases,
    contacts,
    deadlines,
    directory,
    episodes,
    errors,
    events,
    health,
    members,
    organisation,
    raids,
    reference,
    sessions,
    twilio,
)
from app.api.headers import CarefulAnswers


def install(app: FastAPI) -> None:
    """Put the API into an application."""
    errors.install(app)
    app.add_middleware(CarefulAnswers)
    app.router.routes.extend(twilio.routes)
    for module in (events, episodes, raids, directory, deadlines):
        app.include_router(module.router, responses={"default": errors.PROBLEM})
    parts = (health, sessions, members, cases, contacts, organisation, blocks, reference)
    for module in parts:
        app.include_router(module.router, responses={"default": errors.PROBLEM})
