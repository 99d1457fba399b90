"""The generator of large projects, and what the comparison with the peers is made of."""

from __future__ import annotations

import csv
import hashlib
import random
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from conftest import ROOT, at, quiet
from gbakg import build, populate, tables, verify
from gbakg.shapes import Compiled
from gbakg.texts import described

sys.path.insert(0, str(ROOT))  # bench/ belongs to the checkout, not to the package
from bench import draw, measure, peers, report
from bench.generate import generate, read, vary, worth
from bench.lab import Contestant, Lab, Measured
from bench.report import Entry, Row, at_least, at_most, holds

TABLES = {"observations": tables.Observation, "facts": tables.Fact, "mentions": tables.Mention}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a project of 200 observations in 7 documents, with its texts."""
    folder = tmp_path_factory.mktemp("generated") / "project"
    generate(at(ROOT), folder, observations=200, documents=7, seed=3, texts=True)
    return folder


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same each time


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def command(out: Path, seed: int, hashing: str) -> None:
    words = ["--observations", "40", "--documents", "3", "--seed", str(seed), str(out)]
    environment = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PYTHONHASHSEED": hashing}
    subprocess.run([sys.executable, "-m", "bench.generate", *words], cwd=ROOT, env=environment, check=True)


# --- the generator -------------------------------------------------------------------------------------------------


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    """The same seed gives the same files under different hash seeds; another seed gives other documents."""
    for name, seed, hashing in (("one", 5, "0"), ("same", 5, "1"), ("other", 6, "0")):
        command(tmp_path / name, seed, hashing)
    one, same, other = (digests(tmp_path / name) for name in ("one", "same", "other"))
    assert one == same
    assert one.keys() == other.keys()
    differing = {name for name in one if one[name] != other[name]}
    assert differing
    assert all("/generated-" in name for name in differing)


def test_counts(generated: Path) -> None:
    """Each observation has one fact and one mention, the documents share them evenly, the real ones are all there."""
    folders = sorted((generated / "data" / "documents").glob("generated-*"))
    assert len(folders) == 7
    for name, kind in TABLES.items():
        sizes = [sum(1 for _ in tables.read(folder / f"{name}.csv", kind)) for folder in folders]
        assert sum(sizes) == 200
        assert max(sizes) - min(sizes) <= 1
    real = digests(ROOT / "data")
    assert {name: digest for name, digest in digests(generated / "data").items() if "/generated-" not in name} == {
        name: digest for name, digest in real.items() if name.endswith((".ttl", ".csv"))
    }


def test_no_problem_in_the_rows(generated: Path) -> None:
    """No row is wrong, and no shape is violated, by the fast validator."""
    found = populate.populate(populate.everything(at(generated)), quiet)
    assert found.problems == []
    assert [str(one) for one in Compiled().validate(found.stated, found.shapes).violations] == []


@pytest.mark.slow
def test_check(generated: Path) -> None:
    """Generated documents pass `gbakg check` with the reference engines: valid and consistent, like the real ones."""
    documents = sorted((generated / "data" / "documents").glob("generated-*"))
    outcome = build.check(
        at(generated), documents, engine="reference", progress=quiet
    )  # test_engines.py has the real ones
    assert outcome.problems == ()
    assert len(documents) == 7


def test_texts(generated: Path) -> None:
    """Every figure and name stands in the document's text where its offsets say."""
    files = sorted((generated / "texts").glob("*.txt"))
    assert len(files) == 7
    known = described(at(generated))
    for file in files:
        verdict = verify.verify(file, known, at(generated))
        assert verdict.mismatches == ()
        assert verdict.figures > 0


def test_distribution(tmp_path: Path) -> None:
    """Bounds, units and temporalities come as often as in the real documents, within five percentage points."""
    generate(at(ROOT), tmp_path / "project", observations=4000, documents=400, seed=1)
    for column in ("bound", "unit", "temporality", "status"):
        real = shares(ROOT, "*", column)
        made = shares(tmp_path / "project", "generated-*", column)
        assert made.keys() <= real.keys()
        for code, share in real.items():
            assert abs(share - made.get(code, 0.0)) < 0.05, code


def shares(home: Path, documents: str, column: str) -> dict[str, float]:
    count = Counter[str]()
    for path in (home / "data" / "documents").glob(f"{documents}/observations.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            count.update(row[column] for row in csv.DictReader(file))
    return {code: number / count.total() for code, number in count.items()}


def test_refuses_a_full_folder(tmp_path: Path) -> None:
    """Nothing is written into a folder that holds something."""
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError, match="not empty"):
        generate(at(ROOT), tmp_path, observations=1, documents=1, seed=0)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("25,000", "1000"), ("40", "1"), ("100", "100"), ("12.50", "0.01"), ("4.0", "0.1"), ("7", "1")],
)
def test_worth(number: str, expected: str) -> None:
    """The last significant digit is worth what the shapes say it is."""
    assert Decimal(expected) == worth(number)


def test_vary_keeps_words_and_digits() -> None:
    """Over 25,000 becomes over another number of thousands; value and upper stay empty."""
    row = {
        "figure": "over 25,000",
        "bound": "MoreThan",
        "value": "",
        "lower": "25000",
        "upper": "",
        "resolution": "1000",
    }
    for seed in range(50):
        new = vary(row, chance(seed))
        assert new.keys() == {"figure", "lower", "resolution"}
        number = new["figure"].removeprefix("over ").replace(",", "")
        assert number == new["lower"]
        assert 12_500 <= int(number) <= 50_000
        assert int(number) % 1000 == 0


def test_vary_scales() -> None:
    """The number printed before `billion` varies, and value, lower and upper with it."""
    row = {"figure": "24.563 billion yuan", "bound": "Exact", "resolution": "1000000"}
    row |= dict.fromkeys(("value", "lower", "upper"), "24563000000")
    new = vary(row, chance(1))
    printed = Decimal(new["figure"].removesuffix(" billion yuan"))
    assert printed * 10**9 == Decimal(new["value"]) == Decimal(new["lower"]) == Decimal(new["upper"])
    assert new["resolution"] == "1000000"


def test_vary_leaves_words_alone() -> None:
    """Figures in words, ranges, magnitudes and fractions stay as they are."""
    for figure, bound, value in (
        ("sixth year", "Exact", "6"),
        ("top 100", "Range", ""),
        ("100-billion-yuan level", "Magnitude", "100000000000"),
        ("approximately 1/6", "About", "16.67"),
    ):
        row = {"figure": figure, "bound": bound, "value": value, "lower": "", "upper": "", "resolution": ""}
        assert vary(row, chance(0)) == {}


def test_shares_stay_below_hundred() -> None:
    """No share leaves 0 to 100 percent."""
    row = {"figure": "93.3 percent", "bound": "Exact", "resolution": "0.1"}
    row |= dict.fromkeys(("value", "lower", "upper"), "93.3")
    values = [Decimal(vary(row, chance(seed), share=True)["value"]) for seed in range(200)]
    assert all(0 < value < 100 for value in values)


def test_models() -> None:
    """Every real document is a model, its speakers among its mentions."""
    models = list(read(at(ROOT)))
    assert len(models) == 5
    for model in models:
        assert model.rows["observations"]
        assert model.speakers <= {row["entity"] for row in model.rows["mentions"]}


# --- measuring -----------------------------------------------------------------------------------------------------


def test_run_measures() -> None:
    """A process has a time, a peak of memory, and its output if that is kept."""
    found = measure.run([sys.executable, "-c", "print('x' * 100_000)"], keep=True)
    assert found.output == "x" * 100_000 + "\n"
    assert found.seconds > 0
    assert found.peak > 1


def test_run_is_impatient() -> None:
    """A process that takes too long is stopped, with what it started."""
    start = time.perf_counter()
    with pytest.raises(measure.TooLong):
        measure.run([sys.executable, "-c", "import time; time.sleep(60)"], patience=0.5)
    assert time.perf_counter() - start < 20


def test_run_fails() -> None:
    """A process that fails is an error, with what it said; so is one that takes too much memory."""
    with pytest.raises(subprocess.CalledProcessError) as caught:
        measure.run([sys.executable, "-c", "raise SystemExit('so not')"])
    assert "so not" in caught.value.stderr
    with pytest.raises(subprocess.CalledProcessError) as caught:
        measure.run([sys.executable, "-c", "bytearray(2**31)"], memory=1000)
    assert "MemoryError" in caught.value.stderr


def lab(folder: Path) -> Lab:
    return Lab(folder, at(ROOT), 3, 60.0, {})


def test_measure_in_turn(tmp_path: Path) -> None:
    """Contestants run in turn; who is not here, or fails, is out, and says why."""
    log = tmp_path / "log"
    say = "import sys, json; open(sys.argv[1], 'a').write(sys.argv[2]); print(json.dumps({'seconds': 2}))"
    first, second = (Contestant(name, [sys.executable, "-c", say, str(log), name]) for name in "ab")
    missing = Contestant("c", [], missing="pip install c")
    failing = Contestant("d", [sys.executable, "-c", "raise SystemExit('no luck')"])
    found = lab(tmp_path).measure([first, second, missing, failing])
    assert log.read_text() == "ababab"
    assert [one.median for one in found] == [2, 2, None, None]
    assert [one.failed for one in found] == ["", "", "pip install c", "failed: no luck"]


def test_extrapolation_is_labelled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was measured at a smaller size grows with the triples, and says where it comes from."""
    monkeypatch.setattr(Lab, "triples", lambda self, size: size * 10)
    guess = lab(tmp_path).estimate("owlrl", 5_000, Measured([30.0]), 20_000)
    assert guess.seconds == 120.0
    assert guess.note.startswith("extrapolated")
    assert "5,000 observations, measured 30.0 s" in guess.note
    assert lab(tmp_path).estimate("owlrl", 20_000, Measured([30.0], 7.0), 20_000) == Entry("owlrl", 30.0, 7.0)


def test_climbs_as_far_as_patience(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slow one is not run at a size that would take longer than patience allows."""
    monkeypatch.setattr(Lab, "triples", lambda self, size: size)
    tried = []

    def contestant(size: int) -> Contestant:
        tried.append(size)
        return Contestant("slow", [sys.executable, "-c", f"print('{{\"seconds\": {size / 20}}}')"])

    at_size, found = lab(tmp_path).climb(contestant, 20_000)
    assert tried == [200, 1_000]  # 5,000 would take 250 s
    assert (at_size, found.median) == (1_000, 50.0)


def test_measurements_add_up() -> None:
    """Runs of two measurements are joined; a failure of one is a failure of both."""
    both = Measured([1.0], 10.0) + Measured([3.0], 20.0, {"digest": "d"})
    assert (both.median, both.peak, both.said) == (2.0, 20.0, {"digest": "d"})
    failed = Measured([1.0], 10.0) + Measured(failed="stopped")
    assert (failed.median, failed.failed) == (None, "stopped")


def test_peer_that_is_not_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A peer that is not installed is left out with the reason."""
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    found = peers.find(tmp_path)
    assert found["jena"].missing == "needs java 17 and mvn"
    assert found["oxigraph"].missing == "pip install oxigraph"
    assert found["owlrl"].missing == ""
    assert found["owlrl"].version


# --- the report ----------------------------------------------------------------------------------------------------


def test_verdicts() -> None:
    """A ratio that is high enough is met, a low one missed, a missing one neither."""
    assert ("met", "200x") == (at_least("a", 200.0, 200).word, at_least("a", 200.0, 200).found)
    assert at_least("a", 199.9, 200).word == "MISSED"
    assert at_least("a", None, 200).word == "not measured"
    assert at_most("a", 1.2, 1.15).word == "MISSED"
    assert at_most("a", 3.5, 4, " GB").said == "a: 3.50 GB, wanted at most 4 GB"
    assert [holds("a", so).word for so in (True, False, None)] == ["met", "MISSED", "not measured"]


def rows() -> list[Row]:
    entries = (
        Entry("gbakg 1", 0.25, 80.0),
        Entry("peer <2>", 100.0, None, "extrapolated in proportion"),
        Entry("other", note="failed: panicked"),
    )
    return [Row("closure", "closure at 7 observations", entries, (at_least("peer <2>", 400.0, 200),))]


def test_table() -> None:
    """The table tells who, how long, how much memory, what was wanted and whether it was met."""
    text = "\n".join(report.markdown(rows(), "about"))
    words = [" ".join(line.split()) for line in text.splitlines()]
    assert "| closure at 7 observations | peer <2> | 400x | at least 200x | met |" in words
    assert "| closure at 7 observations | gbakg 1 | 250 ms | 80 MB | |" in words
    assert "| | peer <2> | 100 s | | extrapolated in proportion |" in words
    assert "| | other | - | | failed: panicked |" in words


def test_picture() -> None:
    """The picture is XML; longer times have longer bars, guesses are dashed, failures said."""
    tree = ET.fromstring(draw.draw(rows(), "about"))  # noqa: S314 - of our own picture
    space = "{http://www.w3.org/2000/svg}"
    bars = list(tree.iter(f"{space}rect"))[1:]
    assert len(bars) == 2
    assert float(bars[0].attrib["width"]) < float(bars[1].attrib["width"])
    assert [bar.get("stroke-dasharray") is not None for bar in bars] == [False, True]
    said = ["".join(text.itertext()) for text in tree.iter(f"{space}text")]
    assert "failed: panicked" in said
    assert "met: peer <2>: 400x, wanted at least 200x" in said
