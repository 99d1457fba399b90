"""`python -m bench.generate`: a project like the real one, of any size, and the same bytes for the same seed.

The ontology, the shapes, the saved queries, the registry and the five documents are the real ones, copied.  Each
generated document is modelled on a real one: its observations, facts and mentions are drawn from that document's, so
that metrics, units, bounds, temporalities, speakers and notes come as often as they really do.  What varies is the
number (in the printed figure, and with it in value, lower, upper and resolution), what the figure is about and where
(another entity of the same class), and the year, by which the whole document is moved, so that every period keeps its
place before or after the day of issue.  The texts are made up of the figures and names alone.

Rows are written as they are made: memory does not grow with the size.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import random
import re
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from gbakg import sources, terms
from gbakg.cells import canonical
from gbakg.sources import Project
from gbakg.tables import COLUMNS

Cells = dict[str, str]

PER_PASSAGE = 4
"""Observations in one passage, with as many facts and mentions."""

YEARS = 25
"""Documents are moved back by less than so many years."""


@dataclass(frozen=True, slots=True)
class Model:
    """A real document: what is said of it, and its rows."""

    slug: str
    publisher: str
    issued: tuple[str, str]
    rows: Mapping[str, Sequence[Cells]]

    @property
    def speakers(self) -> set[str]:
        """The people that its claims quote."""
        return {row["stated_by"] for table in ("observations", "facts") for row in self.rows[table] if row["stated_by"]}


class Registry:
    """The entities by their class, and the metrics that are shares."""

    def __init__(self, project: Project) -> None:
        members: dict[str, list[str]] = defaultdict(list)
        self._class: dict[str, str] = {}
        self.shares: set[str] = set()
        for triple in (triple for path in sources.registry_files(project) for triple in sources.triples(path)):
            if not isinstance(triple.subject, NamedNode) or not triple.subject.value.startswith(terms.ID):
                continue
            name = terms.shorten(triple.subject)
            if triple.predicate == terms.TYPE and isinstance(triple.object, NamedNode):
                self._class[name] = triple.object.value
                members[triple.object.value].append(name)
            if triple.predicate == terms.code("statistic") and triple.object == terms.code("share"):
                self.shares.add(name)
        self._members = {kind: sorted(names) for kind, names in members.items()}

    def like(self, name: str, chance: random.Random) -> str:
        """Draw an entity of the same class, the given one as often as not."""
        return name if chance.random() < 0.5 else chance.choice(self._members[self._class[name]])


# --- the project ---------------------------------------------------------------------------------------------------


def generate(project: Project, target: Path, observations: int, documents: int, seed: int, texts: bool = False) -> None:
    """Write a project with so many generated observations, facts and mentions beside the real documents.

    `documents` share them evenly; `texts` writes their texts, too, into texts/.  `target` must not exist or be empty:
    raises FileExistsError.
    """
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty; name a new folder")
    for path in (*sources.inputs(project), *sorted(project.queries.rglob("*.rq"))):
        copy = target / project.name(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    models, registry = [*read(project)], Registry(project)
    for number in range(documents):
        size = observations * (number + 1) // documents - observations * number // documents
        # A document depends on the seed and its own number only, not on those before it.
        chance = random.Random(f"{seed} {number}")  # noqa: S311 - the same bytes each time are the point
        model = chance.choices(models, [len(model.rows["observations"]) for model in models])[0]
        _Document(target, f"generated-{number:06}", model, registry, chance).write(size, texts)


def read(project: Project) -> Iterator[Model]:
    """Yield the real documents, for whose rows the others are named."""
    for folder in sources.documents(project):
        said: dict[str, str] = {}
        for triple in sources.triples(folder / "document.ttl"):
            if triple.subject == terms.document(folder.name):
                said[terms.local(triple.predicate)] = _plain(triple)
        rows = {name: [*_rows(folder / f"{name}.csv")] for name in COLUMNS}
        issued = said.get("issuedStart", ""), said.get("issuedEnd", "")
        yield Model(folder.name, said.get("publishedBy", ""), issued, rows)


def _plain(triple: Triple) -> str:
    term = triple.object
    return terms.shorten(term) if isinstance(term, NamedNode) else term.value if isinstance(term, Literal) else ""


def _rows(path: Path) -> Iterator[Cells]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class _Document:
    """One document while it is written: the text so far is a length and a hash."""

    def __init__(self, target: Path, slug: str, model: Model, registry: Registry, chance: random.Random) -> None:
        self.folder, self.text = target / "data" / "documents" / slug, target / "texts" / f"{slug}.txt"
        self.slug, self.model, self.registry, self.chance = slug, model, registry, chance
        self.back = chance.randrange(YEARS)
        # Speakers are named first, however short the document is.
        self.names = sorted(
            model.rows["mentions"], key=lambda row: (row["entity"] not in model.speakers, _rank(row, slug))
        )

    def write(self, size: int, texts: bool) -> None:
        """Write the folder, with `size` observations, facts and mentions."""
        self.folder.mkdir(parents=True)
        whole, length = hashlib.sha256(), 0
        with ExitStack() as stack:
            tables = {}
            for name, columns in COLUMNS.items():
                file = stack.enter_context((self.folder / f"{name}.csv").open("w", encoding="utf-8", newline=""))
                tables[name] = csv.DictWriter(file, list(columns), restval="", lineterminator="\n")
                tables[name].writeheader()
            turtle = stack.enter_context((self.folder / "document.ttl").open("w", encoding="utf-8", newline=""))
            text = None
            if texts:
                self.text.parent.mkdir(exist_ok=True)
                text = stack.enter_context(self.text.open("w", encoding="utf-8", newline=""))
            turtle.write("".join(f"@prefix {name}: <{terms.PREFIXES[name]}> .\n" for name in _PREFIXES))
            for passage, first in enumerate(range(0, size, PER_PASSAGE), start=1):
                words = []
                begin = length
                for number in range(first, min(size, first + PER_PASSAGE)):
                    for table, row in self._claims(number):
                        words.append(row["surface" if table == "mentions" else "figure"])
                        end = length + len(words[-1])
                        row |= {"key": f"g{number}", "paragraph": str(passage), "start": str(length), "end": str(end)}
                        tables[table].writerow(row)
                        length = end + len(_BETWEEN)
                length -= len(_BETWEEN) - 1  # the last one is a line feed instead
                line = _BETWEEN.join(words)
                whole.update(f"{line}\n".encode())
                turtle.write(self._passage(passage, begin, length - 1, line))
                if text is not None:
                    text.write(f"{line}\n")
            turtle.write(self._described(whole.hexdigest()))

    def _claims(self, number: int) -> Iterator[tuple[str, Cells]]:
        yield "observations", self._observation()
        yield "facts", self._fact()
        yield "mentions", dict(self.names[number % len(self.names)])

    def _observation(self) -> Cells:
        row = self._moved(self.chance.choice(self.model.rows["observations"]))
        row |= {name: self.registry.like(row[name], self.chance) for name in ("about", "place") if row[name]}
        return row | vary(row, self.chance, row["metric"] in self.registry.shares)

    def _fact(self) -> Cells:
        row = self._moved(self.chance.choice(self.model.rows["facts"]))
        for name in ("subject", "object"):
            if row[name] == f"document/{self.model.slug}":
                row[name] = f"document/{self.slug}"
        if row["predicate"] == "issuedOn" and row["subject"] == f"document/{self.slug}":
            year, printed = self._year(row["literal"])[:4], row["literal"][:4]
            row |= {name: row[name].replace(printed, year) for name in ("literal", "figure")}
        return row

    def _moved(self, row: Cells) -> Cells:
        return row | {name: self._year(row[name]) for name in ("period_start", "period_end")}

    def _year(self, day: str) -> str:
        if not day:
            return ""
        year = int(day[:4]) - self.back
        return f"{year:04}{day[4:]}".replace("-02-29", "-02-28")

    def _passage(self, number: int, start: int, end: int, line: str) -> str:
        return (
            f"\n<{terms.passage(self.slug, number).value}>\n    a gba:Passage ;\n    gba:end {end} ;\n"
            f"    gba:inDocument document:{self.slug} ;\n    gba:number {number} ;\n"
            f'    gba:sha256 "{hashlib.sha256(line.encode()).hexdigest()}" ;\n    gba:start {start} .\n'
        )

    def _described(self, digest: str) -> str:
        said = [
            "a gba:Document",
            f'rdfs:label "{self.slug}, modelled on {self.model.slug}"@en',
            f'gba:fileName "{self.slug}.txt"',
            *(
                f'gba:{name} "{self._year(day)}"^^xsd:date'
                for name, day in zip(("issuedEnd", "issuedStart"), reversed(self.model.issued), strict=True)
                if day
            ),
            *([f"gba:publishedBy {self.model.publisher.replace('/', ':')}"] if self.model.publisher else []),
            f'gba:sha256 "{digest}"',
        ]
        return f"\ndocument:{self.slug}\n    " + " ;\n    ".join(said) + " .\n"


def _rank(row: Cells, slug: str) -> bytes:
    """Shuffle rows: in another order for each document, always the same for one."""
    return hashlib.blake2b(f"{slug} {row['key']} {row['paragraph']}".encode(), digest_size=8).digest()


_BETWEEN = "; "
_PREFIXES = ("document", "gba", "institution", "rdfs", "xsd")


# --- figures -------------------------------------------------------------------------------------------------------


def vary(row: Cells, chance: random.Random, share: bool = False) -> Cells:
    """Draw another number for an observation; return the cells that change with it.

    The digits in the printed figure are replaced, its words stay: `over 25,000` becomes `over 31,000`, with as many
    significant digits.  A share stays within 100.  Figures in words, ranges and magnitudes stay as they are.
    """
    printed = _NUMBER.findall(row["figure"])
    given = row["value"] or row["lower"] or row["upper"]
    if len(printed) != 1 or row["bound"] in ("Range", "Magnitude") or not given:
        return {}
    old = Decimal(printed[0].replace(",", ""))
    scale = Decimal(given) / old
    if scale not in _SCALES:
        return {}
    last = worth(printed[0])
    new = max(last, (old * Decimal(chance.randint(50, 200)) / 100 / last).quantize(1, ROUND_HALF_UP) * last)
    if share:
        new = min(new, 100 - last)
    new = new.quantize(last) if last < 1 else new.quantize(1)
    number = f"{new:,}" if "," in printed[0] or old < 1000 else str(new)
    value, resolution = canonical(new * scale), canonical(worth(number) * scale)
    cells = {name: value for name in ("value", "lower", "upper") if row[name]}
    return (
        cells
        | {"figure": _NUMBER.sub(number, row["figure"])}
        | ({"resolution": resolution} if row["resolution"] else {})
    )


def worth(number: str) -> Decimal:
    """Say what the last significant digit of a printed number is worth; two final zeros and more are not significant.

    >>> worth("25,000"), worth("40"), worth("12.50")
    (Decimal('1000'), Decimal('1'), Decimal('0.01'))
    """
    digits, _, fraction = number.replace(",", "").partition(".")
    if fraction:
        return Decimal(1).scaleb(-len(fraction))
    zeros = len(digits) - len(digits.rstrip("0"))
    return Decimal(10**zeros if zeros > 1 else 1)


_NUMBER = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
_SCALES = {Decimal(10) ** power for power in (0, 3, 6, 9, 12)}


def main() -> int:
    """Generate a project; return 2 if the folder cannot take it."""
    parser = argparse.ArgumentParser(prog="python -m bench.generate", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT", help="a new folder for ontology/, data/ and queries/")
    parser.add_argument("--observations", type=int, required=True, metavar="N", help="observations to generate")
    parser.add_argument("--documents", type=int, metavar="M", help="documents that share them (default N/200)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="the same seed gives the same bytes (default 0)"
    )
    parser.add_argument("--texts", action="store_true", help="write the texts as well, for `gbakg document verify`")
    given = parser.parse_args()
    documents = max(1, given.observations // 200) if given.documents is None else given.documents
    if given.observations < 0 or not 0 < documents <= max(1, given.observations):
        parser.error("expected N from 0, and M from 1 to N")
    try:
        generate(sources.project(), given.out, given.observations, documents, given.seed, given.texts)
    except FileExistsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
