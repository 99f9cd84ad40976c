"""All routes of the REST API and the webhooks, put into an application."""

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from app.api import (
    assignments,
    attachments,
    blocks,
    calendars,
    calls,
    calls_twilio,
    cards,
    cases,
    complaints,
    confirmations,
    contacts,
    deadlines,
    denials,
    directory,
    endings,
    episodes,
    errors,
    events,
    exports,
    handovers,
    health,
    invitations,
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
    tasks,
    turns,
    twilio,
)
from app.api.headers import CarefulAnswers


def _routes() -> list[BaseRoute]:
    """Put every resource into one router, whose routes any number of applications share."""
    router = APIRouter()
    for module in (requests, offers, assignments):
        router.include_router(module.router, responses={"default": errors.PROBLEM})
    for module in (
        events,
        tasks,
        episodes,
        denials,
        complaints,
        raids,
        directory,
        deadlines,
        cards,
        statistics,
    ):
        router.include_router(module.router, responses={"default": errors.PROBLEM})
    # Paths with names come before the same paths with ids.
    rota = (turns, swaps, calendars, handovers, overrides, shifts)
    desk = (
        health,
        sessions,
        invitations,
        members,
        confirmations,
        cases,
        replies,
        endings,
        contacts,
        organisation,
        blocks,
    )
    files = (calls, attachments, exports)
    for module in (*desk, *files, *rota, reference):
        router.include_router(module.router, responses={"default": errors.PROBLEM})
    return [*twilio.routes, *calls_twilio.routes, *router.routes]


# FastAPI works out what a route needs when it is first asked for: a tenth of a second for all.
_ROUTES = _routes()


def install_api(app: FastAPI) -> None:
    """Put the API into an application."""
    errors.install(app)
    app.add_middleware(CarefulAnswers)
    app.add_middleware(twilio.Webhooks)
    app.router.routes.extend(_ROUTES)
