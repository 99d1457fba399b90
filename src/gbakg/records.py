"""The records of a table as RFC 4180 has them, under a header that is known, and what reads the cells of one."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from gbakg import cells
from gbakg.encoding import refuse_bom, undecodable
from gbakg.errors import MissingFile, Problem, TableError, shown


def read(path: Path, header: tuple[str, ...], problems: list[Problem]) -> Iterator[tuple[int, list[str]]]:
    """Yield the records after the header with their number, the header being 1; blank lines are passed over.

    Raises EncodingError, MissingFile, and TableError for another header; what breaks off later is added to `problems`.
    """
    refuse_bom(path)
    row = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            for row, record in enumerate(reader, start=1):
                if row == 1:
                    wrong = _compare(record, header, shown(path))
                    if wrong:
                        raise TableError(wrong)
                elif record:
                    yield row, record
    except UnicodeDecodeError:
        raise undecodable(path) from None
    except csv.Error as error:
        message = f"not a table as RFC 4180 has it ({error}); look for a quote that is not closed"
        problems.append(Problem(shown(path), message, row + 1))
    except OSError as error:
        raise MissingFile(path, f"cannot be read: {error.strerror}") from error
    if row == 0:
        problems.append(Problem(shown(path), f"is empty; its first row has to be {','.join(header)}", 1))


def parse(
    record: list[str],
    columns: Mapping[str, Callable[[str], Any]],
    required: Collection[str],
    file: str,
    row: int,
    problems: list[Problem],
) -> dict[str, Any] | None:
    """Read the cells of one record by column; None, with every reason added to `problems`, where that cannot be done.

    A cell that is empty is None, or () where a column takes several; those of the `required` columns may not be.
    """
    if len(record) != len(columns):
        advice = "a cell with a comma in it needs quotes" if len(record) > len(columns) else "commas keep empty cells"
        problems.append(Problem(file, f"{len(record)} cells instead of {len(columns)}; {advice}", row))
        return None
    values: dict[str, Any] = {}
    before = len(problems)
    for (column, convert), cell in zip(columns.items(), record, strict=True):
        if not cell:
            values[column] = () if convert is cells.entities else None
            if column in required:
                problems.append(Problem(file, "is empty; every row needs it", row, column))
            continue
        try:
            values[column] = convert(cells.clean(cell))
        except ValueError as error:
            problems.append(Problem(file, str(error), row, column))
    if len(problems) == before and "literal" in values and (wrong := cells.literal(values)):
        problems.append(Problem(file, wrong[1], row, wrong[0]))
    return values if len(problems) == before else None


def _compare(found: list[str], expected: tuple[str, ...], file: str) -> list[Problem]:
    if tuple(found) == expected:
        return []
    if len(found) == 1 and re.search(r"[;\t]", found[0]):
        return [Problem(file, "the cells are not separated by commas; export the table with commas", 1)]
    missing = [name for name in expected if name not in found]
    surplus = [name for name in found if name not in expected]
    if not missing and not surplus:
        return [Problem(file, f"the columns are not in order, or one stands twice; write {','.join(expected)}", 1)]
    lines = [Problem(file, f"unknown column `{name}`{_hint(name, missing)}", 1) for name in surplus]
    return lines or [Problem(file, f"column {name} is missing; write {','.join(expected)}", 1) for name in missing]


def _hint(name: str, candidates: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name.strip().lower(), candidates, n=1, cutoff=0.5)
    return f"; did you mean `{near[0]}`?" if near else "; remove it"
