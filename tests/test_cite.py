"""Citations."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from pyoxigraph import Literal, NamedNode

from gbakg import bibliography, cite, claims, terms
from gbakg.cite import Citation
from gbakg.engine import Engine
from gbakg.errors import UnknownName
from gbakg.store import Build

PATENTS = Citation(
    claim="observation/harbour-gazette-p2-lantern-patents",
    kind="observation",
    figure="more than 120",
    document="document/harbour-gazette",
    title="Port Amber leads the Coral Coast, bureau says",
    publisher="Harbour Gazette",
    issued=("2025-03-04", "2025-03-04"),
    paragraph=2,
    file="harbour-gazette.txt",
    speakers=(("Ida Moss", "Director of the Amber Patent Bureau"),),
)


def test_a_claim(built: Build) -> None:
    """A claim is cited with figure, document, publisher, date, paragraph, and its speaker with the post."""
    with built.open() as engine:
        assert [PATENTS] == cite.cite(engine, "observation/harbour-gazette-p2-lantern-patents")
    assert str(PATENTS) == (
        "“more than 120”: Port Amber leads the Coral Coast, bureau says. Harbour Gazette, 2025-03-04, paragraph 2; "
        "stated by Ida Moss (Director of the Amber Patent Bureau)"
    )


def test_an_entity(built: Build) -> None:
    """An entity is cited by every claim that names it, in the order of the text."""
    with built.open() as engine:
        found = cite.cite(engine, "Ida Moss")
    assert [
        "fact/harbour-gazette-p2-leads",
        "mention/harbour-gazette-p2-ida-moss",
        "observation/harbour-gazette-p2-lantern-patents",
    ] == [one.claim for one in found]


def test_the_first_claims(built: Build) -> None:
    """A limit gives the first of all citations."""
    with built.open() as engine:
        every = cite.cite(engine, "document/harbour-gazette")
        assert 12 == len(every)
        assert every[:5] == cite.cite(engine, "document/harbour-gazette", 5)
        assert every == sorted(every, key=lambda one: (one.document, one.paragraph, one.claim))


def test_citations_come_one_by_one(built: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first citation is there before the others are made, and those of a page come together."""
    made: list[int] = []

    def counted(engine: Engine, wanted: Sequence[NamedNode]) -> list[Citation]:
        made.append(len(wanted))
        return citations(engine, wanted)

    citations = cite.citations
    monkeypatch.setattr(cite, "citations", counted)
    monkeypatch.setattr(cite, "_PAGE", 4)
    with built.open() as engine:
        found = cite.in_order(engine, claims.named(engine, "document/harbour-gazette"))
        next(found)
        assert [4] == made
        assert 11 == len(list(found))
    assert [4, 4, 4] == made


def test_a_document(built: Build) -> None:
    """A document is cited by all that it states: three figures, five statements, four names."""
    with built.open() as engine:
        assert 12 == len(cite.cite(engine, "document/harbour-gazette"))


def test_sources(built: Build) -> None:
    """Who a document refers to is part of the citation."""
    with built.open() as engine:
        found = cite.cite(engine, "fact/harbour-gazette-p1-slogan")[0]
    assert ("Amber Patent Bureau",) == found.sources
    assert str(found).endswith("paragraph 1; according to Amber Patent Bureau")


def test_unknown_claim(built: Build) -> None:
    """A misspelt claim gets the nearest ones."""
    with built.open() as engine, pytest.raises(UnknownName, match="did you mean fact/harbour-gazette-p1-slogan"):
        cite.cite(engine, "fact/harbour-gazette-p1-slogans")


def test_notes_of_an_answer(built: Build) -> None:
    """Rows are cited by the claims in them, each once, or else by document and paragraph."""
    claim = terms.expand(PATENTS.claim)
    with built.open() as engine:
        found = list(cite.noted(engine, ("x", "n"), [(claim, None), (None, None), (claim, Literal("1"))]))
        assert [PATENTS] == found
        row = (Literal("harbour-gazette.txt"), terms.literal("4", "integer"))
        found = list(cite.noted(engine, ("document", "paragraph"), [row, row]))
    assert ["Port Amber leads the Coral Coast, bureau says. Harbour Gazette, 2025-03-04, paragraph 4"] == list(
        map(str, found)
    )


def test_bibtex() -> None:
    """One entry for a document, whatever is cited of it; TeX's marks are escaped."""
    other = Citation("fact/x-p9-a", "fact", "", PATENTS.document, "50% & {more}_", "", ("", ""), 9, "x.txt")
    assert bibliography.write([PATENTS, PATENTS], "bibtex") == (
        "@misc{harbour-gazette,\n"
        "  title = {{Port Amber leads the Coral Coast, bureau says}},\n"
        "  publisher = {{Harbour Gazette}},\n"
        "  date = {2025-03-04},\n"
        "  year = {2025},\n"
        "  note = {paragraph 2},\n"
        "}\n"
    )
    assert r"title = {{50\% \& \{more\}\_}}" in bibliography.write([other], "bibtex")


def test_csl() -> None:
    """CSL-JSON has the date as numbers, and leaves out what is unknown."""
    found = json.loads(bibliography.write([PATENTS], "csl"))
    assert [
        {
            "id": "harbour-gazette",
            "type": "article",
            "title": "Port Amber leads the Coral Coast, bureau says",
            "publisher": "Harbour Gazette",
            "issued": {"date-parts": [[2025, 3, 4]]},
            "note": "paragraph 2",
        }
    ] == found


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        (("2025-02-01", "2025-02-28"), "2025-02"),
        (("2024-02-01", "2024-02-29"), "2024-02"),
        (("2025-01-01", "2025-12-31"), "2025"),
        (("2025-02-01", "2025-02-27"), "2025-02-01 to 2025-02-27"),
        (("", "2025-02-27"), "2025-02-27"),
        (("", ""), "undated"),
    ],
)
def test_dates(issued: tuple[str, str], expected: str) -> None:
    """A date is as exact as it is known."""
    assert expected == cite.span(*issued)
