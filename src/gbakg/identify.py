"""Find out what kind of store answers at an address: its headers tell, or an address that only it has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from gbakg import credentials, profiles
from gbakg.connection import Connection
from gbakg.credentials import Credentials
from gbakg.errors import NetworkError, Refused
from gbakg.profiles import Profile, Store

PATIENCE = 10.0
"""Seconds that an address may take to say what it is."""

_UNASKED = (400, 405, 406, 415, 422, 500, 501)
"""Statuses with which a query service may answer a GET without a query."""


def identify(store: Store, who: Credentials) -> tuple[Profile | None, str]:
    """Return the profile of what answers, or None, and in words what told.

    Sends nothing but GET.  Raises NetworkError if nobody answers at the address, or if nothing tells because it lets in
    nobody, or not who asks.
    """
    found, told, refused = _identified(store, who)
    if found is None and refused is not None and refused.status == 401:
        raise refused
    return found, told


def _identified(store: Store, who: Credentials) -> tuple[Profile | None, str, Refused | None]:
    """Return the profile of what answers, or None, what told, and how the address itself refused, if it did."""
    with Connection(who, profiles.KINDS[:2], PATIENCE) as connection:
        headers, refused = _headers(connection, store.url)  # an error here is one: nobody is there
        places = (one.addresses(store.url)["query"] for one in profiles.builtin().values())
        for place in ("", *dict.fromkeys(places)):
            if place:
                with contextlib.suppress(NetworkError):
                    headers, said = _headers(connection, place)
                    refused = said if said is not None and said.status == 401 else refused
            found = profiles.recognise(headers)
            if found is not None:
                return found, f"its {'Server' if found.server else found.header} header", refused
        for one in profiles.builtin().values():
            if one.probe:
                place = profiles.address(one.probe, one.base(store.url))
                text = _text(connection, place)
                if (one.says in text) if one.says else text.strip().isdecimal():
                    return one, profiles.shown(place), refused
    return None, "", refused


def settled(store: Store, who: Credentials, *, written: bool = False) -> Store:
    """Return a store with its profile, found out unless it is known; a plain endpoint where nothing tells.

    Raises NetworkError as `identify` does; where a store shall be `written` to, which takes more than a plain endpoint,
    also if nothing tells because the address refuses more than a GET that asks for nothing.
    """
    if store.profile is not None:
        return store
    found, _, refused = _identified(store, who)
    if found is None and refused is not None and (refused.status == 401 or (written and not _unasked(refused))):
        raise refused
    return replace(store, profile=found or profiles.builtin()[profiles.PLAIN])


def met(
    store: str | Store, user: str | None = None, ask: Callable[[str], str] | None = None
) -> tuple[Store, Credentials]:
    """Return a store with its profile, and who asks it: what is to be known before it is written to.

    `store` is an address, a name in `gbakg.toml`, or a Store; `user` and `ask` are those of `credentials.find`.  Raises
    BadParameter, MissingFile, NetworkError as `identify` does.
    """
    given = profiles.store(store) if isinstance(store, str) else store
    who = credentials.find(given, user, ask)
    found = settled(given, who, written=True)
    return found, who or credentials.find(found)  # now that it is known whether requests are signed


def _unasked(refused: Refused) -> bool:
    """Tell whether a query service may refuse in this way what is no query; a slash at an address's end is no matter."""
    target = urlsplit(refused.headers.get("Location", "")).path
    return refused.status in _UNASKED or (bool(target) and target == f"{urlsplit(refused.url).path}/")


def _headers(connection: Connection, url: str) -> tuple[Mapping[str, str], Refused | None]:
    """Ask an address for anything, and return the headers of its answer; if it says no, that too."""
    try:
        with connection.send("GET", url, seconds=PATIENCE) as found:
            return found.headers, None
    except Refused as error:
        return error.headers, error


def _text(connection: Connection, url: str) -> str:
    try:
        with connection.send("GET", url, None, {"Accept": "*/*"}, seconds=PATIENCE) as found:
            return found.start(100_000)
    except NetworkError:  # another store has nothing there
        return ""
