"""Find out what kind of store answers at an address: its headers tell, or an address that only it has."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import replace

from gbakg import credentials, profiles
from gbakg.connection import Connection
from gbakg.credentials import Credentials
from gbakg.errors import NetworkError, Refused
from gbakg.profiles import Profile, Store

PATIENCE = 10.0
"""Seconds that an address may take to say what it is."""


def identify(store: Store, who: Credentials) -> tuple[Profile | None, str]:
    """Return the profile of what answers, or None, and in words what told.

    Sends nothing but GET.  Raises NetworkError if nobody answers at the address, or if nothing tells because it lets in
    nobody, or not who asks.
    """
    with Connection(who, profiles.KINDS[:2], PATIENCE) as connection:
        headers, refused = _headers(connection, store.url)  # an error here is one: nobody is there
        places = (one.addresses(store.url)["query"] for one in profiles.builtin().values())
        for place in ("", *dict.fromkeys(places)):
            if place:
                with contextlib.suppress(NetworkError):
                    headers, _ = _headers(connection, place)
            found = profiles.recognise(headers)
            if found is not None:
                return found, f"its {'Server' if found.server else found.header} header"
        for one in profiles.builtin().values():
            if one.probe:
                place = profiles.address(one.probe, one.base(store.url))
                text = _text(connection, place)
                if (one.says in text) if one.says else text.strip().isdecimal():
                    return one, profiles.shown(place)
    if refused is not None and refused.status == 401:
        raise refused
    return None, ""


def settled(store: Store, who: Credentials) -> Store:
    """Return a store with its profile, found out unless it is known; a plain endpoint where nothing tells.

    Raises NetworkError as `identify` does.
    """
    if store.profile is not None:
        return store
    found, _ = identify(store, who)
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
    found = settled(given, who)
    return found, who or credentials.find(found)  # now that it is known whether requests are signed


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
