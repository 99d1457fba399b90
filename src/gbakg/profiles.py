"""What is known of triple stores: built-in profiles, and the stores that a user names in `gbakg.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from urllib.parse import parse_qsl, urljoin, urlsplit, urlunsplit

from gbakg import settings
from gbakg.errors import BadParameter, MissingFile

PLAIN = "sparql11"
KINDS = ("basic", "digest", "bearer", "sigv4")
_CHOICES = {
    "default": ("alone", "union", "none"),
    "upload": ("n-triples", "turtle"),
    "replace": ("put", "move", "change", "none"),
    "triples": ("application/n-triples", "text/plain"),
}
_OWN = {"url", "like", "graph", "user", "password", "token"}
"""Keys of a store in `gbakg.toml` beside those of a profile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What one kind of store is like; `profiles.toml` says what each field means, and where its values come from."""

    name: str
    title: str
    query: str
    update: str
    graphs: str
    authentication: tuple[str, ...]
    upload: str
    stream: bool
    gzip: bool
    piece: int
    most: int
    default: str
    unnamed: str
    rows: int
    replace: str
    blanks: bool
    recovers: bool = True
    pointed: bool = False
    fresh: str = ""
    triples: str = "application/n-triples"
    server: str = ""
    header: str = ""
    probe: str = ""
    says: str = ""

    @property
    def media(self) -> str:
        """The media type of uploads."""
        return "text/turtle" if self.upload == "turtle" else "application/n-triples"

    def addresses(self, base: str) -> dict[str, str]:
        """Return the addresses for `query`, `update` and `graphs`, empty where there is none.

        `base` may also be one of them: what is told is then the same.

        >>> builtin()["fuseki"].addresses("http://localhost:3030/gba/sparql")["update"]
        'http://localhost:3030/gba/update'
        """
        base = self.base(base)
        return {name: address(getattr(self, name), base) for name in ("query", "update", "graphs")}

    def base(self, url: str) -> str:
        """Take the end off an address that is one of the store's own."""
        path, mark, query = url.partition("?")
        url = path.rstrip("/")
        ends = (getattr(self, name).removeprefix("{base}").rstrip("/") for name in ("query", "update", "graphs"))
        for end in sorted((end for end in ends if end.startswith("/")), key=len, reverse=True):
            if url.endswith(end):
                return url.removesuffix(end) + mark + query
        return url + mark + query


@dataclass(frozen=True, slots=True)
class Store:
    """One store: where it is, what it is like, and, if `gbakg.toml` names it, its graph and who asks.

    `profile` is None if nobody has said what it is.  The password and the token are left out of the representation.
    """

    url: str
    profile: Profile | None = None
    name: str = ""
    graph: str = ""
    user: str = ""
    password: str = ""
    token: str = ""

    def __repr__(self) -> str:
        return f"Store({self.url!r}, {self.profile.name if self.profile else None!r}, {self.name!r})"


@cache
def builtin() -> Mapping[str, Profile]:
    """Return the built-in profiles by name."""
    found = tomllib.loads(files("gbakg").joinpath("profiles.toml").read_text(encoding="utf-8"))
    return {name: _profile(name, values, "profiles.toml") for name, values in found.items()}


def profile(name: str) -> Profile:
    """Return a profile by its name: a built-in one, or that of a store in `gbakg.toml`.  Raises BadParameter."""
    known = builtin()
    if name in known:
        return known[name]
    own = stores().get(name)
    if own is not None and own.profile is not None:
        return own.profile
    names = [*known, *stores()]
    near = get_close_matches(name, names, n=1)
    raise BadParameter("profile", f"one of {', '.join(names)}", name, f"did you mean {near[0]}?" if near else "")


def stores() -> dict[str, Store]:
    """Return the stores that `gbakg.toml` names.

    Raises MissingFile if one has an unknown key, or a value of another kind than its key wants.
    """
    return {name: _store(name, values) for name, values in settings.section("stores").items()}


def store(text: str) -> Store:
    """Find a store by its address, or by its name in `gbakg.toml`.

    An address that `gbakg.toml` has gives the store of that name.  Raises BadParameter, MissingFile.
    """
    known = stores()
    if "://" in text:
        check(text)
        for one in known.values():
            if one.url.rstrip("/") == text.rstrip("/"):
                return one
        return Store(text)
    found = known.get(text)
    if found is None:
        near = get_close_matches(text, known, n=1)
        advice = f"did you mean {near[0]}?" if near else "[stores.NAME] in gbakg.toml gives a store a name"
        named = "..." + text[text.rfind("@") :] if "@" in text else text  # before it may stand a password
        raise BadParameter("endpoint", "an address such as http://localhost:3030/gba/sparql", named, advice)
    if not found.url:
        raise BadParameter("endpoint", "an address", text, f"[stores.{text}] in gbakg.toml has no url")
    return found


def check(url: str) -> None:
    """Refuse what is no address of HTTP, and an address with a secret in it, without repeating it.

    Raises BadParameter.
    """
    example = "an address such as http://localhost:3030/gba/sparql"
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadParameter("endpoint", example, "an address that cannot be read") from None
    if parts.username is not None or parts.password is not None:
        host = f"{parts.scheme}://...@{parts.hostname}"
        raise BadParameter("endpoint", "an address without a user or password", host, SECRETS)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadParameter("endpoint", example, url)
    if parts.fragment:  # it is never sent, and with it all that is put after it: a PUT would go to another place
        raise BadParameter(
            "endpoint", "an address without a fragment", f"{shown(url)}#...", "leave out the # and what follows"
        )
    for key, _ in parse_qsl(parts.query, keep_blank_values=True):
        if any(word in key.lower() for word in _SECRET_KEYS):
            raise BadParameter("endpoint", "an address without a secret", f"{key}=...", SECRETS)


def shown(url: str) -> str:
    """Return an address without what follows its path."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def recognise(headers: Mapping[str, str]) -> Profile | None:
    """Tell from the headers of an answer what store gave it; None if they do not tell."""
    given = {name.lower(): value for name, value in headers.items()}
    server = given.get("server", "")
    for one in builtin().values():
        if (one.server and server.startswith(one.server)) or (one.header and one.header.lower() in given):
            return one
    return None


SECRETS = "secrets come from GBAKG_USER, GBAKG_PASSWORD, GBAKG_TOKEN, [stores.NAME] in gbakg.toml, or .netrc"
_SECRET_KEYS = (
    "token",
    "password",
    "passwd",
    "pwd",
    "secret",
    "apikey",
    "api-key",
    "api_key",
    "credential",
    "signature",
)


# --- reading -------------------------------------------------------------------------------------------------------


def address(template: str, base: str) -> str:
    """Fill a template such as `{base}/../status`; what follows the path of `base` follows that of what is made.

    >>> address("{base}/../../protocol", "http://localhost:8080/rdf4j-server/repositories/gba")
    'http://localhost:8080/rdf4j-server/protocol'
    """
    parts = urlsplit(base)
    base, mark, query = base.partition("?")
    named = f"{'&' if '?' in template else mark}{query}" if "{base}" in template else ""
    made = template.replace("{base}", base).replace("{root}", f"{parts.scheme}://{parts.netloc}")
    return (urljoin(made, urlsplit(made).path) if "/../" in made else made) + named


def _store(name: str, values: object) -> Store:
    file = f"{settings.FILE}, [stores.{name}]"
    if not isinstance(values, dict):
        raise MissingFile(file, "has to be a table")
    own = {key: values[key] for key in _OWN & values.keys()}
    for key, value in own.items():
        if not isinstance(value, str):
            raise MissingFile(file, f"{key} has to be a text")
    like = own.pop("like", None)
    rest = {key: value for key, value in values.items() if key not in _OWN}
    made: Profile | None = None
    if like is not None or rest:
        if like is not None and like not in builtin():
            raise MissingFile(file, f"like has to be one of {', '.join(builtin())}, and is {like!r}")
        ground = asdict(builtin()[like or PLAIN])
        del ground["name"]
        made = _profile(name, {**ground, **rest}, file)
    if "url" in own:
        try:
            check(own["url"])
        except BadParameter as error:
            raise MissingFile(file, str(error)) from error
    return Store(own.pop("url", ""), made, name, **own)


def _profile(name: str, values: Mapping[str, object], file: str) -> Profile:
    kinds = {field.name: field for field in fields(Profile) if field.name != "name"}
    made: dict[str, object] = {}
    for key, value in values.items():
        if key not in kinds:
            near = get_close_matches(key, [*kinds, *_OWN], n=1)
            raise MissingFile(file, f"has no key {key!r}; {f'did you mean {near[0]}?' if near else _every(kinds)}")
        made[key] = _value(key, value, str(kinds[key].type), file)
    missing = [key for key, field in kinds.items() if key not in made and field.default is MISSING]
    if missing:
        raise MissingFile(file, f"lacks {', '.join(missing)}")
    return Profile(name, **made)  # type: ignore[arg-type] # _value has seen to it


def _every(kinds: Mapping[str, object]) -> str:
    return f"it takes {', '.join(sorted({*kinds, *_OWN}))}"


def _value(key: str, value: object, kind: str, file: str) -> object:
    if key in _CHOICES and value not in _CHOICES[key]:
        raise MissingFile(file, f"{key} has to be one of {', '.join(_CHOICES[key])}, and is {value!r}")
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        if key == "piece" and not value:
            raise MissingFile(file, "piece has to be a whole number from 1")
        return value
    if kind == "str" and isinstance(value, str):
        if "{" in value.replace("{base}", "").replace("{root}", ""):
            raise MissingFile(file, f"{key} may hold {{base}} and {{root}}, and is {value!r}")
        return value
    if kind.startswith("tuple") and isinstance(value, (list, tuple)) and all(one in KINDS for one in value):
        return tuple(value)
    wanted = {"bool": "true or false", "int": "a whole number from 0", "str": "a text"}
    raise MissingFile(file, f"{key} has to be {wanted.get(kind, 'a list of ' + ', '.join(KINDS))}, and is {value!r}")
