"""What the documents in docs/ and the queries' README tell somebody who adds a document, a setting or a query."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pyoxigraph
from pyoxigraph import RdfFormat

from gbakg import cells, header, settings
from gbakg.tables import COLUMNS
from test_validator import BOTH, ON_PATHS, PATHS, TARGETS

ROOT = Path(__file__).parent.parent
FIXTURES = Path(__file__).parent / "fixtures"
CURATION = (ROOT / "docs" / "curation.md").read_text(encoding="utf-8")


def blocks(language: str, text: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_program_for_passages_prints_those_of_a_document(tmp_path: Path) -> None:
    """Run on a text with an empty line, it gives the passages that were written by hand."""
    (program,) = blocks("python", CURATION)
    (tmp_path / "passages.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "passages.py", str(FIXTURES / "harbour-gazette.txt"), "harbour-gazette"]
    printed = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True, text=True, encoding="utf-8").stdout
    written = (FIXTURES / "project/data/documents/harbour-gazette/document.ttl").read_text(encoding="utf-8")
    prefixes = "".join(line for line in written.splitlines(keepends=True) if line.startswith("@prefix"))
    expected, found = (
        {
            str(quad.triple)
            for quad in pyoxigraph.parse(text.encode(), format=RdfFormat.TURTLE)
            if "#p" in str(quad.subject)
        }
        for text in (written, prefixes + printed)
    )
    assert expected
    assert expected == found


def test_the_turtle_of_the_documentation_can_be_copied() -> None:
    """A description has the prefixes that it uses."""
    first, _metric = blocks("turtle", CURATION)
    assert 13 == len(list(pyoxigraph.parse(first.encode(), format=RdfFormat.TURTLE)))


def test_every_class_is_in_the_model() -> None:
    """A class that is added to the ontology gets a place in the table, beside its file."""
    told = (ROOT / "docs" / "model.md").read_text(encoding="utf-8").partition("\n## ")[0]
    files = sorted((ROOT / "ontology" / "terms").glob("*.ttl"))
    assert len(files) == 9
    for file in files:
        rows = "".join(line for line in told.splitlines() if f"{file.name}`" in line)
        classes = re.findall(r"^gba:(\w+)\n    a owl:Class\b", file.read_text(encoding="utf-8"), re.MULTILINE)
        assert classes
        assert set(classes) <= set(re.findall(r"\w+", rows)), file.name


def test_what_cells_take_is_documented() -> None:
    """Which columns take several entities, and every datatype of a literal, stand in the guide."""
    told = CURATION.partition("Several entities in one cell")[2].partition("\n\n")[0]
    columns = {name: read for table in COLUMNS.values() for name, read in table.items()}
    several = {name for name, read in columns.items() if read is cells.entities}
    assert several == set(re.findall(r"`(\w+)`", told.partition("take several")[0]))
    assert set(cells.LITERALS) <= set(re.findall(r"`(\w+)`", told))


def test_the_cases_of_the_validator_are_counted() -> None:
    """The number of cases that the page on engines tells is that of the tests."""
    told = re.search(r"against pyshacl \| (\d+) cases", (ROOT / "docs" / "engines.md").read_text(encoding="utf-8"))
    assert told
    assert len(ON_PATHS) * len(PATHS) + len(BOTH) * len(TARGETS) == int(told[1])


def test_every_setting_is_documented() -> None:
    """A setting that is added gets a place in the table."""
    told = (ROOT / "docs" / "builds.md").read_text(encoding="utf-8").partition("## Settings")[2].partition("\n## ")[0]
    assert set(settings.NAMES) <= set(re.findall(r"`(\w+)`", told))


def test_every_field_of_a_header_is_documented() -> None:
    """The header that the queries' README shows is one, and it names all types."""
    told = (ROOT / "queries" / "README.md").read_text(encoding="utf-8").partition("## What a header says")[2]
    (shown,) = blocks("sparql", told)
    found = header.parse(f"{shown}SELECT * {{}}", "README.md")
    assert set(found._fields) == {field for field in found._fields if getattr(found, field)}
    assert {*header.TYPES, *header.VIEWS} <= set(re.findall(r"`(\w+)`", told))
