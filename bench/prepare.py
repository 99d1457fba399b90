"""rdflib without parsing one query text again and again: pyshacl does for each focus node, for two thirds of its time.

rdflib prepares a query so that it can be run many times; here every query is.  Nothing else of pyshacl changes, so that
its reports are as they come.  Only for comparing: where pyshacl is timed, it parses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from unittest import mock


@contextmanager
def prepared() -> Iterator[None]:
    """Run every query of rdflib in its prepared form, as long as the context lasts."""
    from rdflib.plugins.sparql.processor import SPARQLProcessor

    usual = SPARQLProcessor.query

    def query(
        self: SPARQLProcessor,
        text: Any,
        bindings: Mapping[str, Any] | None = None,
        names: Mapping[str, Any] | None = None,
        base: str | None = None,
        debug: bool = False,
    ) -> Mapping[str, Any]:
        asked = _prepare(text, base, tuple(sorted((names or {}).items()))) if isinstance(text, str) else text
        return usual(self, asked, bindings, names, base, debug)

    with mock.patch.object(SPARQLProcessor, "query", query):
        yield


@lru_cache(10_000)
def _prepare(text: str, base: str | None, names: tuple[tuple[str, Any], ...]) -> Any:
    from rdflib.plugins.sparql.processor import prepareQuery

    return prepareQuery(text, dict(names), base)
