"""SPARQL engines behind one protocol, and the one place where terms cross between pyoxigraph and rdflib."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path

import pyoxigraph
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Triple

from gbakg.closable import Closable
from gbakg.errors import BuildDamaged, QuerySyntaxError, TooFewFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, Self, TypeVar

    import rdflib
    import rdflib.term

    _Item = TypeVar("_Item")
else:
    Protocol = object  # only type checkers look at it; see tuples

Term = NamedNode | BlankNode | Literal | Triple
Answer = tuple[Term | None, ...]


class Solutions:
    """The answer to a SELECT: the names of its variables, and its rows as tuples of terms, None where unbound."""

    __slots__ = ("_rows", "variables")

    def __init__(self, variables: tuple[str, ...], rows: Iterable[Answer]) -> None:
        self.variables = variables
        self._rows = rows

    def __iter__(self) -> Iterator[Answer]:
        return iter(self._rows)


class Engine(Protocol):
    """What answers SPARQL 1.1 queries over one default graph."""

    def query(self, sparql: str) -> Solutions | bool | Iterator[Triple]:
        """Answer a SELECT with Solutions, an ASK with a bool, a CONSTRUCT or DESCRIBE with triples.

        Raises QuerySyntaxError.
        """


def select(engine: Engine, sparql: str) -> Solutions:
    """Answer a query that is known to be a SELECT."""
    found = engine.query(sparql)
    if not isinstance(found, Solutions):
        raise TypeError(f"not a SELECT: {sparql}")
    return found


class Embedded(Closable):
    """A pyoxigraph store, in memory or on disk.

    >>> with Embedded() as engine:
    ...     engine.query("ASK { }")
    True
    """

    def __init__(
        self,
        store: pyoxigraph.Store | None = None,
        owner: object = None,
        stated: Callable[[], Embedded] | None = None,
    ) -> None:
        self.store = pyoxigraph.Store() if store is None else store
        self._owner = owner
        self._open_stated = stated
        self.size: int | None = None
        """How many triples it has, where that is known; counting them would read them all."""

    @classmethod
    def open(cls, folder: Path, owner: object = None, stated: Callable[[], Embedded] | None = None) -> Self:
        """Open a store on disk for reading, and keep `owner` alive as long.  Raises BuildDamaged, TooFewFiles.

        `stated` opens the same graph without what was entailed.
        """
        try:
            return cls(pyoxigraph.Store.read_only(str(folder)), owner, stated)
        except (OSError, RuntimeError) as error:
            raise TooFewFiles.of(error) or BuildDamaged(folder, str(error)) from error

    def query(self, sparql: str) -> Solutions | bool | Iterator[Triple]:
        """Answer a query; see Engine.  Raises BuildDamaged, also while the answer is read, if the store is corrupt."""
        try:
            found = self.store.query(sparql)
        except SyntaxError as error:
            raise QuerySyntaxError(str(error)) from None
        except RuntimeError as error:  # such as a function that there is not
            raise self._corrupt(error) or QuerySyntaxError(str(error)) from None
        if isinstance(found, pyoxigraph.QueryBoolean):
            return bool(found)
        if isinstance(found, pyoxigraph.QueryTriples):
            return self._guard(iter(found))
        names = tuple(variable.value for variable in found.variables)
        return Solutions(names, self._guard(tuple(row) for row in found))

    def triples(self) -> Iterator[Triple]:
        """Yield every triple of the default graph."""
        for quad in self._guard(self.store.quads_for_pattern(None, None, None, DefaultGraph())):
            yield quad.triple

    @cached_property
    def stated(self) -> Embedded:
        """The same graph as it was stated; itself, where nothing is known to be entailed."""
        return self if self._open_stated is None else self._open_stated()

    def entailed(self, subject: NamedNode | None = None) -> Iterator[Triple]:
        """Yield the triples that were not stated: all of them, or those of one subject."""
        stated = self.stated.store
        if self.stated is not self:
            found = self.store.quads_for_pattern(subject, None, None, DefaultGraph())
            yield from self._guard(quad.triple for quad in found if quad not in stated)

    def _guard(self, items: Iterator[_Item]) -> Iterator[_Item]:
        try:
            yield from items
        except (RuntimeError, OSError) as error:
            raise self._corrupt(error) or error from None

    def _corrupt(self, error: Exception) -> BuildDamaged | None:
        """Return what to raise if an error is that of a file whose checksums do not hold, None if it is another."""
        message = str(error)
        if not message.startswith("Corruption"):
            return None
        return BuildDamaged(getattr(self._owner, "path", "store"), message)

    def __len__(self) -> int:
        return sum(1 for _ in self.store.quads_for_pattern(None, None, None, DefaultGraph()))

    def close(self) -> None:
        """Let go of the store; a store on disk is closed when nothing refers to it any more."""
        self.store = pyoxigraph.Store()
        self._owner = self._open_stated = None
        self.__dict__.pop("stated", None)


class Opening:
    """A store on disk that is being opened for reading, in a thread, while whoever wants it does something else."""

    def __init__(self, folder: Path) -> None:
        from threading import Thread

        self._folder = folder
        self._store: pyoxigraph.Store | None = None
        self._thread = Thread(target=self._open)
        self._thread.start()

    def _open(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # who tries again is told
            self._store = pyoxigraph.Store.read_only(str(self._folder))

    def wait(self) -> pyoxigraph.Store | None:
        """Return the store when it is open; None if it cannot be opened."""
        self._thread.join()
        store, self._store = self._store, None
        return store


class Rdflib:
    """An rdflib graph: the reference that the embedded engine is checked against."""

    def __init__(self, graph: rdflib.Graph) -> None:
        self.graph = graph

    @classmethod
    def of(cls, triples: Iterable[Triple]) -> Self:
        """Fill a graph with triples."""
        return cls(to_rdflib(triples))

    def query(self, sparql: str) -> Solutions | bool | Iterator[Triple]:
        """Answer a query; see Engine."""
        try:
            found = self.graph.query(sparql)
        except Exception as error:  # rdflib raises pyparsing's exceptions, its own, and bare Exception for syntax
            raise QuerySyntaxError(str(error)) from error
        if found.type == "ASK":
            return bool(found.askAnswer)
        if found.type in ("CONSTRUCT", "DESCRIBE"):
            return from_rdflib(found.graph if found.graph is not None else ())
        names = tuple(str(variable) for variable in found.vars or ())
        rows = (tuple(None if term is None else term_from_rdflib(term) for term in row) for row in found)  # type: ignore[union-attr]
        return Solutions(names, rows)


# --- terms between libraries ---------------------------------------------------------------------------------------


def to_rdflib(triples: Iterable[Triple], graph: rdflib.Graph | None = None) -> rdflib.Graph:
    """Add triples to an rdflib graph, a new one unless given; lexical forms are kept as they are."""
    import logging

    import rdflib

    # rdflib logs ill-typed literals with a traceback; SHACL reports them.  One handler is enough: each is looked for in all.
    logger = logging.getLogger("rdflib")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    target = rdflib.Graph(bind_namespaces="none") if graph is None else graph
    cache: dict[Term, rdflib.term.Node] = {}
    for triple in triples:
        target.add(tuple(_to_rdflib(term, cache) for term in (triple.subject, triple.predicate, triple.object)))  # type: ignore[arg-type]
    return target


def from_rdflib(triples: Iterable[tuple[object, object, object]]) -> Iterator[Triple]:
    """Turn rdflib's triples into pyoxigraph's."""
    for subject, predicate, object_ in triples:
        yield Triple(term_from_rdflib(subject), term_from_rdflib(predicate), term_from_rdflib(object_))  # type: ignore[arg-type]


def _to_rdflib(term: Term, cache: dict[Term, rdflib.term.Node]) -> rdflib.term.Node:
    import rdflib

    found = cache.get(term)
    if found is not None:
        return found
    made: rdflib.term.Node
    if isinstance(term, NamedNode):
        made = rdflib.URIRef(term.value)
    elif isinstance(term, BlankNode):
        made = rdflib.BNode(term.value)
    elif isinstance(term, Literal):
        if term.language is not None:
            made = rdflib.Literal(term.value, lang=term.language)
        elif term.datatype.value == _STRING:
            made = rdflib.Literal(term.value)
        else:
            made = rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
    else:
        raise TypeError(f"rdflib has no term for {term}")
    cache[term] = made
    return made


def term_from_rdflib(term: object) -> Term:
    """Turn a term of rdflib into one of pyoxigraph, its lexical form as it is."""
    import rdflib

    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(str(term))
    if isinstance(term, rdflib.Literal):
        if term.language is not None:
            return Literal(str(term), language=term.language)
        return Literal(str(term), datatype=NamedNode(str(term.datatype))) if term.datatype else Literal(str(term))
    raise TypeError(f"not a term of RDF: {term!r}")


_STRING = "http://www.w3.org/2001/XMLSchema#string"
