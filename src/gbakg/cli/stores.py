"""What the commands that go to a store elsewhere have in common: which store, and who asks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from gbakg.errors import BadParameter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from gbakg.credentials import Credentials
    from gbakg.profiles import Store
    from gbakg.remote import Endpoint

EPILOG = (
    "STORE is an address, or the name of a store in gbakg.toml.  Passwords come from GBAKG_USER and GBAKG_PASSWORD, a\n"
    "token from GBAKG_TOKEN, both also from gbakg.toml, a password from .netrc or a prompt; never from an address."
)


def options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which store is meant."""
    parser.add_argument("--profile", metavar="NAME", help="what the store is (default: found out); see docs/stores.md")
    parser.add_argument("--user", metavar="NAME", help="who asks; the password is prompted for unless it is set")


def endpoints(parser: argparse.ArgumentParser) -> None:
    """Add the options that let a store elsewhere answer."""
    parser.add_argument("--endpoint", metavar="STORE", help="ask a store that holds the graph, not the build here")
    parser.add_argument("--graph", metavar="IRI", help="the graph to ask there (default: what gbakg.toml says, or all)")
    parser.add_argument("--user", metavar="NAME", help="who asks there; the password is prompted for unless it is set")


def endpoint(arguments: argparse.Namespace, seconds: float | None = None) -> Endpoint | None:
    """Return the store that the options or the settings let answer; None if the build here answers."""
    from gbakg.settings import setting

    named = setting("endpoint", arguments.endpoint)
    if named is None:
        return None
    if not named:
        raise BadParameter("endpoint", "an address, or the name of a store in gbakg.toml", "")
    from gbakg import credentials, profiles, remote

    store = profiles.store(named)
    who = credentials.find(store, arguments.user, _asking())
    return remote.Endpoint(store, seconds or remote.TIMEOUT, graph=arguments.graph, who=who)


def surveyed(arguments: argparse.Namespace) -> Endpoint:
    """Return the store that the options let validate its graph."""
    from gbakg import credentials, profiles, survey

    store = profiles.store(arguments.endpoint)
    return survey.endpoint(store, credentials.find(store, arguments.user, _asking()), arguments.graph)


def there(arguments: argparse.Namespace, address: str | None) -> tuple[Store, Credentials]:
    """Return the store that the arguments name, or else the setting `endpoint`, and who asks."""
    from gbakg import credentials

    store = _named(arguments, address)
    return store, credentials.find(store, arguments.user, _asking())


def found(arguments: argparse.Namespace, address: str | None) -> tuple[Store, Credentials]:
    """Return the store that the arguments name with its profile, found out unless it is known, and who asks."""
    from gbakg.identify import met

    return met(_named(arguments, address), arguments.user, _asking())


def _named(arguments: argparse.Namespace, address: str | None) -> Store:
    from dataclasses import replace

    from gbakg import profiles
    from gbakg.settings import setting

    named = setting("endpoint", address)
    if not named:
        raise BadParameter("store", "an address, or the name of a store in gbakg.toml", "")
    store = profiles.store(named)
    return replace(store, profile=profiles.profile(arguments.profile)) if arguments.profile else store


def _asking() -> Callable[[str], str] | None:
    """Return what prompts, if there is somebody to ask."""
    return _ask if sys.stdin is not None and sys.stdin.isatty() else None


def _ask(prompt: str) -> str:
    from getpass import getpass

    return getpass(prompt)
