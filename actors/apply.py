"""Running an actor over a table: marked rows pass by, one bad row costs that row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from actors.base import DROPPED, FAILED, LIVE, Actor, Annotator, BadRow, Columns, Filter, Reason, Rewriter
from actors.columns import arrow_types

INVALID_TEXT = Reason("invalid_text", "a text holds characters that no file can keep")

MARKS: Columns = {
    **dict.fromkeys(("status", "reason", "detail"), "string"),
    **dict.fromkeys(("score", "threshold"), "double"),
}
Values = Mapping[str, Sequence[Any]]  # cells by column
DETAIL_LIMIT = 2000  # characters; an HTML error page is not a detail


def apply(actor: Actor, table: pa.Table) -> pa.Table:
    """`table` with what `actor` adds, replaces or marks: the same rows in the same order.

    Raises:
        ValueError: a column that the actor reads is missing, or it returned other columns, lengths
            or types than it declares. Anything else an actor raises, except BadRow, passes through.
    """
    name = type(actor).__name__
    missing = [column for column in actor.reads if column not in table.column_names]
    if missing:
        raise ValueError(f"{name} reads {missing}, which are not there; available: {table.column_names}")
    live_rows = pc.equal(table["status"], LIVE).combine_chunks()  # Arrow 25 crashes on no chunk
    positions = pc.indices_nonzero(live_rows)
    all_live = len(positions) == table.num_rows
    live = table if all_live else table.take(positions)
    if isinstance(actor, Filter):
        return _filter(actor, table, live, positions)
    types = returned_types(actor)
    values = _values(actor, live) if live.num_rows else {column: [] for column in types}
    if set(values) != set(types):
        raise ValueError(f"{name} returned columns {sorted(values)}, it declares {sorted(types)}")
    failures = _failures(name, values, live.num_rows)
    arrays = _arrays(name, values, types, failures)
    scatter = positions  # for each row of the whole table its place among the live ones, null at marked rows
    if not all_live:
        scatter = pc.index_in(pa.array(range(table.num_rows), positions.type), value_set=positions)
    for column, kind in types.items():
        added = arrays[column] if all_live else arrays[column].take(scatter)
        if isinstance(actor, Rewriter) and column == actor.column:
            if actor.keeps is not None:
                table = table.append_column(actor.keeps, table[column])
            added = pc.if_else(scatter.is_valid(), added, table[column].combine_chunks())
            table = table.drop_columns([column])
        table = table.append_column(pa.field(column, kind), added)
    marks = [
        {"row": positions[i].as_py(), "status": FAILED, "reason": bad.reason, "detail": bad.detail}
        for i, bad in failures.items()
    ]
    return mark(table, marks)


def returned_types(actor: Actor) -> Mapping[str, pa.DataType]:
    """The columns that an annotator or a rewriter returns, with their types."""
    if isinstance(actor, Annotator):
        return arrow_types(actor.writes)
    assert isinstance(actor, Rewriter), f"{type(actor).__name__} is no Annotator, Rewriter or Filter"
    return arrow_types({actor.column: "string", **actor.writes})


def mark(table: pa.Table, marks: Sequence[Mapping[str, Any]]) -> pa.Table:
    """`table` with the columns of `MARKS` replaced at each mark's `row`; absent ones become null."""
    if not marks:
        return table
    cells = {column: table[column].to_pylist() for column in MARKS}
    for entry in marks:
        for column in MARKS:
            value = entry.get(column)
            if isinstance(value, str):  # what no UTF-8 can hold becomes question marks
                value = value[:DETAIL_LIMIT].encode("utf-8", "replace").decode()
            cells[column][entry["row"]] = value
    for column, kind in arrow_types(MARKS).items():
        table = replace_column(table, column, pa.array(cells[column], kind))
    return table


def replace_column(table: pa.Table, column: str, values: pa.Array | pa.ChunkedArray) -> pa.Table:
    """`table` with other values in the place of a column."""
    return table.set_column(table.schema.get_field_index(column), pa.field(column, values.type), values)


def _values(actor: Actor, live: pa.Table) -> Values:
    try:
        return _call(actor, live)
    except BadRow as bad:
        if live.num_rows == 1:
            return {column: [bad] for column in returned_types(actor)}
    rows = [_values(actor, live.slice(i, 1)) for i in range(live.num_rows)]
    return {column: [row[column][0] for row in rows] for column in returned_types(actor)}


def _call(actor: Actor, live: pa.Table) -> Values:
    if isinstance(actor, Annotator):
        return actor.annotate(live)
    assert isinstance(actor, Rewriter)
    rewritten = actor.rewrite(live)
    return rewritten if isinstance(rewritten, Mapping) else {actor.column: rewritten}


def _failures(name: str, values: Values, num_rows: int) -> dict[int, BadRow]:
    failures: dict[int, BadRow] = {}
    for column, cells in values.items():
        if len(cells) != num_rows:
            raise ValueError(f"{name} returned {len(cells)} values of {column!r} for {num_rows} rows")
        if isinstance(cells, list | tuple):
            for i, cell in enumerate(cells):
                if isinstance(cell, BadRow):
                    failures.setdefault(i, cell)
    return failures


def _arrays(
    name: str, values: Values, types: Mapping[str, pa.DataType], failures: dict[int, BadRow]
) -> dict[str, pa.Array]:
    """The columns, null in rows that failed; rows whose text no UTF-8 can hold are added to `failures`."""

    def built() -> dict[str, pa.Array]:
        cells = {column: _without(failures, values[column]) for column in types}
        return {column: _array(name, column, cells[column], kind) for column, kind in types.items()}

    try:
        return built()
    except UnicodeEncodeError:
        for column, kind in types.items():
            for i, cell in enumerate(_without(failures, values[column])):
                try:
                    _array(name, column, [cell], kind)
                except UnicodeEncodeError:
                    failures[i] = BadRow(INVALID_TEXT, f"{column} is {cell!r:.200}, which is no valid text")
    return built()


def _without(failures: Mapping[int, BadRow], cells: Sequence[Any]) -> Sequence[Any]:
    return [None if i in failures else cell for i, cell in enumerate(cells)] if failures else cells


def _array(name: str, column: str, cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if any(isinstance(cell, pa.Scalar) for cell in cells):
        cells = [cell.as_py() if isinstance(cell, pa.Scalar) else cell for cell in cells]
    try:
        return pa.array(cells, kind)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise ValueError(f"{name} returned {column!r} values that are not {kind}: {error}") from error


def _filter(actor: Filter, table: pa.Table, live: pa.Table, positions: pa.Array) -> pa.Table:
    if not live.num_rows:
        return table
    keep = actor.keep(live)
    if len(keep) != live.num_rows:
        raise ValueError(f"{type(actor).__name__} judged {len(keep)} of {live.num_rows} rows")
    refused = pc.indices_nonzero(pc.invert(pc.fill_null(keep, False)))
    if not len(refused):
        return table
    rows = positions.take(refused).to_pylist()
    only = list(actor.reasons) if len(actor.reasons) == 1 else []  # then `explain` may leave it out
    words = {"reason": only * len(rows), **actor.explain(live.take(refused))}
    undeclared = sorted(set(words["reason"]) - set(actor.reasons))
    if undeclared or len(words["reason"]) != len(rows):
        raise ValueError(
            f"{type(actor).__name__} drops {len(rows)} rows for {words['reason'][:3]}, "
            f"expected a code of its reasons {sorted(actor.reasons)} for each"
        )
    marks = [
        {"row": row, "status": DROPPED} | {key: column[i] for key, column in words.items()}
        for i, row in enumerate(rows)
    ]
    return mark(table, marks)
