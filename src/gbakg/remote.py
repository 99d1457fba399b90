"""A SPARQL endpoint over HTTP as an engine: the same saved queries, asked of a store elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pyoxigraph
from pyoxigraph import QueryResultsFormat, RdfFormat, Triple

from gbakg.engine import Solutions
from gbakg.errors import BadParameter, NetworkError, QuerySyntaxError

TIMEOUT = 60.0
_ROWS, _TRIPLES = QueryResultsFormat.JSON, RdfFormat.N_TRIPLES
_ACCEPT = f"{_ROWS.media_type}, {_TRIPLES.media_type};q=0.9"


class Endpoint:
    """A SPARQL 1.1 endpoint that takes form-encoded POST (SPARQL 1.1 Protocol, section 2.1.2).

    `seconds` is how long it may keep silent.  Redirects are not followed: the address that was given is the one asked.
    """

    def __init__(self, url: str, seconds: float = TIMEOUT) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadParameter("endpoint", "an address such as http://localhost:3030/gba/sparql", url)
        if parts.username is not None or parts.password is not None:
            raise BadParameter(
                "endpoint", "an address without a user or password", f"{parts.scheme}://...@{parts.hostname}"
            )
        self.url = url
        self.seconds = seconds

    def query(self, sparql: str) -> Solutions | bool | Iterator[Triple]:
        """Answer a query; see Engine.  Raises NetworkError, and QuerySyntaxError where the endpoint finds one."""
        kind, body = self._post(sparql)
        try:
            if kind == _TRIPLES.media_type:
                return iter([quad.triple for quad in pyoxigraph.parse(body, format=_TRIPLES)])
            found = pyoxigraph.parse_query_results(body, format=_ROWS)
        except (SyntaxError, ValueError) as error:
            raise NetworkError(self.url, f"answered with something that is no SPARQL result: {error}") from error
        if isinstance(found, pyoxigraph.QueryBoolean):
            return bool(found)
        names = tuple(variable.value for variable in found.variables)
        return Solutions(names, [tuple(row) for row in found])

    def _post(self, sparql: str) -> tuple[str, bytes]:
        """Send a query; return the media type and the body of the answer."""
        import requests

        try:
            answer = requests.post(
                self.url,
                data={"query": sparql},
                headers={"Accept": _ACCEPT},
                timeout=self.seconds,
                allow_redirects=False,
            )
        except requests.Timeout as error:
            raise NetworkError(self.url, f"kept silent for {self.seconds:g} s; try again, or ask for less") from error
        except requests.RequestException as error:
            raise NetworkError(self.url, f"cannot be reached ({_reason(error)}); check the address") from error
        kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if answer.status_code == 400:
            raise QuerySyntaxError(f"the endpoint refused the query: {_line(answer.text)}")
        if answer.is_redirect or answer.status_code != 200:
            raise NetworkError(
                self.url, f"answered with HTTP {answer.status_code} {answer.reason}: {_line(answer.text)}"
            )
        if kind not in (_ROWS.media_type, "application/json", _TRIPLES.media_type):
            raise NetworkError(
                self.url, f"answered with {kind or 'no media type'}; is it the address of the query service?"
            )
        return kind, answer.content


def _reason(error: Exception) -> str:
    return type(error).__name__


def _line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0][:160] if lines else "no more was said"
