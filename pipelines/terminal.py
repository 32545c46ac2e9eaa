"""Tables and times as a person reads them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a table to standard output; every cell is plain text, never markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(show_edge=False)
    for number, column in enumerate(columns):
        table.add_column(Text(column), overflow="fold", justify="left" if number == 0 else "default")
    for row in rows:
        table.add_row(*[Text("" if cell is None else str(cell)) for cell in row])
    console = Console(soft_wrap=False)
    if not console.is_terminal:
        console = Console(width=140)
    console.print(Text(f"\n{title}", style="bold"), soft_wrap=True)
    console.print(table)


def duration(seconds: float) -> str:
    """`75 s`, `12 min`, `3.4 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
