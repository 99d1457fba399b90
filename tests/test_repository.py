"""What must not be in the repository: places of one machine, registry hosts, hidden characters, the documents' text."""

import csv
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pyoxigraph import Literal, parse

ROOT = Path(__file__).resolve().parents[1]
TEXTS = Path(os.environ.get("GBAKG_TEXTS") or ROOT.parent / "shared" / "documents")
LONGEST = {"figure": 90, "name": 150, "title": 200}  # characters; what is longer is a sentence
RUN = 60  # characters of a document in a row that count as its text

# Written so that no pattern finds itself.
PLACES = re.compile(
    r"(?<![\w.~$}<*-])/(?:work|root|home|Users|mnt|opt)/[\w.]"  # a folder of somebody's machine
    r"|\b[A-Z]:\\{1,2}(?:Users|work|home)\b"
)
HOSTS = re.compile(
    r"\b(?:pypi\.(?:org|python)|pythonhosted\.(?:org)|npmjs\.(?:org|com)|yarnpkg\.(?:com)|repo\d?\.maven\.(?:\w)"
    r"|crates\.(?:io)|proxy\.golang\.(?:org)|(?:deb|security|ftp)\.debian\.(?:org)|archive\.ubuntu\.(?:com))",
    re.IGNORECASE,
)
HIDDEN = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")  # controls of the direction of writing
LABELS = ("http://www.w3.org/2000/01/rdf-schema#label", "http://www.w3.org/2004/02/skos/core#altLabel")
SPELLINGS = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-"})


def listed() -> list[Path]:
    """List the files that git tracks or would track."""
    git = shutil.which("git")
    command = [git or "git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False) if git else None
    if result is None or result.returncode != 0:
        pytest.skip("not a git checkout: what belongs to the repository cannot be told")
    return [path for name in sorted(set(result.stdout.split("\0"))) if name and (path := ROOT / name).is_file()]


@pytest.fixture(scope="module")
def texts() -> dict[str, str]:
    """Read every file of the repository that is text, by its path from the root."""
    found = {}
    for path in listed():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8", errors="replace")
    assert "tests/test_repository.py" in found
    return found


def matches(pattern: re.Pattern[str], texts: dict[str, str]) -> list[str]:
    """List the places where the pattern is found, as file:line: match."""
    return [
        f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {match.group()!a}"
        for name, text in texts.items()
        for match in pattern.finditer(text)
    ]


def plain(text: str) -> str:
    """Return the text in lower case, with one kind of quotation mark and dash, and single spaces."""
    return " ".join(text.translate(SPELLINGS).casefold().split())


@dataclass(frozen=True)
class Quotation:
    """Words that the data takes from a document or shares with it: a printed figure, a name or a title."""

    kind: str
    text: str
    file: str


def quotations() -> Iterator[Quotation]:
    """Yield each figure, each name and each title in the data; everything else there is the curators' own words."""
    for table in sorted((ROOT / "data" / "documents").glob("*/*.csv")):
        name = table.relative_to(ROOT).as_posix()
        with table.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                yield Quotation("figure", row.get("figure") or "", name)
                yield Quotation("name", row.get("surface") or "", name)
                yield Quotation("title", (row.get("literal") or "") if row.get("predicate") == "theme" else "", name)
    for file in sorted((ROOT / "data").rglob("*.ttl")):
        kind = "title" if file.name == "document.ttl" else "name"
        for triple in parse(path=str(file)):
            if triple.predicate.value in LABELS and isinstance(triple.object, Literal):
                yield Quotation(kind, triple.object.value, file.relative_to(ROOT).as_posix())


def cells(table: str) -> str:
    """Return the cells of a table apart from each other, so that no comma between two is taken for one of a text."""
    return "\0".join(cell for row in csv.reader(table.splitlines(keepends=True)) for cell in row)


def runs(text: str) -> Iterator[tuple[int, str]]:
    """Yield (start, run) for every run of RUN characters that begins and ends within a word."""
    for start in range(len(text) - RUN + 1):
        run = text[start : start + RUN]
        if run[0].isalnum() and run[-1].isalnum():
            yield start, run


def copied(texts: dict[str, str], sources: list[str], allowed: list[str]) -> dict[str, list[str]]:
    """Return, by file, what it has in common with a source over at least RUN characters, the allowed quotations left out.

    The comparison is without regard to case, line breaks and the shape of quotation marks and dashes.
    """
    permitted = sorted({plain(one) for one in allowed if len(plain(one)) >= RUN}, key=len, reverse=True)
    known = {run for source in sources for _, run in runs(plain(source))}
    known -= {run for quotation in permitted for _, run in runs(quotation)}  # a part of one is no more than the whole
    found: dict[str, list[str]] = {}
    for name, text in texts.items():
        checked = plain(text)
        for quotation in permitted:
            checked = checked.replace(quotation, "\0")
        end = 0
        for start, run in runs(checked):
            if run in known:
                if start < end:  # it goes on from the one before
                    found[name][-1] += checked[end : start + RUN]
                else:
                    found.setdefault(name, []).append(run)
                end = start + RUN
    return found


def test_no_place_of_a_machine(texts: dict[str, str]) -> None:
    """No file names a folder of one person's or one server's machine."""
    assert matches(PLACES, texts) == []


def test_no_registry_host(texts: dict[str, str]) -> None:
    """Packages are named, not the hosts that serve them: these are the user's setting."""
    assert matches(HOSTS, texts) == []


def test_no_hidden_direction(texts: dict[str, str]) -> None:
    """No character makes the text look other than it is."""
    assert matches(HIDDEN, texts) == []


def test_quotations_are_short() -> None:
    """A figure, a name or a title in the data is never a sentence."""
    found = list(quotations())
    assert LONGEST.keys() == {one.kind for one in found if one.text}, "expected all three kinds in data/"
    assert [one for one in found if len(one.text) > LONGEST[one.kind]] == []


@pytest.mark.texts
def test_no_text_of_the_documents(texts: dict[str, str]) -> None:
    """No file holds a run of a document's text, beyond the figures, names and titles in the data."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(TEXTS.glob("*.txt"))]
    if not sources:
        pytest.skip("the texts are not in ../shared/documents, nor is GBAKG_TEXTS set to their folder")
    allowed = [one.text for one in quotations() if len(one.text) <= LONGEST[one.kind]]
    texts = {name: cells(text) if name.endswith(".csv") else text for name, text in texts.items()}
    assert copied(texts, sources, allowed) == {}


SENTENCE = "The quick brown fox jumps over the lazy dog\u2019s bed while nobody at all is looking."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("before " + SENTENCE + " after", True),
        (SENTENCE.replace(" ", "\n    "), True),
        (SENTENCE.upper().replace("\u2019", "'"), True),
        (SENTENCE[:59], False),
        (SENTENCE[:60], True),
        (SENTENCE[:40] + "; " + SENTENCE[40:], False),
    ],
)
def test_copied_text_is_found(text: str, found: bool) -> None:
    """A run is found across line breaks and other spellings, and only from its full length on."""
    assert found == bool(copied({"file": text}, [SENTENCE], []))


def test_copied_text_is_told_whole() -> None:
    """What is reported is the whole of what was copied, each place once."""
    texts = {"file": f"before {SENTENCE} between {SENTENCE} after"}
    assert {"file": [plain(SENTENCE).rstrip(".")] * 2} == copied(texts, [SENTENCE], [])


def test_an_allowed_quotation_is_left_out() -> None:
    """What the data may quote is not counted as copied."""
    assert copied({"file": "title: " + SENTENCE}, [SENTENCE], [SENTENCE]) == {}


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (PLACES, "see /" + "home/ann/notes", True),
        (PLACES, "see /" + "work/main", True),
        (PLACES, "in C:\\" + "Users\\ann", True),
        (PLACES, "a/home/page and ../shared/work/x and https://host/home/x", False),
        (HOSTS, "pip install --index-url https://pypi." + "org/simple", True),
        (HOSTS, "http://maven.apache.org/POM/4.0.0", False),
        (HIDDEN, "a\N{RIGHT-TO-LEFT OVERRIDE}b", True),
        (HIDDEN, "ab", False),
    ],
)
def test_patterns_find(pattern: re.Pattern[str], text: str, found: bool) -> None:
    """Each pattern finds what it is for, and leaves its harmless neighbour."""
    assert found == bool(pattern.search(text))
