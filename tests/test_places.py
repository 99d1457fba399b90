"""Finding where something was stated: the row of a claim, the line of what stands in Turtle."""

from __future__ import annotations

from pathlib import Path

from gbakg import populate, terms
from gbakg.places import Place, Places
from gbakg.sources import Project


def test_everything_that_was_stated_can_be_located(project: Project) -> None:
    """A claim by its row, an entity, a passage and a term by the line of their subject."""
    places = Places(populate.everything(project))
    expected = {
        "fact/harbour-gazette-p4-founded": ("facts.csv", 4, "row"),
        "region/port-amber": ("entities.ttl", 50, "line"),
        "document/harbour-gazette": ("document.ttl", 8, "line"),
        "document/harbour-gazette#p2": ("document.ttl", 25, "line"),
    }
    for name, (file, number, place) in expected.items():
        found = places.find(terms.expand(name))
        assert (Path(found[0]).name, found[1], found[2]) == (file, number, place)
    assert places.find(terms.expand("gba:within"))[0].endswith("terms.ttl")
    assert places.find(terms.expand("region/none")) == Place()


def test_a_document_with_another_name_than_its_folder_is_found(project: Project) -> None:
    """A misspelt IRI is looked for in the folders that there are."""
    path = project.data / "documents" / "harbour-gazette" / "document.ttl"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("document:harbour-gazette\n", "document:harbor-gazette\n"), encoding="utf-8")
    found = Places(populate.everything(project)).find(terms.expand("document/harbor-gazette"))
    assert ("document.ttl", 8, "line") == (Path(found.file).name, found.number, found.unit)


def test_a_claim_without_its_row_has_no_place(project: Project) -> None:
    """A document that is not there, a row that is gone, a table that cannot be read any more."""
    places = Places(populate.everything(project))
    table = project.data / "documents" / "harbour-gazette" / "facts.csv"
    assert places.find(terms.expand("fact/other-gazette-p4-founded")) == Place()
    assert places.find(terms.expand("fact/harbour-gazette-p4-lost")) == Place()
    assert places.claims(terms.expand("fact/harbour-gazette-p4-founded"))
    assert not places.claims(terms.expand("region/port-amber"))
    table.write_bytes(b"\xff")
    assert Places(populate.everything(project)).find(terms.expand("fact/harbour-gazette-p4-founded")) == Place()
