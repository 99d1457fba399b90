"""A deadline for a whole answer: however slowly its bytes come, it ends."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_ASKING = threading.local()


class Deadline:
    """A time after which the sockets of a request are shut; None for no such time.

    A timeout of a socket counts from the last byte, so that an endpoint which sends one now and then would never meet
    it.  Use it with `with` around the request; `end` when the answer is read.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.passed = False
        self._sockets: list[socket.socket] = []
        self._end = None if seconds is None else time.monotonic() + seconds
        self._timer: threading.Timer | None = None
        if seconds is not None:
            self._timer = threading.Timer(seconds, self._shut)
            self._timer.daemon = True
            self._timer.start()

    def left(self) -> float | None:
        """Return the seconds that are left, at least a hundredth."""
        return None if self._end is None else max(self._end - time.monotonic(), 0.01)

    def watch(self, connected: socket.socket | None) -> None:
        """Shut a socket too when the time has come."""
        if connected is not None and connected not in self._sockets:
            self._sockets.append(connected)
            if self.passed:
                self._shut()

    def end(self) -> None:
        """Let the sockets be."""
        if self._timer is not None:
            self._timer.cancel()
        self._sockets = []

    def _shut(self) -> None:
        self.passed = True
        for one in self._sockets:
            with contextlib.suppress(OSError):  # it is closed already
                socket.socket.shutdown(one, socket.SHUT_RDWR)  # below TLS, whose own shutdown would wait

    def __enter__(self) -> None:
        _ASKING.deadline = self

    def __exit__(self, *_: object) -> None:
        _ASKING.deadline = None


class Adapter(HTTPAdapter):
    """An adapter of requests whose connections show their sockets to the deadline of whoever asks."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the pools of connections."""
        super().init_poolmanager(*arguments, **options)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _watch(connected: socket.socket | None) -> None:
    deadline: Deadline | None = getattr(_ASKING, "deadline", None)
    if deadline is not None:
        deadline.watch(connected)


class _Connection(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self.sock)  # one that was kept open
        super().request(*arguments, **options)


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _watch(self.sock)

    def request(self, *arguments: Any, **options: Any) -> None:
        _watch(self.sock)
        super().request(*arguments, **options)


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection
