"""The desk's pages: server-rendered, whole without scripts, over the same functions as the API."""

from fastapi import FastAPI

from app.console import (
    account,
    assets,
    blocks,
    case_contact,
    case_dates,
    case_ending,
    case_handling,
    case_page,
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
    case_ending,
    case_contact,
    case_dates,
    dates,
    requests_board,
    raid_board,
    own_offers,
    directory_page,
    rules_page,
    rota,
    rota_planning,
    members,
    account,
    texts,
    blocks,
    settings_page,
    statistics_page,
    log,
    health,
)


def install(app: FastAPI) -> None:
    """Put the console into an application that has the API already."""
    errors.install(app)
    for module in PAGES:
        app.include_router(module.router)
