"""All layouts -> docs/layouts.md: how each is known, and what its rows state.

Read off the layouts themselves (`make docs`), so that it cannot say otherwise.
"""

import sys
from collections.abc import Iterator
from itertools import groupby

from imports.errors import UnknownLayout
from imports.layouts import LAYOUTS
from imports.layouts.cells import OURS, Cell, said_column
from imports.layouts.layout import SAYABLE, CanonicalTable, Layout

HEAD = """# Layouts

Made by `make docs` from `imports/layouts/`; what is common to all files, and notes on each
family, are in [files.md](files.md). A file is known by its columns: it has at least those that
a layout asks for (**known by**). Other columns are read where they are there; one that is not
there is no opinion, and the stored value stays. Behind each value stands its column; *(said)*
is what the uploader says of the file, *(fixed)* what every file of the layout is.
"""
#: Of a kind of row that has more values, these are shown.
VALUES_SHOWN = 40


class Asked(frozenset[str]):
    """The columns of a file that has whatever it is asked for, and what that was."""

    def __new__(cls, held: frozenset[str]) -> "Asked":
        made = super().__new__(cls, held)
        made.names = set()
        return made

    names: set[str]

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


def as_markdown() -> str:
    """Give the whole page."""
    families = groupby(LAYOUTS, key=lambda layout: layout.name.split(".")[0])
    sections = [text for name, layouts in families for text in _family(name, layouts)]
    return "\n".join([HEAD, *sections])


def _family(name: str, layouts: Iterator[Layout]) -> Iterator[str]:
    yield f"## {name}\n"
    for layout in layouts:
        yield from _layout(layout)


def _layout(layout: Layout) -> Iterator[str]:
    yield f"### {layout.name}\n"
    yield f"{layout.about}\n"
    yield f"* known by {_columns(layout.required)}"
    if layout.excluded:
        yield f"* not one with {_columns(layout.excluded)}"
    if layout.is_exact:
        yield "* and with no other column"
    if layout.is_strict:
        yield "* refuses a column that it does not know"
    if layout.array:
        yield f"* of a JSON document: the array `{layout.array}`"
    if layout.says:
        where = " where no column does" if layout.columns_say else ""
        yield f"* its uploader says the {' and the '.join(sorted(layout.says))}{where}"
    yield ""
    if layout.is_envelope:
        yield "Its rows stand around those of another array and are not counted.\n"
        return
    if rows := list(_rows(layout)):
        yield from ("| states | from |", "|---|---|", *rows, "")
    else:
        yield "Nothing of it is stored.\n"


def _rows(layout: Layout) -> Iterator[str]:
    """Give a line of the table for each kind of row."""
    kinds: dict[str, dict[str, None]] = {}
    for table in _tables(layout):
        told = kinds.setdefault(table.kind.replace("_", " "), {})
        for cell in table.cells:
            told[f"{cell.name.removesuffix('_key')} {_origin(cell)}"] = None
    for kind, told in kinds.items():
        shown = list(told)[:VALUES_SHOWN]
        more = [f"{len(told) - len(shown)} more"] if len(told) > len(shown) else []
        yield f"| {kind} | {', '.join([*shown, *more])} |"


def _origin(cell: Cell) -> str:
    """Say where a value is from: a column, the uploader, the layout itself."""
    if cell.source and not cell.source.startswith(OURS):
        return f"`{cell.source}`"
    if any(
        name == said_column(w) for w in SAYABLE for name in cell.value.meta.root_names()
    ):
        return "(said)"
    return "(worked out)" if cell.source else "(fixed)"


def _tables(layout: Layout) -> tuple[CanonicalTable, ...]:
    """Give what a file with every column that the layout looks for would state."""
    held = layout.required | layout.optional
    for _ in range(5):
        asked = Asked(held)
        try:
            tables = layout.tables(asked)
        except UnknownLayout:
            # Two columns that say the same: those it must have are shown.
            return _fewest(layout)
        if asked.names <= held:
            return tables
        held |= asked.names
    return tables


def _fewest(layout: Layout) -> tuple[CanonicalTable, ...]:
    held = layout.required
    for name in sorted(layout.optional):
        try:
            layout.tables(held | {name})
        except UnknownLayout:
            continue
        held |= {name}
    return layout.tables(held)


def _columns(names: frozenset[str]) -> str:
    return ", ".join(f"`{name}`" for name in sorted(names))


if __name__ == "__main__":
    sys.stdout.write(as_markdown())
