"""A store over HTTP as an engine: the same queries, asked of a SPARQL endpoint elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from traceback import clear_frames
from typing import IO, Any, TypeVar, cast

import pyoxigraph
from pyoxigraph import Literal, NamedNode, QueryResultsFormat, RdfFormat, Triple

from gbakg import credentials, forms, profiles
from gbakg.closable import Closable
from gbakg.connection import SILENCE, Answer, Connection
from gbakg.engine import Answer as Row
from gbakg.engine import Solutions
from gbakg.errors import AnswerCut, BadParameter, NetworkError, QuerySyntaxError, Refused
from gbakg.profiles import Profile, Store, shown
from gbakg.reasons import plain
from gbakg.tokens import code

TIMEOUT = 60.0
"""Seconds for a whole answer."""

_ROWS, _TRIPLES = QueryResultsFormat.JSON, RdfFormat.N_TRIPLES
_FORMS: dict[str, QueryResultsFormat | RdfFormat] = {
    "SELECT": _ROWS,
    "ASK": _ROWS,
    "CONSTRUCT": _TRIPLES,
    "DESCRIBE": _TRIPLES,
}
_WRITTEN = {
    "application/n-triples": _TRIPLES,
    "text/plain": _TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
}
"""What triples are read from, whatever was asked for: Blazegraph 2.1 knows N-Triples by its older name alone."""

_Item = TypeVar("_Item")
_COUNT = re.compile(r"[0-9]{1,30}").fullmatch
_LIMIT = re.compile(r"\bLIMIT\s+(\d+)\s*(?:OFFSET\s+\d+\s*)?$", re.IGNORECASE)


class Endpoint(Closable):
    """A SPARQL 1.1 endpoint that takes form-encoded POST (SPARQL 1.1 Protocol, section 2.1.2).

    `store` is an address, a store's name in `gbakg.toml`, or a Store.  `seconds` is the time for a whole answer, None
    for as long as it does not keep silent.  `graph` is the graph to ask instead of the store's default.  `canonical`
    means that literals get the forms that the embedded engine gives them, whatever those of the store are.  Answers
    are read as they come: what goes wrong may be raised while the rows are read.  Raises BadParameter, MissingFile.

    >>> Endpoint("http://localhost:3030/gba/sparql").url
    'http://localhost:3030/gba/sparql'
    """

    def __init__(
        self,
        store: str | Store,
        seconds: float | None = TIMEOUT,
        *,
        graph: str | None = None,
        who: credentials.Credentials | None = None,
        silence: float = SILENCE,
        canonical: bool = True,
    ) -> None:
        if isinstance(store, str):
            store = profiles.store(store)
        profiles.check(store.url)
        self.store = store
        self.seconds = seconds
        self._form: Callable[[Any], Any] = forms.canonical if canonical else _as_it_is
        self.profile: Profile = store.profile or profiles.builtin()[profiles.PLAIN]
        self.addresses = self.profile.addresses(store.url) if store.profile else {"query": store.url}
        self.url = self.addresses["query"]
        self.graph = store.graph if graph is None else graph
        if self.graph:
            iri(self.graph)
        self.connection = Connection(
            credentials.find(store) if who is None else who, self.profile.authentication, silence
        )

    def query(self, sparql: str) -> Solutions | bool | Iterator[Triple]:
        """Answer a query; see Engine.

        Raises QuerySyntaxError where the endpoint finds one, AnswerCut at the end of an answer that the endpoint has
        cut, and NetworkError.
        """
        form = next((token.text.upper() for token in code(sparql) if token.text.upper() in _FORMS), "SELECT")
        fields = {"query": self._affordable(sparql)}
        if self.graph:
            fields["default-graph-uri"] = self.graph
        # One media type: of two, Virtuoso chooses the wrong one for triples.
        accept = {"Accept": self.profile.triples if _FORMS[form] is _TRIPLES else _ROWS.media_type}
        try:
            found = self.connection.send("POST", self.url, None, accept, form=fields, seconds=self.seconds)
        except Refused as error:
            if error.status == 400:
                raise QuerySyntaxError(f"the endpoint refused the query: {said(error)}") from error
            raise
        file = cast("IO[bytes]", found)  # it has what the parsers need of one
        if _FORMS[form] is _TRIPLES:
            self._wanted(found, *_WRITTEN)
            triples = (
                Triple(quad.subject, quad.predicate, self._form(quad.object))
                for quad in pyoxigraph.parse(file, format=_WRITTEN[found.kind])
            )
            return self._read(found, triples, self._most(found, sparql))
        self._wanted(found, _ROWS.media_type, "application/json")
        try:
            results = pyoxigraph.parse_query_results(file, format=_ROWS)
        except (SyntaxError, ValueError) as error:
            found.close()
            raise self._no_result(error) from error
        if isinstance(results, pyoxigraph.QueryBoolean):
            found.close()
            if form != "ASK":
                raise NetworkError(shown(self.url), f"answered a {form} with a truth; is it a SPARQL 1.1 service?")
            return bool(results)
        names = tuple(variable.value for variable in results.variables)
        rows: Iterator[Row] = (tuple(map(self._form, row)) for row in results)
        if form == "ASK":  # Virtuoso answers with a row
            return any(
                str(getattr(term, "value", "")) in ("1", "true") for row in self._read(found, rows, 0) for term in row
            )
        return Solutions(names, self._read(found, rows, self._most(found, sparql)))

    def update(self, sparql: str, seconds: float | None = None) -> None:
        """Run an update.  Raises BadParameter if the store has no address for it, and NetworkError."""
        address = self.addresses.get("update", "")
        if not address:
            raise BadParameter("endpoint", "a store with an address for updates", self.url, "name it in gbakg.toml")
        headers = {"Accept": "*/*"}
        self.connection.send("POST", address, None, headers, form={"update": sparql}, seconds=seconds).read()

    def _wanted(self, found: Answer, *kinds: str) -> None:
        """Refuse an answer that is no result, such as a page of HTML."""
        if found.kind not in kinds:
            found.close()
            what = "a web page" if found.kind == "text/html" else plain(found.kind) or "no media type"
            raise NetworkError(
                shown(self.url), f"answered with {what}; is it the address of the query service? `gbakg doctor` tells"
            )

    def _affordable(self, sparql: str) -> str:
        """Lower the LIMIT at a query's end to what the store gives: Virtuoso refuses to sort for a higher one."""
        limit = _LIMIT.search(sparql)
        if limit is None or not 0 < self.profile.rows < int(limit[1]):
            return sparql
        return f"{sparql[: limit.start(1)]}{self.profile.rows}{sparql[limit.end(1) :]}"

    def _most(self, found: Answer, sparql: str) -> int:
        """Return how many rows the endpoint gives at most, 0 if that cannot have cut the answer."""
        told = found.headers.get("X-SPARQL-MaxRows", "")  # Virtuoso, where its limit came in
        most = int(told) if told.isascii() and told.isdecimal() else 0
        if not most:
            most = self.profile.rows or (profiles.recognise(found.headers) or self.profile).rows
        limit = _LIMIT.search(sparql)
        return 0 if limit and int(limit[1]) <= most else most

    def _read(self, found: Answer, items: Iterator[_Item], most: int) -> Iterator[_Item]:
        """Hand rows or triples on; say at their end if there may be more."""
        count = 0
        try:
            for item in items:
                yield item
                count += 1
        except (SyntaxError, ValueError, NetworkError) as error:
            # The frames that the error remembers hold the results, which have to go in this thread, as pyoxigraph wants.
            clear_frames(error.__traceback__)
            if isinstance(error, NetworkError):
                raise
            raise self._no_result(error) from error
        finally:
            found.close()
        if most and count >= most:
            raise AnswerCut(shown(self.url), most)

    def _no_result(self, error: Exception) -> NetworkError:
        line = plain(self.connection.credentials.hide(" ".join(str(error).split())))[:160]
        return NetworkError(shown(self.url), f"answered with something that is no SPARQL result: {line}")

    def close(self) -> None:
        """Close the connections."""
        self.connection.close()


def _as_it_is(term: _Item) -> _Item:
    return term


def number(url: str, rows: Iterable[Row]) -> int:
    """Return the number that a COUNT was answered with.  Raises NetworkError if the endpoint at `url` gave none."""
    found = [*rows]
    if len(found) != 1 or not isinstance(value := found[0][0], Literal) or not _COUNT(value.value):
        raise NetworkError(
            shown(url), f"answered a COUNT with {len(found)} rows and no number; is it a SPARQL 1.1 service?"
        )
    return int(value.value)


def iri(text: str) -> str:
    """Hold the name of a graph to be an IRI, and return it.  Raises BadParameter."""
    try:
        return NamedNode(text).value
    except ValueError:
        raise BadParameter("graph", "an IRI such as https://example.org/gba", text) from None


def said(error: Refused) -> str:
    """Return what the endpoint said of itself."""
    found = re.search(r"\(HTTP \d+: (.*)\)$", error.message)
    return found[1] if found else "no more was said"
