"""The desk's pages: server-rendered, whole without scripts, over the same functions as the API."""

from app.console.routes import PAGES, install_console

__all__ = ["PAGES", "install_console"]
