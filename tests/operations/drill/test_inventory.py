"""The inventory says of every column who may read it, and what the machine reads in it."""

from __future__ import annotations

from app.operations.drill.inventory import list_columns


def test_every_column_has_one_of_the_three_words() -> None:
    assert {column.word for column in list_columns()} == {"sealed", "operational", "plain"}
    assert all(column.word != "plain" for column in list_columns() if column.forgetting)


def test_the_inventory_names_what_the_machine_reads() -> None:
    [values] = [c for c in list_columns() if (c.table, c.column) == ("cases", "op_values")]
    assert "number" in values.values
    assert all(not column.values for column in list_columns() if column.word != "operational")
