"""What went wrong with a request, in one clear message: what was found, where, and what to do; never a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException, LineTooLong, RemoteDisconnected

import requests
import urllib3
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import HTTPError, InvalidHeader, LocationParseError

from gbakg.credentials import Credentials
from gbakg.deadline import Deadline
from gbakg.errors import NetworkError, Refused, Unreachable
from gbakg.profiles import SECRETS, shown


def failure(url: str, error: Exception, deadline: Deadline, silence: float) -> NetworkError:
    """Word what kept an answer from coming, or from coming in full; `silence` is how long one was waited for."""
    where, reasons = shown(url), _reasons(error)
    met = not any(isinstance(one, urllib3.exceptions.NewConnectionError) for one in reasons)
    silent = met and any(
        isinstance(one, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)) for one in reasons
    )
    # A socket's own timeout may come a moment before the deadline that it was made for.
    if deadline.passed or (silent and deadline.seconds is not None and deadline.seconds <= silence):
        seconds = deadline.seconds or 0
        return Unreachable(where, f"had not answered in full after {seconds:g} s; ask for less, or allow more time")
    if silent:
        return Unreachable(where, f"kept silent for {silence:g} s; try again, or ask for less")
    if any(isinstance(one, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)) for one in reasons):
        why = re.search(r"certificate verify failed: (.+?)\.?(?: \(_ssl|[(\[]|$)", str(error))
        if why is not None:
            advice = next((words for mark, words in _UNVERIFIED.items() if mark in why[1]), _UNTRUSTED)
            return NetworkError(where, f"has a certificate that does not verify ({why[1].strip()}); {advice}")
        if _OLD_TLS.search(str(error)):
            return NetworkError(
                where, "speaks a TLS that is too old or too new for here; whoever runs it has to allow TLS 1.2 or 1.3"
            )
        return NetworkError(where, "does not speak TLS as it has to; is it an http:// address?")
    if _NO_BUNDLE in str(error):
        named = plain(str(error).rpartition(": ")[2])
        return NetworkError(
            where, f"cannot be trusted: there is no file {named}; see REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE"
        )
    proxy = _proxy(url)
    if any(isinstance(one, LocationParseError) for one in reasons):
        words = "is to be asked through a proxy that" if proxy else "has a host that"
        return NetworkError(
            where, f"{words} is no name; check {'http_proxy and https_proxy' if proxy else 'the address'}"
        )
    if any(isinstance(one, (requests.exceptions.ChunkedEncodingError, HTTPError, EOFError)) for one in reasons[:1]):
        return Unreachable(where, "broke off in the middle of its answer; try again")
    if isinstance(reasons[0], ValueError) and not isinstance(reasons[0], requests.RequestException):
        return NetworkError(where, f"answered with something that cannot be read ({reasons[0]}); try again")
    if proxy:
        words = f"cannot be reached through the proxy {proxy} ({_why(reasons)}); check it, or name the host in no_proxy"
        return Unreachable(where, words)
    if any(isinstance(one, RemoteDisconnected) for one in reasons):
        return Unreachable(where, "closed the connection without an answer; does it run, and is it well?")
    if any(isinstance(one, LineTooLong) or "more than 100 headers" in str(one) for one in reasons):
        return NetworkError(where, "answered with headers that are too long or too many; is it the address of a store?")
    if any(isinstance(one, (HTTPException, InvalidHeader)) for one in reasons):
        return NetworkError(where, "does not speak HTTP; check the address, and its port")
    return Unreachable(where, f"cannot be reached ({_why(reasons)}); check the address, and whether it runs")


_UNTRUSTED = "set REQUESTS_CA_BUNDLE to its authority's if you trust it"
_UNVERIFIED = {
    "mismatch": "give the host by the name that the certificate is for",
    "expired": "whoever runs it has to renew it; is the clock here right?",
    "not yet valid": "is the clock right, here and there?",
}
"""What to do about a certificate, by what OpenSSL and Python's ssl say of it: no authority's would help (measured)."""
_OLD_TLS = re.compile(r"UNSUPPORTED_PROTOCOL|ALERT_PROTOCOL_VERSION")
"""How OpenSSL names the lack of a version that both sides speak; of an answer without TLS it says another thing."""
_NO_BUNDLE = "suitable TLS CA certificate bundle"
"""What requests says where the environment names certificates that are not there."""


def refusal(
    url: str, method: str, status: int, headers: Mapping[str, str], text: str, who: Credentials
) -> NetworkError:
    """Word what a status means for whoever asked; `text` is how the answer begins."""
    where = shown(url)
    if 300 <= status < 400:
        target = headers.get("Location", "")
        other = plain(shown(target) if "://" in target else target.partition("?")[0])
        words = f"sends you on to {other or 'nowhere'} (HTTP {status}); give that address if you trust it"
        return Refused(where, status, words, headers)
    said = who.hide(_line(text))
    meant = next((one for one, (given, words) in _MEANT.items() if status == given and words.search(said)), status)
    kind = plain(headers.get("WWW-Authenticate", "").partition(" ")[0])
    asked = f"wants to know who asks{', by ' if kind else ''}{kind}"
    meanings = {
        206: "gave a part of its answer, which nobody asked for",
        401: f"{who.refused if who else asked}; {SECRETS}",
        403: "does not allow this; ask whoever runs it for the right, or give a user who has it",
        404: "has nothing under this address; `gbakg doctor` finds the right ones",
        405: f"does not take {method} here; is it read-only, or the address of another service?",
        408: "gave up waiting; try again, or send less at once",
        411: "takes no body of unknown length; put stream = false for this store into gbakg.toml",
        413: "takes no request as large as this one; put `most`, the bytes that it takes, into gbakg.toml, or use --shards",
        415: "does not take this format; is the profile the right one?",
        429: "has had too many requests; wait, and try again",
        502: "is behind a proxy that gets no answer from it",
        503: "took longer than it allows itself; ask for less, or have its limit raised"
        if _LATE.search(said)
        else "is not ready, or too busy; try again later",
        504: "took too long for the proxy in front of it",
        507: "has no room left on its disk; make room there, start it again if that is not enough, and run this again",
    }
    word, wait = meanings.get(meant, "refused" if status < 500 else "failed"), _wait(headers.get("Retry-After", ""))
    word += f"; it asks for {wait:,.0f} s" if wait else ""
    return Refused(where, meant, f"{word} (HTTP {status}{': ' + said if said else ''})", headers, wait)


_LATE = re.compile(r"(?i)\btime(d |-)?out\b")
"""What Fuseki says with the status 503 where a query met its own limit (measured)."""


def _wait(text: str) -> float:
    """Read a Retry-After header as seconds from now, 0 if there is none (RFC 9110, section 10.2.3)."""
    if text.isascii() and text.strip().isdecimal():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


def plain(text: str) -> str:
    """Take out of a text of somebody else's what a terminal would not print, but do.

    >>> plain("red" + chr(7))
    'red'
    """
    return "".join(letter for letter in text if letter.isprintable())


_MEANT = {
    403: (500, re.compile(r"^Virtuoso \w+ Error SR(186|619)\b")),
    404: (400, re.compile("^No endpoint for request")),
    405: (400, re.compile("^(Unknown content type for triples|SPARQL Update: No 'update=' parameter)")),
    503: (500, re.compile(r"^Virtuoso \w+ Error SR171\b")),
    507: (500, re.compile("No space left on device")),
}
"""What stores say with a status that says less, and the one that says it (measured).

Virtuoso 7.2: that a user may not update at all, or not this graph; that its MaxQueryExecutionTime is over.  Fuseki 5: that a dataset answers no queries at its own
address, or that this is the one for the graph store or for updates.  Oxigraph 0.5: what the operating system told it.
"""


def _proxy(url: str) -> str:
    """Return the proxy that the environment names for an address, without its password."""
    proxy = str(select_proxy(url, get_environ_proxies(url)) or "")
    try:
        return plain(shown(proxy if "://" in proxy else f"http://{proxy}")) if proxy else ""
    except ValueError:
        return "that the environment names, which is no address"


def _reasons(error: BaseException) -> list[BaseException]:
    """List an error and what it wraps: requests and urllib3 keep it in arguments, reasons and causes."""
    found: list[BaseException] = []
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if isinstance(one, BaseException) and one not in found:
            found.append(one)
            queue += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found


def _why(reasons: list[BaseException]) -> str:
    for one in reasons:
        if isinstance(one, OSError) and one.strerror and not isinstance(one, requests.RequestException):
            return one.strerror.lower()
    return type(reasons[0]).__name__


def _line(text: str) -> str:
    """Return the first line that says something; an error page of HTML says it in its title."""
    title = re.search(r"(?is)<title>(.*?)</title>", text)
    if title or re.match(r"\s*<", text):
        text = title[1] if title else ""
    line = next((" ".join(line.split()) for line in text.splitlines() if line.strip()), "")
    return plain(line)[:160]
