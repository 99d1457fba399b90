"""Profiles of stores: the built-in ones hold together, a user's own are read or refused with a hint."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbakg import profiles
from gbakg.errors import BadParameter, MissingFile

BASES = {
    "fuseki": ("http://localhost:3030/gba", "sparql", "update", "data"),
    "oxigraph": ("http://localhost:7878", "query", "update", "store"),
    "virtuoso": ("http://localhost:8890", "sparql", "sparql-auth", "sparql-graph-crud-auth"),
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)


def write(text: str) -> None:
    """Write gbakg.toml."""
    Path("gbakg.toml").write_text(text, encoding="utf-8")


def test_ten_stores_are_built_in() -> None:
    """The ten are there, each with its title and an address to query."""
    names = "oxigraph fuseki rdf4j graphdb virtuoso qlever stardog blazegraph neptune sparql11"
    assert names.split() == list(profiles.builtin())
    assert all(one.title and one.query for one in profiles.builtin().values())


def test_what_a_profile_promises_it_has_the_addresses_for() -> None:
    """A PUT needs a graph store, a MOVE an address for updates, a streamed body no Digest and no signature."""
    for one in profiles.builtin().values():
        assert one.replace != "put" or one.graphs, one.name
        assert one.replace != "move" or one.update, one.name
        assert not (one.stream and {"digest", "sigv4"} >= set(one.authentication or ("x",))), one.name


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("end", ["", "/", "query", "update", "graphs"])
def test_an_address_may_be_the_base_or_one_of_its_own(name: str, end: str) -> None:
    """Whichever address a user copies, the others are found."""
    base, *ends = BASES[name]
    wanted = dict(zip(("query", "update", "graphs"), (f"{base}/{one}" for one in ends), strict=True))
    given = {"": base, "/": f"{base}/", **wanted}
    assert wanted == profiles.builtin()[name].addresses(given[end])


@pytest.mark.parametrize("name", BASES)
@pytest.mark.parametrize("end", ["", "/", "query", "update", "graphs"])
def test_parameters_of_an_address_stay_behind_its_path(name: str, end: str) -> None:
    """An address with parameters is no other place: nothing is read from or written to the path before them."""
    base, *ends = BASES[name]
    wanted = dict(zip(("query", "update", "graphs"), (f"{base}/{one}?x=1&y" for one in ends), strict=True))
    given = {"": f"{base}?x=1&y", "/": f"{base}/?x=1&y", **wanted}
    assert wanted == profiles.builtin()[name].addresses(given[end])
    assert "http://h?cmd=stats&x=1" == profiles.address("{base}?cmd=stats", "http://h?x=1")
    assert "http://h/status" == profiles.address("{root}/status", "http://h/ds?x=1")


def test_a_fragment_of_an_address_is_refused() -> None:
    """What follows a # is never sent: a PUT to `http://h/ds#x/data` would go to the whole dataset."""
    with pytest.raises(BadParameter, match=r"http://h/ds#\.\.\.") as caught:
        profiles.store("http://h/ds#token=hidden")
    assert "hidden" not in str(caught.value)


def test_a_repository_of_rdf4j() -> None:
    """A repository is its own query service; statements and graphs lie below."""
    base = "http://localhost:8080/rdf4j-server/repositories/gba"
    wanted = {"query": base, "update": f"{base}/statements", "graphs": f"{base}/rdf-graphs/service"}
    for end in ("", "/statements", "/rdf-graphs/service"):
        assert wanted == profiles.builtin()["rdf4j"].addresses(base + end)


def test_a_store_of_ones_own() -> None:
    """A store in gbakg.toml is like a built-in one, but for what it says itself; name and address both find it."""
    write(
        '[stores.office]\nlike = "fuseki"\nurl = "https://example.org/gba"\nuser = "ada"\npassword = "hidden"\n'
        'piece = 500\nupdate = "{root}/write"\ngraph = "urn:g"\n'
    )
    found = profiles.store("office")
    assert found == profiles.store("https://example.org/gba/")
    assert found.profile is not None
    assert (500, "office", "put") == (found.profile.piece, found.profile.name, found.profile.replace)
    assert "https://example.org/write" == found.profile.addresses(found.url)["update"]
    assert found.profile == profiles.profile("office")
    assert "hidden" not in repr(found)


def test_a_store_may_be_an_address_alone() -> None:
    """Without a word of its kind, nothing is assumed."""
    write('[stores.office]\nurl = "https://example.org/gba"\n')
    assert profiles.store("office").profile is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[stores.a]\nurl = "http://x/"\npeice = 5', "no key 'peice'; did you mean piece?"),
        ('[stores.a]\nurl = "http://x/"\nwholly_else = 5', "it takes authentication, "),
        ('[stores.a]\nlike = "fuseky"', "like has to be one of oxigraph, "),
        ("[stores.a]\npiece = 0", "piece has to be a whole number from 1"),
        ("[stores.a]\npiece = true", "piece has to be a whole number from 0, and is True"),
        ('[stores.a]\nstream = "yes"', "stream has to be true or false"),
        ('[stores.a]\nreplace = "swap"', "replace has to be one of put, move, change, none, and is 'swap'"),
        ('[stores.a]\nauthentication = ["kerberos"]', "authentication has to be a list of basic, digest"),
        ('[stores.a]\nquery = "{host}/sparql"', "query may hold {base} and {root}"),
        ("[stores.a]\nurl = 5", "url has to be a text"),
        ('[stores.a]\nurl = "http://ada:hidden@x/"', "without a user or password"),
        ("[stores]\na = 5", "has to be a table"),
        ("stores = 5", "`stores` has to be a table"),
    ],
)
def test_a_store_that_cannot_be_read(text: str, said: str) -> None:
    """What is wrong is named with its place and what is right; a secret is not repeated."""
    write(text)
    with pytest.raises(MissingFile, match=r"gbakg\.toml") as caught:
        profiles.stores()
    assert said in str(caught.value)
    assert "hidden" not in str(caught.value)


def test_names_that_there_are_not() -> None:
    """A name that is nearly one is asked after."""
    write('[stores.office]\nlike = "fuseki"\n')
    with pytest.raises(BadParameter, match="did you mean fuseki"):
        profiles.profile("fuseky")
    with pytest.raises(BadParameter, match="did you mean office"):
        profiles.store("offices")
    with pytest.raises(BadParameter, match="has no url"):
        profiles.store("office")
    with pytest.raises(BadParameter, match=r"\[stores.NAME\]"):
        profiles.store("localhost:3030")


@pytest.mark.parametrize(
    ("headers", "name"),
    [
        ({"Server": "Virtuoso/07.20.3229 (Linux)"}, "virtuoso"),
        ({"Server": "Oxigraph/0.5.13"}, "oxigraph"),
        ({"Fuseki-Request-Id": "1"}, "fuseki"),
        ({"Server": "nginx"}, None),
        ({}, None),
    ],
)
def test_headers_tell_the_store(headers: dict[str, str], name: str | None) -> None:
    """A Server header, or one that only this store sends, says what answered."""
    found = profiles.recognise(headers)
    assert name == (found.name if found else None)


@pytest.mark.parametrize("text", ["http:/ada:hidden@host/x", "ada:hidden@host/x", "hidden@host"])
def test_what_looks_like_a_secret_in_a_name_is_not_repeated(text: str) -> None:
    """An address with a slip of the pen is no name; what stands before its host may be a password."""
    with pytest.raises(BadParameter, match=r"'\.\.\.@host") as caught:
        profiles.store(text)
    assert "hidden" not in str(caught.value)
