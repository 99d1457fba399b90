"""Try what a store takes, in a graph of its own that is removed again: only where somebody asked for it."""

from __future__ import annotations

import contextlib
import re
import secrets
import zlib
from collections.abc import Callable
from typing import NamedTuple

from pyoxigraph import Literal

from gbakg import terms
from gbakg.engine import Term, select
from gbakg.errors import GbakgError, NetworkError
from gbakg.forms import canonical, whole
from gbakg.inventory import Inventory
from gbakg.parcel import bare, insertion
from gbakg.remote import Endpoint

SECONDS = 30.0


class Finding(NamedTuple):
    """One thing found out: what about, in words, what would go wrong (nothing if it is well), and whether gbakg fails."""

    aspect: str
    words: str
    advice: str = ""
    trouble: bool = False


LITERALS = (
    '"120"^^xsd:integer',
    '"8000000000"^^xsd:integer',
    '"116.9"^^xsd:decimal',
    '"true"^^xsd:boolean',
    '"2025-06-30"^^xsd:date',
    '"2025"^^xsd:gYear',
    '"2025-06"^^xsd:gYearMonth',
    '"深圳"@zh-hans',
    '"a\\\\u0041 \\"b\\"\\n\\tc"',
)
"""Literals of the kinds that the graph has, and one that is hard to escape."""


def run(endpoint: Endpoint) -> list[Finding]:
    """Write to a graph of its own, read it, and remove it.  What fails is a finding, not an error."""
    graph = f"{terms.GRAPH.value}/doctor/{secrets.token_hex(8)}"
    found: list[Finding] = []
    try:
        if endpoint.addresses.get("update"):
            found.append(_tried("insert", lambda: _insert(endpoint, graph)))
            if not found[-1].trouble:  # else there is nothing to look at
                found.append(_tried("insert keeps", lambda: _kept(endpoint, graph, "insert keeps")))
                found.append(_tried("unnamed graph", lambda: _seen(endpoint)))
                found.append(_tried("blank nodes", lambda: _blank(endpoint, graph)))
                found.append(_tried("move", lambda: _move(endpoint, graph)))
        if endpoint.addresses.get("graphs"):
            found.append(_tried("put", lambda: _put(endpoint, graph)))
            if not found[-1].trouble:
                found.append(_tried("put keeps", lambda: _kept(endpoint, graph, "put keeps")))
    finally:
        found.append(_tried("removed", lambda: _remove(endpoint, graph)))
    return found


def term(text: str) -> Literal:
    """Read a literal as SPARQL writes it, with `xsd:` for its datatype.

    >>> term('"120"^^xsd:integer')
    <Literal value=120 datatype=<NamedNode value=http://www.w3.org/2001/XMLSchema#integer>>
    """
    import pyoxigraph

    full = re.sub(r"\^\^xsd:(\w+)$", rf"^^<{terms.XSD}\1>", text)
    (quad,) = pyoxigraph.parse(f"<urn:s> <urn:p> {full} .", format=pyoxigraph.RdfFormat.N_TRIPLES)
    if not isinstance(quad.object, Literal):
        raise TypeError(text)
    return quad.object


def _tried(aspect: str, act: Callable[[], Finding]) -> Finding:
    try:
        return act()
    except GbakgError as error:
        return Finding(aspect, f"failed: {error}", "it does not do what its profile says", True)


def _insert(endpoint: Endpoint, graph: str) -> Finding:
    endpoint.update(insertion([f"<urn:s> <urn:p> {term(text)} ." for text in LITERALS], graph), SECONDS)
    count = Inventory(endpoint, graph).count()
    if count == len(LITERALS):
        return Finding("insert", f"{count} triples by INSERT DATA")
    return Finding("insert", f"{count} of {len(LITERALS)} triples arrived", "a push would arrive incomplete", True)


def _kept(endpoint: Endpoint, graph: str, aspect: str) -> Finding:
    """See what came of each literal: kept, in another form of the same value, or another value."""
    wanted = [term(text) for text in LITERALS]
    rows = select(endpoint, f"SELECT ?o WHERE {{ GRAPH <{graph}> {{ ?s ?p ?o }} }}")
    found: list[Term | None] = [row[0] for row in rows]
    lost = [one for one in wanted if one not in found]
    forms = {whole(canonical(one)): one for one in found}
    other = [f"{one} as {forms[one]}" for one in lost if one in forms]
    gone = [str(one) for one in lost if one not in forms]
    if gone:
        return Finding(aspect, f"other values: {', '.join(gone)}", "figures or texts would change", True)
    if other:
        advice = "answers show another form of these; a push compares their values"
        return Finding(aspect, f"the same values, but {'; '.join(other)}", advice)
    return Finding(aspect, "as they were written")


def _seen(endpoint: Endpoint) -> Finding:
    """See whether a query without FROM finds what stands in a named graph."""
    found = endpoint.query("ASK { <urn:s> <urn:p> 120 }") is True
    words = f"a query without FROM sees {'named graphs too' if found else 'no named graph'}"
    wrong = found == (endpoint.profile.default == "alone")
    advice = (
        f'its profile says otherwise: put default = "{"union" if found else "alone"}" into gbakg.toml' if wrong else ""
    )
    return Finding("unnamed graph", words, advice)


def _blank(endpoint: Endpoint, graph: str) -> Finding:
    try:
        endpoint.update(f'INSERT DATA {{ GRAPH <{graph}> {{ _:b <urn:p> "b" }} }}', SECONDS)
    except NetworkError:
        return Finding("blank nodes", "refused (gbakg's graph has none)")
    return Finding("blank nodes", "taken")


def _move(endpoint: Endpoint, graph: str) -> Finding:
    before = Inventory(endpoint, graph).count()
    endpoint.update(f"MOVE GRAPH <{graph}> TO <{graph}/moved>", SECONDS)
    after = Inventory(endpoint, f"{graph}/moved").count()
    if after == before and not Inventory(endpoint, graph).count():
        return Finding("move", "MOVE puts a graph in another's place")
    return Finding("move", f"MOVE left {after} of {before} triples", "a push by staging graph would fail", True)


_PLAIN = "a push would fail; put gzip = false for this store into gbakg.toml"


def _put(endpoint: Endpoint, graph: str) -> Finding:
    """PUT twice, plain and compressed: the second takes the place of the first."""
    inventory = Inventory(endpoint, graph)
    turtle = endpoint.profile.upload == "turtle"
    lines = [f"<urn:s> <urn:p> {term(text)} ." for text in LITERALS]
    body = "".join(f"{bare(line) if turtle else line}\n" for line in lines).encode()
    headers = {"Content-Type": endpoint.profile.media}
    endpoint.connection.send("PUT", inventory.address, b'<urn:s> <urn:p> "old" .\n', headers).read()
    endpoint.connection.send("PUT", inventory.address, body, headers).read()
    if inventory.count() != len(LITERALS):
        return Finding("put", "a second PUT does not replace the first", "a push would leave old triples", True)
    words = "PUT replaces a graph"
    squeezed = zlib.compressobj(1, zlib.DEFLATED, 31)
    packed = squeezed.compress(body) + squeezed.flush()
    other = Inventory(endpoint, f"{graph}/moved")
    try:
        endpoint.connection.send("PUT", other.address, packed, {**headers, "Content-Encoding": "gzip"}).read()
        taken = other.count() == len(LITERALS)
    except NetworkError:
        taken = False
    wrong = endpoint.profile.gzip and not taken
    return Finding("put", f"{words}, {'also' if taken else 'not'} with gzip", _PLAIN if wrong else "", wrong)


def _remove(endpoint: Endpoint, graph: str) -> Finding:
    """Remove everything that the trial may have left, by an update or else at the graph store; look whether it is gone."""
    left = 0
    for name in (graph, f"{graph}/moved"):
        one = Inventory(endpoint, name)
        if endpoint.addresses.get("update"):
            with contextlib.suppress(NetworkError):  # what is left is counted
                endpoint.update(f"DROP SILENT GRAPH <{name}>", SECONDS)
        if one.count() and endpoint.addresses.get("graphs"):
            with contextlib.suppress(NetworkError):
                endpoint.connection.send("DELETE", one.address, seconds=SECONDS).read()
        left += one.count()
    if left:
        return Finding("removed", f"{left} triples are left in <{graph}>", "remove the graph by hand", True)
    return Finding("removed", "everything that was tried")
