"""Examine a store: what it is, what it may do, and what would go wrong; only reading, unless a trial is asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import profiles, terms, trial
from gbakg.connection import Connection, loopback
from gbakg.credentials import Credentials
from gbakg.engine import Answer as Row
from gbakg.engine import Solutions, select
from gbakg.errors import AnswerCut, GbakgError, NetworkError, Refused
from gbakg.identify import identify
from gbakg.inventory import Inventory
from gbakg.parcel import spelled
from gbakg.profiles import Store, shown
from gbakg.remote import Endpoint, said
from gbakg.trial import Finding

SECONDS = 30.0
"""Time for each answer."""

_DIGITS = " ".join(f"{digit}" for digit in range(11))


@dataclass(frozen=True, slots=True)
class Report:
    """What was found, in order."""

    findings: tuple[Finding, ...]

    @property
    def well(self) -> bool:
        """Whether gbakg can work with the store."""
        return not any(one.trouble for one in self.findings)

    @property
    def lines(self) -> Iterator[str]:
        """What was found, a line each; then what would go wrong."""
        for one in self.findings:
            yield f"{one.aspect:<14} {one.words}"
        wrong = [f"{one.aspect}: {one.advice}" for one in self.findings if one.advice]
        yield ""
        yield from ["what would go wrong:", *(f"  {line}" for line in wrong)] if wrong else ["nothing would go wrong"]


def examine(store: Store, who: Credentials, *, write: bool = False, seconds: float = SECONDS) -> Report:
    """Examine a store.

    `write` tries what it takes in a graph of its own, which is removed again.  Raises NetworkError if the store
    cannot be reached, or does not answer a query.
    """
    told = "as you say"
    if store.profile is None:
        found, told = identify(store, who)
        store = replace(store, profile=found or profiles.builtin()[profiles.PLAIN])
        told = told or "nothing says what else it is"
    with Endpoint(store, seconds, who=who, graph="", canonical=False) as endpoint:
        first = Finding("store", f"{endpoint.profile.title} ({told})")
        findings = [first, _query(endpoint)]
        checks: list[tuple[str, Callable[[], Finding]]] = [
            ("triples", partial(_triples, endpoint)),
            ("update", partial(_update, endpoint)),
            ("graph store", partial(_graphs, endpoint)),
            ("who asks", partial(_who, endpoint, who)),
            ("default graph", partial(_default, endpoint)),
            ("rows", partial(_rows, endpoint)),
            ("literals", partial(_literals, endpoint)),
            ("replacing", partial(_replacing, endpoint)),
            ("gbakg's graph", partial(_ours, endpoint, store.graph)),
        ]
        findings += [_checked(aspect, check) for aspect, check in checks]
        if write:
            findings += trial.run(endpoint)
    return Report(tuple(findings))


def _checked(aspect: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except GbakgError as error:
        return Finding(aspect, f"cannot be told: {error}", "it did not answer what every store answers")


# --- reading -------------------------------------------------------------------------------------------------------


def _query(endpoint: Endpoint) -> Finding:
    try:
        endpoint.query("ASK { ?s ?p ?o }")
    except Refused as error:
        other = _elsewhere(endpoint) if error.status in (404, 405) else ""
        if not other:
            raise
        words = f"does not answer queries (HTTP {error.status}), and {profiles.address(other, _base(endpoint))} does"
        advice = f'put query = "{other}" for this store into gbakg.toml, and its addresses for update and graphs'
        raise NetworkError(shown(endpoint.url), f"{words}: {advice}") from error
    return Finding("query", f"{shown(endpoint.url)}, form-encoded POST, JSON")


def _elsewhere(endpoint: Endpoint) -> str:
    """Return where else a store answers queries, as `gbakg.toml` would have it: nothing if it is nowhere that is known."""
    base, profile = _base(endpoint), endpoint.profile
    for place in dict.fromkeys(["{base}", *(one.query for one in profiles.builtin().values())]):
        store = profiles.Store(base, replace(profile, query=place))
        with (
            contextlib.suppress(GbakgError),
            Endpoint(store, SECONDS, graph="", who=endpoint.connection.credentials) as other,
        ):
            if other.url != endpoint.url and isinstance(other.query("ASK { ?s ?p ?o }"), bool):
                return place
    return ""


def _base(endpoint: Endpoint) -> str:
    return endpoint.profile.base(endpoint.store.url)


def _triples(endpoint: Endpoint) -> Finding:
    found = endpoint.query('CONSTRUCT { <urn:a> <urn:b> "c" } WHERE { }')
    triples = [] if isinstance(found, (bool, Solutions)) else list(found)
    if triples == [Triple(NamedNode("urn:a"), NamedNode("urn:b"), Literal("c"))]:
        return Finding("triples", "CONSTRUCT as N-Triples")
    return Finding("triples", f"CONSTRUCT gives {len(triples)} triples instead of one", "rules cannot run there", True)


def _update(endpoint: Endpoint) -> Finding:
    address = endpoint.addresses.get("update", "")
    if not address:
        what = "`gbakg build --on` cannot work" if endpoint.addresses.get("graphs") else "nothing can be pushed"
        return Finding("update", "no address is known", f"{what}; --profile or gbakg.toml names one")
    return _there("update", endpoint.connection, address)


def _graphs(endpoint: Endpoint) -> Finding:
    if not endpoint.addresses.get("graphs"):
        slow = "a push goes through INSERT DATA, which is slow" if endpoint.addresses.get("update") else ""
        return Finding("graph store", "none", slow)
    found = _there("graph store", endpoint.connection, Inventory(endpoint, f"{terms.GRAPH.value}/doctor").address)
    if endpoint.profile.default == "none" or found.advice or not _missing(endpoint):
        return found
    place = shown(endpoint.addresses["graphs"])
    advice = (
        'nothing can be pushed that way; put its address into gbakg.toml, or graphs = "", and a push goes by updates'
    )
    return Finding("graph store", f"nothing at {place}", advice, endpoint.query("ASK { ?s ?p ?o }") is True)


def _missing(endpoint: Endpoint) -> bool:
    """Tell whether a graph store has no default graph, which one always has (SPARQL 1.1 Graph Store Protocol, section 4.2).

    Some may say so of one without triples: it is trouble only where there are some.
    """
    try:
        endpoint.connection.send("GET", Inventory(endpoint, "").address, seconds=SECONDS).close()
    except Refused as error:
        return error.status == 404
    return False


def _there(aspect: str, connection: Connection, address: str) -> Finding:
    """Tell from a GET whether something listens at an address that is written to with POST."""
    place = shown(address)
    try:
        connection.send("GET", address, seconds=SECONDS).close()
    except Refused as error:
        if error.status == 401:
            return Finding(aspect, f"{place}, for some users only", _unknown(connection.credentials))
        if error.status == 403:
            advice = "you may not write; give a user who may, or ask whoever runs it for the right"
            return Finding(aspect, f"{place}, not for you: {said(error)}", advice)
        if error.status == 404 and aspect == "update":
            advice = 'nothing can be pushed that way; put its address into gbakg.toml, or update = "", and a push goes by PUT'
            return Finding(aspect, f"nothing at {place}", advice, True)
        if error.status >= 500 and error.status != 501:
            return Finding(aspect, f"{place} fails (HTTP {error.status})", "it may not take what is pushed")
    return Finding(aspect, f"{place} (--write tries it)")


def _unknown(who: Credentials) -> str:
    """Say what to do where a store asks who it is, and who asks cannot prove it."""
    return f"it {who.refused}: you may not write" if who else "you may not write; give a user who may"


def _who(endpoint: Endpoint, who: Credentials) -> Finding:
    kinds = ", ".join(endpoint.profile.authentication) or "nothing"
    if not who:
        return Finding("who asks", f"nobody; the store knows {kinds}")
    how = endpoint.connection.kind
    readable = endpoint.url.startswith("http:") and not loopback(endpoint.url) and how in ("basic", "bearer")
    words = f"{who.user or 'a token' if not who.signed else 'an AWS account'}, by {how}"
    if how == "none":
        words = f"{who.user}, whom no answer has asked for yet"
    return Finding("who asks", words, "the secret travels readable over http: use https" if readable else "")


def _default(endpoint: Endpoint) -> Finding:
    """Take a few triples of named graphs, and see whether a query without FROM has them."""
    sample = "SELECT ?s ?p ?o WHERE { GRAPH ?g { ?s ?p ?o } FILTER(ISIRI(?s) && ISIRI(?o)) } LIMIT 5"
    named = list(select(endpoint, sample))
    habit = endpoint.profile.default
    told = "as its profile says"
    unnamed = endpoint.profile.unnamed
    if not _all(endpoint, named):
        habit, told = "alone", "seen"
    elif habit == "alone" and unnamed and not _all(endpoint, named, f"FROM <{unnamed}> "):
        habit, told = "union", "seen"
    words = {
        "alone": "a query without FROM sees the unnamed graph alone",
        "union": "a query without FROM sees all graphs",
        "none": "a query without FROM sees all graphs, and there is no unnamed graph to write to",
    }
    advice = {
        "alone": "",
        "union": "answers mix with those of the named graphs there" if named else "",
        "hidden": "a push has to go to a graph with a name, by --graph: queries may not see the unnamed one",
        "none": f"a push goes to <{terms.GRAPH.value}>; put that into gbakg.toml as the store's graph",
    }
    hidden = habit == "union" and endpoint.profile.default == "alone"
    return Finding("default graph", f"{words[habit]} ({told})", advice["hidden" if hidden else habit])


def _all(endpoint: Endpoint, rows: list[Row], source: str = "") -> bool:
    return all(endpoint.query(f"ASK {source}{{ {' '.join(map(str, row))} }}") for row in rows)


def _rows(endpoint: Endpoint) -> Finding:
    """Ask for 14,641 rows that cost nothing."""
    values = " ".join(f"VALUES ?{name} {{ {_DIGITS} }}" for name in "abcd")
    count = 0
    try:
        for _ in select(endpoint, f"SELECT * WHERE {{ {values} }}"):
            count += 1
    except AnswerCut:
        pass
    if count == 11**4:
        return Finding("rows", f"{count:,} came in one answer")
    advice = "a longer answer is cut there; gbakg says so, and reads back in pages"
    if not 0 < endpoint.profile.rows <= count:
        advice = f"a push may be read back in longer ones: put rows = {count} for this store into gbakg.toml"
    return Finding("rows", f"no more than {count:,} in one answer", advice)


def _literals(endpoint: Endpoint) -> Finding:
    """Ask for constants, and see how they come back; a trial tells how they are kept."""
    changed = []
    for text in trial.LITERALS:
        wanted = trial.term(text)
        constant = spelled(str(wanted))
        asked = f"SELECT ?x WHERE {{ {{ SELECT ?s WHERE {{ ?s ?p ?o }} LIMIT 1 }} VALUES ?x {{ {constant} }} }}"
        found = next((row[0] for row in islice(select(endpoint, asked), 1)), None)
        if found is not None and found != wanted:
            changed.append(f"{text} as {found}")
    if not changed:
        return Finding("literals", "come back as they were asked for")
    return Finding("literals", f"come back changed: {'; '.join(changed)}", "an answer may show another form of a value")


def _replacing(endpoint: Endpoint) -> Finding:
    words = {
        "put": "by one PUT",
        "move": "by a staging graph and MOVE",
        "change": "by a staging graph and one update of what differs",
        "none": "emptied, then filled",
    }
    advice = "during a push, readers may see a part of the graph" if endpoint.profile.replace == "none" else ""
    return Finding("replacing", words[endpoint.profile.replace], advice)


def _ours(endpoint: Endpoint, graph: str) -> Finding:
    asked = f"?claim a <{terms.GBA}Observation>"
    found = [name for name in dict.fromkeys((graph, "", terms.GRAPH.value)) if _asks(endpoint, name, asked)]
    if not found:
        return Finding("gbakg's graph", "not there yet; `gbakg push` brings it")
    places = " and ".join(f"<{name}>" if name else "what a query without FROM sees" for name in found)
    return Finding("gbakg's graph", f"in {places}")


def _asks(endpoint: Endpoint, graph: str, pattern: str) -> bool:
    return endpoint.query(f"ASK {{ GRAPH <{graph}> {{ {pattern} }} }}" if graph else f"ASK {{ {pattern} }}") is True
