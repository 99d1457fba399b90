"""The three tables of a document, read as streams of typed rows that know their file and their row.

A table is UTF-8 without a byte order mark, RFC 4180, its header exactly as in COLUMNS.  An empty cell is an unknown.
Only form is judged here: whether what a row names exists is not a table's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from gbakg import cells, records
from gbakg.cells import Number
from gbakg.errors import Problem, TableError, shown
from gbakg.memo import Anew, Memo

MOST_PROBLEMS = 100


class Observation(NamedTuple):
    """A row of observations.csv: one figure.

    Every row begins with where it stands, and has its columns in the order of COLUMNS.
    """

    file: Path
    row: int
    document: str
    key: str
    paragraph: int
    figure: str | None
    start: int | None
    end: int | None
    metric: str | None
    about: tuple[str, ...]
    place: tuple[str, ...]
    period_start: str | None
    period_end: str | None
    period_basis: str | None
    temporality: str | None
    unit: str | None
    bound: str | None
    value: Number | None
    lower: Number | None
    upper: Number | None
    resolution: Number | None
    denominator: str | None
    stated_by: tuple[str, ...]
    according_to: tuple[str, ...]
    status: str | None
    note: str | None


class Fact(NamedTuple):
    """A row of facts.csv: one statement."""

    file: Path
    row: int
    document: str
    key: str
    paragraph: int
    figure: str | None
    start: int | None
    end: int | None
    subject: str | None
    predicate: str | None
    object: str | None
    literal: str | None
    datatype: str | None
    period_start: str | None
    period_end: str | None
    period_basis: str | None
    stated_by: tuple[str, ...]
    according_to: tuple[str, ...]
    status: str | None
    note: str | None


class Mention(NamedTuple):
    """A row of mentions.csv: one name in the text."""

    file: Path
    row: int
    document: str
    key: str
    paragraph: int
    start: int | None
    end: int | None
    surface: str | None
    entity: tuple[str, ...]
    basis: str | None


Row = Observation | Fact | Mention
"""What every claim has: where its row stands, and where its words stand in the document."""

_AnyRow = TypeVar("_AnyRow", bound=Row)


_WHERE: dict[str, Callable[[str], Any]] = {"key": cells.key, "paragraph": cells.ordinal}
_WHEN: dict[str, Callable[[str], Any]] = {
    "period_start": cells.day,
    "period_end": cells.day,
    "period_basis": cells.code,
}
_WHO: dict[str, Callable[[str], Any]] = {
    "stated_by": cells.entities,
    "according_to": cells.entities,
    "status": cells.code,
    "note": cells.text,
}
COLUMNS: dict[str, dict[str, Callable[[str], Any]]] = {
    "observations": {
        **_WHERE,
        "figure": cells.text,
        "start": cells.natural,
        "end": cells.natural,
        "metric": cells.entity,
        "about": cells.entities,
        "place": cells.entities,
        **_WHEN,
        "temporality": cells.code,
        "unit": cells.entity,
        "bound": cells.code,
        "value": cells.number,
        "lower": cells.number,
        "upper": cells.number,
        "resolution": cells.number,
        "denominator": cells.entity,
        **_WHO,
    },
    "facts": {
        **_WHERE,
        "figure": cells.text,
        "start": cells.natural,
        "end": cells.natural,
        "subject": cells.entity,
        "predicate": cells.code,
        "object": cells.entity,
        "literal": cells.text,
        "datatype": cells.text,
        **_WHEN,
        **_WHO,
    },
    "mentions": {
        **_WHERE,
        "start": cells.natural,
        "end": cells.natural,
        "surface": cells.text,
        "entity": cells.entities,
        "basis": cells.code,
    },
}
"""The columns of each table in their order, with what reads a cell that is not empty."""

_REQUIRED = {"key", "paragraph"}


# --- tables --------------------------------------------------------------------------------------------------------


def observations(folder: Path) -> Iterator[Observation]:
    """Yield the rows of a document's observations.csv; nothing where there is no such file.

    Rows that cannot be read are left out, and reported together by a TableError after the last row.
    """
    return _optional(folder / "observations.csv", Observation)


def facts(folder: Path) -> Iterator[Fact]:
    """Yield the rows of a document's facts.csv, as `observations` does."""
    return _optional(folder / "facts.csv", Fact)


def mentions(folder: Path) -> Iterator[Mention]:
    """Yield the rows of a document's mentions.csv, as `observations` does."""
    return _optional(folder / "mentions.csv", Mention)


def _optional(path: Path, kind: type[_AnyRow]) -> Iterator[_AnyRow]:
    return read(path, kind) if path.exists() or path.is_symlink() else iter(())


def read(path: Path, kind: type[_AnyRow], document: str | None = None) -> Iterator[_AnyRow]:
    """Yield the rows of one table as `kind`; the document's slug is the folder's name unless given.

    Raises, after the last row that can be read: EncodingError (not UTF-8, or a byte order mark), TableError (header,
    number of cells, a cell that does not parse, a key used twice), MissingFile (cannot be opened).
    """
    columns = COLUMNS[f"{kind.__name__.lower()}s"]
    slug = path.resolve().parent.name if document is None else document
    convert = _converter(columns)
    make = cast("Callable[[Iterable[Any]], _AnyRow]", kind._make)
    problems: list[Problem] = []
    left = 0  # problems that are not shown, and not kept either
    # About 100 bytes a row, which is all that grows with a table.  IRIs are minted of these two, so none comes twice.
    seen: set[str] = set()
    for row, record in records.read(path, tuple(columns), problems):
        try:
            values: Iterable[Any] = convert(record)
        except ValueError:  # read it again, slowly, for all that is wrong with it
            found = records.parse(record, columns, _REQUIRED, shown(path), row, problems)
            left += _cut(problems)
            if found is None:
                continue
            values = found.values()
        identity = f"{record[1]}-{record[0]}"
        if identity in seen:
            message = f"`{record[0]}` is used twice in paragraph {record[1]}; choose another key"
            problems.append(Problem(shown(path), message, row, "key"))
            left += _cut(problems)
            continue
        seen.add(identity)
        yield make((path, row, slug, *values))
    left += _cut(problems)
    if problems:
        more = [Problem(shown(path), f"{left} more problems of this kind are not shown")] if left else []
        raise TableError([*problems, *more])


def _cut(problems: list[Problem]) -> int:
    """Drop the problems that are not shown, and return how many they were."""
    surplus = max(0, len(problems) - MOST_PROBLEMS)
    del problems[MOST_PROBLEMS:]
    return surplus


def _converter(columns: Mapping[str, Callable[[str], Any]]) -> Callable[[list[str]], list[Any]]:
    """Return what reads a whole record, and raises a ValueError that says nothing if any of it is wrong."""
    memos = [_MEMOS[read] for read in columns.values()]
    if "literal" not in columns:
        return lambda record: [memo[cell] for memo, cell in zip(memos, record, strict=True)]
    literal, datatype = list(columns).index("literal"), list(columns).index("datatype")

    def convert(record: list[str]) -> list[Any]:
        values = [memo[cell] for memo, cell in zip(memos, record, strict=True)]
        if record[literal] or record[datatype]:
            wrong = cells.literal({"literal": values[literal], "datatype": values[datatype]})
            if wrong:
                raise ValueError(wrong)
        return values

    return convert


def _memo(read: Callable[[str], Any]) -> Memo[str, Any]:
    """Return what reads the cells of one kind; texts and offsets hardly repeat, and are not kept."""
    if read in (cells.key, cells.ordinal):  # which may not be empty
        return Memo(lambda cell: read(cells.clean(cell)))
    if read is cells.text:
        return Anew(cells.clean, {"": None})
    if read is cells.natural:
        return Anew(cells.natural, {"": None})
    return Memo(lambda cell: read(cells.clean(cell)), {"": () if read is cells.entities else None})


_MEMOS = {read: _memo(read) for columns in COLUMNS.values() for read in columns.values()}
