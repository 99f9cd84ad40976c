"""The desk's pages: server-rendered, whole without scripts, over the same functions as the API."""

from fastapi import FastAPI

from app.console import (
    account,
    assets,
    case_ending,
    case_handling,
    case_page,
    errors,
    health,
    joining,
    log,
    members,
    new_case,
    queue,
    signing_in,
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
    members,
    account,
    texts,
    log,
    health,
)


def install(app: FastAPI) -> None:
    """Put the console into an application that has the API already."""
    errors.install(app)
    for module in PAGES:
        app.include_router(module.router)
