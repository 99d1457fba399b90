"""Numbers without claims."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode

from conftest import FIXTURES, ROOT, at, published
from gbakg import coverage, sources, terms, texts
from gbakg.coverage import Coverage
from gbakg.errors import EncodingError, TableError
from gbakg.sources import Project

TEXT = FIXTURES / "harbour-gazette.txt"
# The numbers of the text: 120, 2024, 3, 2025 | 2025, 7,000, 4.5% | 1999, second.
# Claims cover 120, 7,000, 4.5%, 1999 and second; the others date claims, or the day on which something was said.
EXEMPT = """paragraph,start,end,figure,reason
2,131,135,2024,part-of-period
2,190,202,3 March 2025,document-furniture
3,223,227,2025,part-of-period
"""


@pytest.fixture
def exempt(project: Project) -> Callable[[str], None]:
    def write(text: str) -> None:
        path = project.data / "documents" / "harbour-gazette" / coverage.FILE
        path.write_text(text, encoding="utf-8")

    return write


def cover(project: Project, path: Path = TEXT) -> Coverage:
    return coverage.cover(path, texts.described(project), project)


def test_uncovered(project: Project) -> None:
    """A number without a claim is listed with line, paragraph and context."""
    found = cover(project)
    assert ["2024", "3", "2025", "2025"] == [one.number.text for one in found.uncovered]
    assert {"observation": 3, "fact": 2} == found.claimed
    assert 9 == found.found
    assert (2, 3) == (found.uncovered[0].paragraph, found.uncovered[0].line)
    assert "patents in 2024, Director" in found.uncovered[0].context
    assert not found.complete


def test_exempt(project: Project, exempt: Callable[[str], None]) -> None:
    """A row of exempt.csv accounts for the numbers inside its figure."""
    exempt(EXEMPT)
    found = cover(project)
    assert found.complete
    assert {"part-of-period": 2, "document-furniture": 2} == found.exempt
    assert [
        f"{found.file}: harbour-gazette: 9 numbers: 3 observation, 2 fact, 2 part-of-period, 2 document-furniture; 0 uncovered"
    ] == list(found.lines)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("131,135,2024", "132,136,2024", "row 2, column figure: expected '2024' at 132-136, found '024,'"),
        ("131,135,2024", "131,134,202", "row 2: there is no whole number in '202'"),
        ("2,131", "3,131", "row 2, column paragraph: '2024' at 131 is not in paragraph 3"),
    ],
)
def test_wrong_exemptions(project: Project, exempt: Callable[[str], None], old: str, new: str, says: str) -> None:
    """An exemption that does not fit the text is a problem."""
    exempt(EXEMPT.replace(old, new))
    found = cover(project)
    assert not found.complete
    assert says in str(found.problems[0])


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("reason\n", "why\n", "unknown column `why`"),
        ("2024,part-of-period", "2024,part-of-perid", "did you mean part-of-period"),
        ("2024,part-of-period", "2024,because", "the reasons are part-of-name"),
        ("2024,part-of-period", "2024", "4 cells instead of 5"),
        ("2,131", "two,131", "row 2, column paragraph: `two` is not a whole number"),
        ("2,131", ",131", "row 2, column paragraph: is empty"),
    ],
)
def test_unreadable_exemptions(project: Project, exempt: Callable[[str], None], old: str, new: str, says: str) -> None:
    """A table that cannot be read names file and row."""
    exempt(EXEMPT.replace(old, new, 1))
    with pytest.raises(TableError, match=says):
        cover(project)


def test_bom(project: Project, exempt: Callable[[str], None]) -> None:
    """A byte order mark is refused."""
    exempt("\ufeff" + EXEMPT)
    with pytest.raises(EncodingError):
        cover(project)


def test_half_covered_is_uncovered(project: Project, edit: Callable[[str, str, str], Path]) -> None:
    """A claim that holds only a part of a number does not cover it."""
    edit("data/documents/harbour-gazette/observations.csv", "4.5%,267,271", "4.5,267,270")
    assert "4.5%" in [one.number.text for one in cover(project).uncovered]


def test_claims_together(project: Project) -> None:
    """Claims that only together hold a number cover it."""
    folder = project.data / "documents" / "two"
    folder.mkdir()
    text = "It is 12 million.\n"
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    (folder / "document.ttl").write_text(
        f'<https://w3id.org/gbakg/id/document/two> <https://w3id.org/gbakg/ontology#sha256> "{sha256}" .',
        encoding="utf-8",
    )
    (folder / "mentions.csv").write_text(
        "key,paragraph,start,end,surface,entity,basis\na,1,6,9,12 ,region/port-amber,\nb,1,9,16,million,region/port-amber,\n",
        encoding="utf-8",
    )
    path = project.data / "two.txt"
    path.write_text(text, encoding="utf-8")
    assert {"several": 1} == cover(project, path).claimed


def test_damaged_texts_are_not_looked_into(project: Project, tmp_path: Path) -> None:
    """Offsets into a changed text would mislead, so that it is refused."""
    path = tmp_path / TEXT.name
    path.write_text(TEXT.read_text(encoding="utf-8").replace("120", "130"), encoding="utf-8")
    found = cover(project, path)
    assert not found.complete
    assert "is damaged; `gbakg document verify` says more" in next(found.lines)


def test_at_most_five_reasons() -> None:
    """The list of reasons is closed, and short."""
    assert 5 == len(coverage.REASONS)


@pytest.mark.texts
def test_the_documents_of_the_project() -> None:
    """No number of the published texts is without a claim or a reason."""
    project = at(ROOT)
    known = texts.described(project)
    found = [coverage.cover(path, known, project) for path in published()]
    assert [] == [line for one in found if not one.complete for line in one.lines]
    assert {one.slug for one in known} == {one.document for one in found}


@pytest.mark.texts
def test_every_printed_name_is_a_mention() -> None:
    """Where a text prints an English name of the registry, in whatever case, a mention stands."""
    project = at(ROOT)
    names: dict[str, set[str]] = {}
    for file in sources.registry_files(project):
        for triple in sources.triples(file):
            subject, name = triple.subject, triple.object
            if (
                terms.local(triple.predicate) in ("label", "altLabel")
                and isinstance(name, Literal)
                and name.language == "en"
            ):
                assert isinstance(subject, NamedNode)
                names.setdefault(name.value, set()).add(subject.value.partition("/id/")[2])
    # Units and metrics are named by figures and in words of the registry's own. In these texts "world" outside of a name is
    # a measure of rank or reach (world-class), and "top 100" a rank where no award is given.
    left = {"region/world", "topic/top-100-award"}
    named = {
        name: kept
        for name, entities in names.items()
        if (kept := {one for one in entities if not one.startswith(("metric/", "unit/"))} - left)
    }
    assert len(named) > 400
    slugs = {one.sha256: one.slug for one in texts.described(project)}
    missing: list[str] = []
    for path in published():
        raw = path.read_bytes()
        slug, text = slugs[hashlib.sha256(raw).hexdigest()], raw.decode()
        spans = [
            (one.start, one.end)
            for one in sources.mentions(project.data / "documents" / slug)
            if one.start is not None and one.end is not None
        ]
        missing += [
            f"{slug} {found.start()}: {found[0]} {sorted(entities)}"
            for name, entities in named.items()
            for found in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE)
            if not any(start < found.end() and found.start() < end for start, end in spans)
        ]
    assert [] == missing
