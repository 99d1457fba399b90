"""Who asks a store: the user, and the secret that proves it, kept out of every message."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gbakg.errors import BadParameter
from gbakg.profiles import SECRETS, Store
from gbakg.settings import setting

if TYPE_CHECKING:
    import requests
    from requests.auth import AuthBase


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """A user with a password, or a token, or neither; `signed` means AWS Signature Version 4 with the AWS settings."""

    user: str = ""
    password: str = ""
    token: str = ""
    signed: bool = False

    def __bool__(self) -> bool:
        return bool(self.user or self.token or self.signed)

    def __repr__(self) -> str:
        return "Credentials(...)"

    @property
    def refused(self) -> str:
        """In words, that a store does not believe who asks."""
        what = "signature by AWS's settings" if self.signed else "token" if self.token else "user or the password"
        return f"refused the {what}"

    def hide(self, text: str) -> str:
        """Take the secrets out of a text that somebody else has worded."""
        for secret in (self.password, self.token):
            if len(secret) > 3:
                text = text.replace(secret, "...")
        return text

    def method(self, kind: str) -> AuthBase:
        """Return what proves to a server, by one of `profiles.KINDS`, who asks; `none` where nobody does.

        Raises BadParameter if botocore, which signs, is not installed, or if a header cannot carry the user or the token.
        """
        from requests.auth import HTTPBasicAuth, HTTPDigestAuth

        if kind == "digest":
            if not self.user.isascii() or not self.user.isprintable():
                raise BadParameter("user", "a name in ASCII, for Digest", self.user, "give another user")
            return HTTPDigestAuth(self.user, self.password)
        if kind == "basic":
            return HTTPBasicAuth(self.user.encode(), self.password.encode())
        if kind == "sigv4":
            from gbakg.signing import Signature

            return Signature()
        if kind != "bearer":
            return _nobody()
        if not re.fullmatch("[!-~]+", self.token):
            found = "one with a space, a line break or letters beyond ASCII"
            raise BadParameter("token", "a token as RFC 6750 has it", found, "see GBAKG_TOKEN, or gbakg.toml")
        return _bearer(self.token)


def find(store: Store, user: str | None = None, ask: Callable[[str], str] | None = None) -> Credentials:
    """Find who asks a store: what `gbakg.toml` has for it, then the settings, then .netrc, then `ask` for a password.

    `user` is a name that was given on the command line.  A setting counts only for a store that `gbakg.toml` has no
    secret for.  Raises BadParameter if there is a user and no password.
    """
    if store.token and not user:
        return Credentials(token=store.token)
    name = user or store.user or setting("user") or ""
    if ":" in name:  # which no user has (RFC 7617), but who writes USER:PASSWORD
        raise BadParameter("user", "a name", f"{name.partition(':')[0]}:...", SECRETS)
    own = store.password if name in ("", store.user) else ""
    password = own or setting("password") or ""
    token = "" if name else setting("token") or ""
    if token:
        return Credentials(token=token)
    if not name or not password:
        name, password = _netrc(store.url, name) or (name, password)
    if name and not password and ask is not None:
        password = ask(f"password of {name} at {store.name or _host(store.url)}: ")
    if name and not password:
        raise BadParameter("user", "a password beside the user", name, "set GBAKG_PASSWORD, or put it into .netrc")
    if name:
        return Credentials(name, password)
    return Credentials(signed=store.profile is not None and store.profile.authentication == ("sigv4",))


def _netrc(url: str, user: str) -> tuple[str, str] | None:
    """Return the user and the password that .netrc, or the file that NETRC names, has for an address."""
    from requests.utils import get_netrc_auth

    found = get_netrc_auth(url)
    if found is None or (user and found[0] != user):
        return None
    return found[0], found[1]


def _host(url: str) -> str:
    from urllib.parse import urlsplit

    return urlsplit(url).hostname or url


def _nobody() -> AuthBase:
    from requests.auth import AuthBase

    class Nobody(AuthBase):
        """Adds nothing; its being there keeps requests from reading .netrc by itself."""

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            return request

    return Nobody()


def _bearer(token: str) -> AuthBase:
    from requests.auth import AuthBase

    class Bearer(AuthBase):
        """Adds a token (RFC 6750, section 2.1)."""

        def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
            request.headers["Authorization"] = f"Bearer {token}"
            return request

    return Bearer()
