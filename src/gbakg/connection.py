"""HTTP to one store: who asks, how long an answer may take, and one clear message for whatever goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from http.client import RemoteDisconnected
from urllib.parse import urlsplit

import requests
import urllib3
from urllib3.exceptions import HTTPError

from gbakg.closable import Closable
from gbakg.credentials import Credentials
from gbakg.deadline import Adapter, Deadline
from gbakg.errors import NetworkError, Refused, Unreachable
from gbakg.profiles import SECRETS, check, shown
from gbakg.version import __version__

SILENCE = 60.0
"""Seconds that a store may keep silent, in the middle of an answer too."""

Body = bytes | Callable[[], Iterable[bytes]]
"""What is sent: bytes, or what makes a stream of them, anew each time it has to be sent again."""


class Connection(Closable):
    """Requests to one store, over connections that are kept open.

    No redirect is followed, so that nothing goes to another host.  `kinds` are the ways to prove who asks that the
    store knows; which of them is settled by its first 401 where there are several.
    """

    def __init__(
        self, credentials: Credentials | None = None, kinds: tuple[str, ...] = (), silence: float = SILENCE
    ) -> None:
        self.credentials = credentials or Credentials()
        self.silence = silence
        self._session = requests.Session()
        self._session.mount("http://", Adapter())
        self._session.mount("https://", Adapter())
        self._session.headers["User-Agent"] = f"gbakg/{__version__}"
        self.kind = self._kind(kinds)
        self._session.auth = self.credentials.method(self.kind)

    def _kind(self, kinds: tuple[str, ...]) -> str:
        if self.credentials.signed:
            return "sigv4"
        if self.credentials.token:
            return "bearer"
        usable = [kind for kind in kinds if kind in ("basic", "digest")]
        # A password is not sent as it is before a store has said that it knows no better.
        return usable[0] if self.credentials.user and len(usable) == 1 else "none"

    @property
    def streams(self) -> bool:
        """Whether a body may be a stream: Digest sends it twice, a signature covers it."""
        return self.kind not in ("digest", "sigv4")

    def send(
        self,
        method: str,
        url: str,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Answer:
        """Send a request and return the answer, whose body is still to be read.

        `seconds` is the time for all of it.  Raises Refused (the status says no), Unreachable (nobody answers, or too
        slowly), NetworkError (a redirect, a certificate that does not verify).
        """
        check(url)
        found = self._once(method, url, body, headers, form, seconds)
        if found.status == 401 and self.kind == "none" and self.credentials.user:
            offered = _offered(found.headers.get("WWW-Authenticate", ""))
            found.close()
            if offered:
                self.kind = offered
                self._session.auth = self.credentials.method(offered)
                found = self._once(method, url, body, headers, form, seconds)
        if 200 <= found.status < 300:
            return found
        try:
            raise self._refusal(found, method, url)
        finally:
            found.close()

    def _once(
        self,
        method: str,
        url: str,
        body: Body | None,
        headers: Mapping[str, str] | None,
        form: Mapping[str, str] | None,
        seconds: float | None,
    ) -> Answer:
        deadline = Deadline(seconds)
        patience = min(self.silence, deadline.left() or self.silence)
        try:
            with deadline:
                response = self._session.request(
                    method,
                    url,
                    data=form if form is not None else iter(body()) if callable(body) else body,
                    headers=dict(headers or {}),
                    timeout=patience,
                    allow_redirects=False,
                    stream=True,
                )
        except (requests.RequestException, HTTPError, OSError) as error:
            deadline.end()
            raise self._failure(url, error, deadline) from error
        except BaseException:
            deadline.end()
            raise
        return Answer(response, deadline, lambda error: self._failure(url, error, deadline))

    def _failure(self, url: str, error: Exception, deadline: Deadline) -> NetworkError:
        where, reasons = shown(url), _reasons(error)
        met = not any(isinstance(one, urllib3.exceptions.NewConnectionError) for one in reasons)
        silent = met and any(
            isinstance(one, (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError)) for one in reasons
        )
        # A socket's own timeout may come a moment before the deadline that it was made for.
        if deadline.passed or (silent and deadline.seconds is not None and deadline.seconds <= self.silence):
            seconds = deadline.seconds or 0
            return Unreachable(where, f"had not answered in full after {seconds:g} s; ask for less, or allow more time")
        if silent:
            return Unreachable(where, f"kept silent for {self.silence:g} s; try again, or ask for less")
        if any(isinstance(one, (requests.exceptions.SSLError, urllib3.exceptions.SSLError)) for one in reasons):
            why = re.search(r"certificate verify failed: ([^(\[]+)", str(error))
            return NetworkError(
                where,
                f"has a certificate that does not verify ({why[1].strip() if why else 'TLS failed'}); "
                "set REQUESTS_CA_BUNDLE to its authority's if you trust it",
            )
        if any(isinstance(one, (requests.exceptions.ChunkedEncodingError, HTTPError)) for one in reasons[:1]):
            return Unreachable(where, "broke off in the middle of its answer; try again")
        if any(isinstance(one, RemoteDisconnected) for one in reasons):
            return Unreachable(where, "closed the connection without an answer; does it run, and is it well?")
        return Unreachable(where, f"cannot be reached ({_plain(reasons)}); check the address, and whether it runs")

    def _refusal(self, found: Answer, method: str, url: str) -> NetworkError:
        """Word what a status means for whoever asked."""
        where, status = shown(url), found.status
        if 300 <= status < 400:
            target = found.headers.get("Location", "")
            other = shown(target) if "://" in target else target.partition("?")[0]
            return Refused(
                where,
                status,
                f"sends you on to {other or 'nowhere'} (HTTP {status}); give that address if you trust it",
            )
        said = self.credentials.hide(_line(found.start()))
        meant = 403 if status == 500 and _DENIED.search(said) else status
        meanings = {
            401: f"{self.credentials.refused if self.credentials else f'wants to know who asks{_asked(found)}'}; {SECRETS}",
            403: "does not allow this; ask whoever runs it for the right, or give a user who has it",
            404: "has nothing under this address; `gbakg doctor` finds the right ones",
            405: f"does not take {method} here; is it read-only, or the address of another service?",
            408: "gave up waiting; try again, or send less at once",
            413: "takes no request as large as this one; use a smaller `piece`, or `gbakg push --shards`",
            415: "does not take this format; is the profile the right one?",
            429: "has had too many requests; wait, and try again",
            502: "is behind a proxy that gets no answer from it",
            503: "is not ready, or too busy; try again later",
            504: "took too long for the proxy in front of it",
            507: "has no room left on its disk; make room there, and run this again",
        }
        word = meanings.get(meant, "refused" if status < 500 else "failed")
        return Refused(where, meant, f"{word} (HTTP {status}{': ' + said if said else ''})", found.headers)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()


class Answer(Closable):
    """An answer, its body read as it comes; a file for parsers to read."""

    def __init__(
        self, response: requests.Response, deadline: Deadline, failure: Callable[[Exception], NetworkError]
    ) -> None:
        self.status = response.status_code
        self.headers: Mapping[str, str] = response.headers
        self._response = response
        self._deadline = deadline
        self._failure = failure

    @property
    def kind(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, all there are unless it is given.  Raises Unreachable."""
        try:
            found: bytes = self._response.raw.read(size if size >= 0 else None, decode_content=True)
        except (HTTPError, OSError, ValueError) as error:
            self.close()
            raise self._failure(error) from error
        if self._deadline.passed:  # a socket that was shut may look like the end
            self.close()
            raise self._failure(TimeoutError())
        if not found or size < 0:
            self.close()
        return found

    def start(self, size: int = 1024) -> str:
        """Return the first bytes as text, for a message; nothing if they cannot be read."""
        try:
            return self.read(size).decode("utf-8", "replace")
        except NetworkError:
            return ""

    def close(self) -> None:
        """Stop reading."""
        self._deadline.end()
        self._response.close()


_DENIED = re.compile(r"^Virtuoso \w+ Error SR(186|619)\b")
"""How Virtuoso 7.2 says, with the status 500, that a user may not update at all, or not this graph (measured)."""


def _offered(challenge: str) -> str:
    """Return the better of the kinds that a server offers (RFC 9110, section 11.6.1)."""
    return next((kind for kind in ("digest", "basic") if re.search(rf"(?i)(^|[\s,]){kind}\s", f"{challenge} ")), "")


def _asked(found: Answer) -> str:
    kind = found.headers.get("WWW-Authenticate", "").partition(" ")[0]
    return f", by {kind}" if kind else ""


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


def _plain(reasons: list[BaseException]) -> str:
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
    return "".join(letter for letter in line if letter.isprintable())[:160]


def loopback(url: str) -> bool:
    """Tell whether an address is on this machine.

    >>> loopback("http://127.0.0.1:3030/gba"), loopback("https://example.org/sparql")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host == "::1" or host.startswith("127.")
