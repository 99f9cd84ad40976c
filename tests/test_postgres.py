"""The PostgreSQL that tests are lent behaves like the one Kith runs on."""

from __future__ import annotations

import psycopg
import pytest

from app.store.schema import upgrade_schema
from tests import postgres


def test_a_durable_server_keeps_what_it_committed_when_killed(
    durable_server: postgres.Server,
) -> None:
    with durable_server.connect() as db:
        db.execute("CREATE TABLE promised (word TEXT)")
        db.execute("INSERT INTO promised VALUES ('kept')")
    postgres.kill(durable_server)
    postgres.start(durable_server.folder, durable=True, port=durable_server.port)
    with durable_server.connect() as db:
        assert db.execute("SELECT word FROM promised").fetchone() == ("kept",)


def test_nobody_answers_at_the_port_of_a_killed_server(durable_server: postgres.Server) -> None:
    postgres.kill(durable_server)
    with pytest.raises(psycopg.OperationalError):
        durable_server.connect()


def test_text_sorts_by_code_point_whatever_the_machine_speaks(
    postgres_server: postgres.Server,
) -> None:
    with postgres_server.connect() as db:
        words = db.execute("SELECT w FROM unnest(ARRAY['é', 'b', 'Z']) w ORDER BY w").fetchall()
    assert words == [("Z",), ("b",), ("é",)]


def test_a_database_is_gone_after_its_test(postgres_server: postgres.Server) -> None:
    with postgres.fresh_database(postgres_server, "kith_brief", upgrade_schema) as url:
        assert url.endswith("/kith_brief")
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        postgres_server.connect("kith_brief")
