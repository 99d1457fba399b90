"""The answer to a SELECT, as rows of terms or of plain Python values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyoxigraph import Literal, NamedNode

from gbakg import terms
from gbakg.engine import Term

TYPE_CHECKING = False
if TYPE_CHECKING:  # 2 ms, and not needed to write rows as they are
    from datetime import date
    from decimal import Decimal
    from typing import Any

    Value = str | int | Decimal | date | bool | None
_WHOLE = {terms.XSD + name for name in ("integer", "int", "long", "short", "byte", "nonNegativeInteger")}


class Result:
    """Rows under named columns; iterating gives one dict for each row.

    Rows are taken from the engine as they are asked for, and kept, so that a result can be read twice.
    `cut` tells, once all rows were read, whether a limit held some back.

    >>> result = Result(("n",), [(Literal(7),)])
    >>> list(result)
    [{'n': 7}]
    """

    def __init__(
        self, columns: tuple[str, ...], rows: Iterable[tuple[Term | None, ...]], limit: int | None = None
    ) -> None:
        self.columns = columns
        self.limit = limit
        self.cut = False
        self.counted: int | None = None
        """How many rows were streamed, once they all were."""
        self._coming = iter(rows)
        self._rows: list[tuple[Term | None, ...]] = []

    def stream(self) -> Iterator[tuple[Term | None, ...]]:
        """Yield the rows as terms, None where unbound, without keeping them: for one reading only."""
        count = 0
        for row in self._coming:
            if self.limit is not None and count >= self.limit:
                self.cut = True
                break
            yield row
            count += 1
        self.counted = count

    @property
    def rows(self) -> list[tuple[Term | None, ...]]:
        """All rows as terms."""
        if self.counted is None:
            self._rows.extend(self.stream())
        return self._rows

    def __iter__(self) -> Iterator[dict[str, Value]]:
        for row in self.rows:
            yield dict(zip(self.columns, map(plain, row), strict=True))

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"<Result of {len(self)} rows: {', '.join(self.columns)}>"

    def to_pandas(self) -> Any:
        """Return a pandas data frame.  Raises ImportError where pandas is not installed."""
        import pandas

        return pandas.DataFrame(list(self), columns=list(self.columns))

    def to_polars(self) -> Any:
        """Return a polars data frame, each column of one type.  Raises ImportError where polars is not installed."""
        import polars

        rows = list(self)
        return polars.DataFrame({name: _alike([row[name] for row in rows]) for name in self.columns})


def _alike(values: list[Value]) -> list[Value]:
    """Give values one type: decimals where whole numbers stand among decimals, texts in every other mixture."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2:
        return values
    from decimal import Decimal

    if kinds == {int, Decimal}:
        return [Decimal(value) if isinstance(value, int) else value for value in values]
    return [None if value is None else str(value) for value in values]


def plain(term: Term | None) -> Value:
    """Turn a term into the Python value that it stands for: IRIs into texts, literals by their datatype.

    >>> plain(Literal("41.4", datatype=terms.XSD.term("decimal")))
    Decimal('41.4')
    """
    if term is None:
        return None
    if isinstance(term, NamedNode):
        return term.value
    if not isinstance(term, Literal):
        return str(term)
    datatype = term.datatype.value
    try:
        if datatype in _WHOLE:
            return int(term.value)
        if datatype == terms.XSD + "decimal":
            import decimal

            return decimal.Decimal(term.value)
        if datatype == terms.XSD + "date":
            import datetime

            return datetime.date.fromisoformat(term.value)
    except ValueError:
        return term.value
    if datatype == terms.XSD + "boolean":
        return term.value in ("true", "1")
    return term.value
