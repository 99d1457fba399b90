"""Validating a graph in parts: the report is that of the whole, and what cannot be taken apart is not."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pytest
from bench.generate import generate
from pyoxigraph import RdfFormat, Store

from conftest import ROOT, at, quiet
from gbakg import terms
from gbakg.engine import Embedded
from gbakg.errors import InputError
from gbakg.parts import Parts
from gbakg.populate import Population, everything, populate
from gbakg.shapes import Plan
from gbakg.sources import Project
from test_increment import scramble


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate a project of ten documents beside the five real ones."""
    folder = tmp_path_factory.mktemp("generated") / "project"
    generate(at(ROOT), folder, 200, 10, 1)
    return folder


def whole(population: Population) -> Embedded:
    store = Store()
    for path in population.files:
        store.bulk_load(path=str(path), format=RdfFormat.N_TRIPLES)
    return Embedded(store)


@pytest.mark.parametrize("seed", range(4))
def test_the_report_in_parts_is_that_of_the_whole(generated: Path, tmp_path: Path, seed: int) -> None:
    """Of a graph that holds, and of others, in which tables were changed at random."""
    chance = random.Random(seed)  # noqa: S311 - the same changes each time, not secrets
    project = at(shutil.copytree(generated, tmp_path / "project"))
    for _ in range(8 * seed):
        scramble(chance.choice(sorted((project.data / "documents").iterdir())), chance)
    try:
        population = populate(everything(project), quiet)
    except InputError:
        pytest.skip("these changes cannot be read")
    plan = Plan(population.shapes)
    expected = plan.run(whole(population))
    parts = Parts(population, 60_000)
    assert parts.apart
    chosen = [part.slugs for part in parts]
    assert len(chosen) > 3
    assert {path.name for path in (project.data / "documents").iterdir()} == frozenset().union(*chosen)
    assert expected == plan.piecewise(lambda: whole(population), parts.core(), parts)
    assert not seed or expected.violations


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("registry/entities.ttl", "region:port-amber gba:cites document:harbour-gazette ."),
        ("registry/entities.ttl", "fact:harbour-gazette-p4-founded gba:note 'Founded.' ."),
    ],
)
def test_what_speaks_of_a_document_or_a_claim_keeps_a_graph_whole(project: Project, file: str, text: str) -> None:
    """Then a part would not show all that a claim can see."""
    assert Parts(populate(everything(project), quiet)).apart
    with (project.data / file).open("a", encoding="utf-8") as opened:
        opened.write(f"\nPREFIX document: <{terms.ID}document/>\nPREFIX fact: <{terms.ID}fact/>\n{text}\n")
    assert not Parts(populate(everything(project), quiet)).apart
