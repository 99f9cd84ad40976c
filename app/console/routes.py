"""All pages of the console, put into an application."""

from fastapi import APIRouter, FastAPI
from starlette.routing import BaseRoute

from app.console import (
    account,
    assets,
    blocks,
    cards_page,
    case_calls,
    case_contact,
    case_copy,
    case_dates,
    case_denials,
    case_ending,
    case_handling,
    case_page,
    complaints_page,
    confirmations,
    dates,
    directory_page,
    errors,
    health,
    joining,
    log,
    members,
    new_case,
    own_offers,
    queue,
    raid_board,
    requests_board,
    rota,
    rota_planning,
    rules_page,
    settings_page,
    signing_in,
    statistics_page,
    texts,
)

PAGES = (
    assets,
    signing_in,
    joining,
    queue,
    new_case,
    case_page,
    case_handling,
    case_copy,
    case_ending,
    case_contact,
    case_dates,
    case_denials,
    case_calls,
    dates,
    requests_board,
    raid_board,
    own_offers,
    directory_page,
    cards_page,
    rules_page,
    rota,
    rota_planning,
    confirmations,
    members,
    account,
    texts,
    blocks,
    settings_page,
    complaints_page,
    statistics_page,
    log,
    health,
)


def _routes() -> list[BaseRoute]:
    router = APIRouter()
    for module in PAGES:
        router.include_router(module.router)
    return router.routes


_ROUTES = _routes()  # made once, as the API's


def install_console(app: FastAPI) -> None:
    """Put the console into an application that has the API already."""
    errors.install(app)
    app.router.routes.extend(_ROUTES)
