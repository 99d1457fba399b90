"""Claims against texts."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT, at, published
from gbakg import texts, verify
from gbakg.errors import EncodingError, MissingFile
from gbakg.sources import Project
from gbakg.verify import Verdict

TEXT = FIXTURES / "harbour-gazette.txt"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    return Path(shutil.copy(TEXT, tmp_path / "texts" / TEXT.name))


def check(path: Path, project: Project) -> Verdict:
    return verify.verify(path, texts.described(project), project)


def test_everything_holds(project: Project, text: Path) -> None:
    """Three figures, five statements and four names stand where their rows say."""
    found = check(text, project)
    assert ("intact", 8, 4, ()) == (found.state, found.figures, found.names, found.mismatches)
    assert found.holds
    assert ["harbour-gazette"] == [found.document]


def test_a_copy_under_any_name(project: Project, text: Path) -> None:
    """The text is recognised by its hash, whatever the file is called."""
    assert check(text.rename(text.with_name("copy.txt")), project).holds


def test_a_text_has_an_end(project: Project, text: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A device that gives bytes for ever is not read for ever."""
    size = text.stat().st_size
    monkeypatch.setattr(texts, "LONGEST", size)
    assert check(text, project).holds
    monkeypatch.setattr(texts, "LONGEST", size - 1)
    with pytest.raises(MissingFile, match=f"is longer than {size - 1} bytes; give the text of a document"):
        check(text, project)


def test_every_changed_character_is_noticed(project: Project, text: Path) -> None:
    """One changed character, wherever it stands, is a mismatch; the paragraph that differs is named."""
    original = text.read_text(encoding="utf-8")
    lines = original.split("\n")
    for place in range(0, len(original), 7):
        changed = original[:place] + ("y" if original[place] != "y" else "z") + original[place + 1 :]
        text.write_text(changed, encoding="utf-8")
        found = check(text, project)
        assert ("damaged", False) == (found.state, found.holds), place
        number = sum(bool(line) for line in lines[: original.count("\n", 0, place) + 1])
        if original[place] != "\n":
            assert f"paragraph {number} is the first that differs" in found.mismatches[0].found


@pytest.mark.parametrize(
    "change", [lambda raw: raw + b"\n", lambda raw: raw[:-1], lambda raw: raw.replace(b"\n", b"\r\n")]
)
def test_changes_between_paragraphs(project: Project, text: Path, change: Callable[[bytes], bytes]) -> None:
    """Line ends count too."""
    text.write_bytes(change(text.read_bytes()))
    assert not check(text, project).holds


def test_what_damaged_claims_show(project: Project, text: Path) -> None:
    """A figure that changed is listed with what stands there now."""
    text.write_text(text.read_text(encoding="utf-8").replace("nearly 7,000", "nearly 9,000"), encoding="utf-8")
    lines = "\n".join(check(text, project).lines)
    assert (
        "observation/harbour-gazette-p3-lantern-marks: expected 'nearly 7,000' at 228-240, found 'nearly 9,000'"
        in lines
    )
    assert "paragraph 3 is the first that differs" in lines


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        (
            "observations.csv",
            ",98,111,",
            ",98,112,",
            "row 2: .*expected 'more than 120' at 98-112, found 'more than 120 '; .* 98-111",
        ),
        ("observations.csv", '"nearly 7,000",228', '"nearly 7,00",228', "row 3: .*expected 'nearly 7,00'"),
        ("mentions.csv", "port-amber,2,47,57,", "port-amber,2,48,58,", "row 3: .*found 'ort Amber,'; .* 47-57"),
        ("mentions.csv", "ida-moss,2,", "ida-moss,3,", "row 4: .*in paragraph 3, found it in 2"),
        ("mentions.csv", "298,308", "2980,3080", "row 5: .*found nothing"),
        ("mentions.csv", "ida-moss,2,146,154,Ida Moss", "ida-moss,2,146,,Ida Moss", "row 4: .*an empty cell"),
        (
            "document.ttl",
            "gba:start 47",
            "gba:start 48",
            r"document\.ttl: document/harbour-gazette#p2: expected .* at 48-203",
        ),
        ("document.ttl", "5cd2a7e3", "5cd2a7e4", r"document\.ttl: document/harbour-gazette#p1: expected .*5cd2a7e4"),
    ],
)
def test_wrong_rows(
    project: Project, text: Path, edit: Callable[[str, str, str], Path], name: str, old: str, new: str, says: str
) -> None:
    """A moved offset, another figure, another paragraph: each is a mismatch with its file and row."""
    edit(f"data/documents/harbour-gazette/{name}", old, new)
    found = check(text, project)
    assert 1 == len(found.mismatches)
    assert re.search(says, str(found.mismatches[0])), str(found.mismatches[0])


def test_wrong_files(project: Project, text: Path) -> None:
    """A text of no document, and the text of one document under the name of another, are wrong files."""
    other = text.with_name("other.txt")
    other.write_text("Nothing of interest", encoding="utf-8")
    found = check(other, project)
    assert ("unknown", False) == (found.state, found.holds)
    assert "wrong file" in next(found.lines)
    second = project.data / "documents" / "second"
    shutil.copytree(project.data / "documents" / "harbour-gazette", second)
    (second / "document.ttl").write_text(
        "@prefix gba: <https://w3id.org/gbakg/ontology#> .\n"
        '<https://w3id.org/gbakg/id/document/second> gba:fileName "second.txt" ; gba:sha256 "0" .\n',
        encoding="utf-8",
    )
    found = check(text.rename(text.with_name("second.txt")), project)
    assert ("renamed", False) == (found.state, found.holds)
    assert "expected the text of second, found the text of harbour-gazette" in next(found.lines)


def test_unreadable(project: Project, text: Path) -> None:
    """What is no text is no verdict, but an error with exit code 3."""
    with pytest.raises(MissingFile):
        check(text.with_name("none.txt"), project)
    text.write_bytes(text.read_bytes()[:50] + b"\xff\n")
    with pytest.raises(EncodingError, match="line 3: byte 0xff"):
        check(text, project)


@pytest.mark.texts
def test_the_documents_of_the_project() -> None:
    """Every figure and name of the project's own data stands in the published texts."""
    project = at(ROOT)
    known = texts.described(project)
    found = [verify.verify(path, known, project) for path in published()]
    assert [] == [line for one in found if not one.holds for line in one.lines]
    assert {one.slug for one in known} == {one.document for one in found}
    assert sum(one.figures for one in found) > 500


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda raw: raw.replace(b"\n", b"\r\n"), "its lines end in CR LF"),
        (lambda raw: b"\xef\xbb\xbf" + raw, "it begins with a byte order mark"),
    ],
)
def test_what_an_editor_did_to_a_text_is_named(
    project: Project, text: Path, change: Callable[[bytes], bytes], says: str
) -> None:
    """A copy that differs by its line ends or its mark alone is still damaged, and told as that."""
    text.write_bytes(change(text.read_bytes()))
    found = check(text, project)
    assert "damaged" == found.state
    assert says in found.mismatches[0].found


def test_a_text_of_any_length_is_told_apart(project: Project, text: Path) -> None:
    """Paragraphs beyond the document's are not reported one by one."""
    with text.open("a", encoding="utf-8") as file:
        file.write("more\n" * 10_000)
    found = check(text, project)
    assert not found.holds
    assert len(found.mismatches) < 200
