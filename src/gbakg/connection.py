"""HTTP to one store: who asks, and how long an answer may take; `reasons` words whatever goes wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import cast
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from gbakg import reasons
from gbakg.closable import Closable
from gbakg.credentials import Credentials
from gbakg.deadline import Adapter, Deadline
from gbakg.errors import NetworkError
from gbakg.profiles import check
from gbakg.unpacked import Unpacked
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
        self._session.headers.update({"User-Agent": f"gbakg/{__version__}", "Accept-Encoding": "gzip"})
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
        if 200 <= found.status < 300 and found.status != 206:  # nobody asked for a part
            return found
        with found:
            raise reasons.refusal(url, method, found.status, found.headers, found.start(), self.credentials)

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
            raise reasons.failure(url, error, deadline, self.silence) from error
        except BaseException:
            deadline.end()
            raise
        return Answer(response, deadline, lambda error: reasons.failure(url, error, deadline, self.silence))

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
        packed = self.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
        self._unpacked = Unpacked(lambda size: cast("bytes", response.raw.read(size))) if packed else None

    @property
    def kind(self) -> str:
        """The media type, without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes, all there are unless it is given.  Raises Unreachable."""
        try:
            if self._unpacked is not None:
                found = self._unpacked.read(size)
            else:
                found = cast("bytes", self._response.raw.read(size if size >= 0 else None, decode_content=True))
        except (HTTPError, OSError, ValueError, EOFError) as error:
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


def _offered(challenge: str) -> str:
    """Return the better of the kinds that a server offers (RFC 9110, section 11.6.1)."""
    return next((kind for kind in ("digest", "basic") if re.search(rf"(?i)(^|[\s,]){kind}\s", f"{challenge} ")), "")


def loopback(url: str) -> bool:
    """Tell whether an address is on this machine.

    >>> loopback("http://127.0.0.1:3030/gba"), loopback("https://example.org/sparql")
    (True, False)
    """
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host == "::1" or host.startswith("127.")
