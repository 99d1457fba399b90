"""Exports in every format."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

import pyoxigraph
import pytest
import rdflib
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, Triple

import gbakg
from gbakg import export, query, selection, terms
from gbakg.engine import Embedded, from_rdflib
from gbakg.errors import BadParameter, UnknownName, Unwritable
from gbakg.store import Build

ROOT = Path(__file__).parent.parent
RDF = {
    "ttl": (RdfFormat.TURTLE, "turtle"),
    "nt": (RdfFormat.N_TRIPLES, "nt"),
    "rdf": (RdfFormat.RDF_XML, "xml"),
    "jsonld": (RdfFormat.JSON_LD, "json-ld"),
    "trig": (RdfFormat.TRIG, "trig"),
    "nq": (RdfFormat.N_QUADS, "nquads"),
}
ODD = [
    'quotes " \' """ and \\ backslashes \\u0022 \\',
    "lines\n\ttabs\r\nends .\n}\n@prefix x: <y> .",
    "深圳 – é 🙂 \u00a0",
    "<&>]]>",
    "",
    " blank ",
]


def written(engine: Embedded, form: str, document: str | None = None, stated_only: bool = False) -> bytes:
    sink = io.BytesIO()
    export.export(engine, sink, form, document=document, stated_only=stated_only)
    return sink.getvalue()


def by_pyoxigraph(raw: bytes, form: str) -> list[str]:
    return sorted({str(quad.triple) for quad in pyoxigraph.parse(raw, format=RDF[form][0])})


def by_rdflib(raw: bytes, form: str) -> list[str]:
    if form in ("trig", "nq"):
        dataset = rdflib.Dataset()
        dataset.parse(data=raw, format=RDF[form][1])
        found: list[tuple[object, object, object]] = [(s, p, o) for s, p, o, _ in dataset.quads()]
    else:
        graph = rdflib.Graph()
        graph.parse(data=raw, format=RDF[form][1])
        found = list(graph)
    return sorted({str(triple) for triple in from_rdflib(found)})


def odd() -> Embedded:
    """Return a graph of everything that is hard to write."""
    engine = Embedded()
    subject = terms.expand("observation/a-p1-odd")
    values: list[NamedNode | Literal] = [Literal(text) for text in ODD]
    values += [Literal(text, language="zh-hans") for text in ODD]
    values += [terms.literal(text, kind) for text, kind in (("7", "integer"), ("4.5", "decimal"), ("true", "boolean"))]
    values += [
        terms.literal("2024-01-01", "date"),
        terms.literal("2024", "gYear"),
        terms.literal("https://e.org/a?b=c&d", "anyURI"),
        terms.GBA.term("Exact"),
        terms.GBA.term("metric"),
        terms.GBA.term("type"),
        terms.GBA.term("schema"),
        terms.passage("a", 7),
        NamedNode("https://w3id.org/gbakg/id/elsewhere/A_b"),
        NamedNode("http://e.org/ü?x=(1),2;3'4#!$&*+~%20"),
        NamedNode("urn:isbn:1"),
    ]
    predicates = [
        terms.GBA.term("note"),
        terms.GBA.term("metric"),
        terms.LABEL,
        terms.TYPE,
        NamedNode("http://e.org/p/label"),
        NamedNode("http://e.org/p/id"),
        NamedNode("https://schema.org/metric"),
    ]
    for predicate in predicates:
        for value in values:
            if predicate != terms.TYPE or isinstance(value, NamedNode):
                engine.store.add(Quad(subject, predicate, value, DefaultGraph()))
    return engine


@pytest.mark.parametrize("form", RDF)
def test_round_trip(built: Build, form: str) -> None:
    """Both libraries read back exactly the graph, from every format."""
    with built.open() as engine:
        expected = sorted(str(triple) for triple in engine.triples())
        raw = written(engine, form)
    assert expected == by_pyoxigraph(raw, form)
    assert expected == by_rdflib(raw, form)


@pytest.mark.slow
@pytest.mark.parametrize("form", RDF)
def test_round_trips_of_the_published_graph(real: Build, form: str) -> None:
    """The graph is the same however it travels: each library reads what gbakg wrote and what the other one writes."""
    with real.open() as engine:
        expected = sorted(str(triple) for triple in engine.triples())
        raw = written(engine, form)
    assert expected == by_pyoxigraph(raw, form) == by_rdflib(raw, form)
    dataset = rdflib.Dataset() if form in ("trig", "nq") else rdflib.Graph()
    dataset.parse(data=raw, format=RDF[form][1])
    assert expected == by_pyoxigraph(dataset.serialize(format=RDF[form][1], encoding="utf-8"), form)
    rewritten = pyoxigraph.serialize(pyoxigraph.parse(raw, format=RDF[form][0]), format=RDF[form][0])
    assert rewritten is not None
    assert expected == by_rdflib(rewritten, form)


@pytest.mark.parametrize("form", RDF)
def test_hard_terms(form: str) -> None:
    """Quotes, escapes, other scripts, clashing names and IRIs of all kinds survive every format."""
    with odd() as engine:
        expected = sorted(str(triple) for triple in engine.triples())
        raw = written(engine, form)
    assert expected == by_pyoxigraph(raw, form)
    assert expected == by_rdflib(raw, form)


@pytest.mark.parametrize("form", RDF)
def test_same_bytes(built: Build, form: str) -> None:
    """An export has the same bytes in another process with another hash seed."""
    with built.open() as engine:
        expected = hashlib.sha256(written(engine, form)).hexdigest()
    script = (
        "import hashlib, io, sys\nfrom pathlib import Path\nfrom gbakg import export, store\n"
        "sink = io.BytesIO()\n"
        f"export.export(store.lease(Path(sys.argv[1])).open(), sink, {form!r})\n"
        "print(hashlib.sha256(sink.getvalue()).hexdigest())"
    )
    for seed in ("1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(gbakg.__path__[0]).parent)}
        found = subprocess.run(
            [sys.executable, "-c", script, str(built.path)],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        assert expected == found.stdout.strip()


def test_ntriples_are_what_the_digest_is_of(built: Build) -> None:
    """The lines of the full export as N-Triples, hashed and added up, give the build's digest."""
    with built.open() as engine:
        hashes = [hashlib.sha256(line).digest() for line in written(engine, "nt").splitlines()]
    total = sum(int.from_bytes(one, "big") for one in hashes)
    assert built.receipt["digest"] == f"{total % 2**256:064x}"


def test_turtle_is_laid_out(built: Build) -> None:
    """Prefixes are sorted and used, subjects in order, the type first, one predicate on each line."""
    with built.open() as engine:
        text = written(engine, "ttl", document="harbour-gazette", stated_only=True).decode()
    head, *blocks = text.split("\n\n")
    prefixes = [line.split()[1] for line in head.splitlines()]
    assert prefixes == sorted(prefixes)
    assert [] == [prefix for prefix in prefixes if not re.search(rf"(?:\s|\^\^){prefix}", text.partition("\n\n")[2])]
    subjects = [block.split()[0] for block in blocks]
    assert subjects == sorted(subjects)
    assert "\t" not in text
    figure = next(block for block in blocks if block.startswith("observation:harbour-gazette-p3-lantern-marks "))
    assert figure.startswith("observation:harbour-gazette-p3-lantern-marks a gba:Observation ;\n    gba:about ")
    assert '\n    gba:figure "nearly 7,000" ;\n' in figure
    assert '\n    gba:periodEnd "2025-06-30"^^xsd:date ;\n' in figure


def test_stated_only(built: Build) -> None:
    """What was entailed is left out, and nothing else."""
    with built.open() as engine:
        entailed = {str(triple) for triple in engine.entailed()}
        every = set(by_pyoxigraph(written(engine, "nt"), "nt"))
        stated = set(by_pyoxigraph(written(engine, "nt", stated_only=True), "nt"))
        datasets = set(by_pyoxigraph(written(engine, "nq", stated_only=True), "nq"))
    assert entailed
    assert every - entailed == stated == datasets


def test_a_document(built: Build) -> None:
    """A document is exported with its passages, claims and reported triples, and without the registry."""
    with built.open() as engine:
        found = by_pyoxigraph(written(engine, "ttl", document="document/harbour-gazette", stated_only=True), "ttl")
    text = "\n".join(found)
    assert (
        "id/region/port-amber> <https://w3id.org/gbakg/ontology#within> <https://w3id.org/gbakg/id/region/coral-"
        in text
    )
    assert "id/document/harbour-gazette#p4>" in text
    assert 12 == sum("#statedIn>" in line for line in found)
    # The second hall is only planned; labels are the registry's.
    assert "amber-patent-bureau> <https://w3id.org/gbakg/ontology#locatedIn>" not in text
    assert '"Ida Moss"@en' not in text


def test_graphs_of_documents() -> None:
    """TriG has a graph for each document; a triple that two state is in both, the registry in the default graph.

    What the registry or a document.ttl states and a document repeats is in the graphs of both.
    """
    known = Embedded()
    engine = Embedded(stated=lambda: known)
    gba = terms.GBA.term
    within = Triple(terms.expand("region/a"), gba("within"), terms.expand("region/b"))
    registry = Triple(terms.expand("region/a"), terms.LABEL, Literal("A", language="en"))
    closed = Triple(terms.expand("fact/x-p1-k"), terms.TYPE, gba("Claim"))
    member = Triple(terms.expand("region/c"), gba("hasMember"), terms.expand("region/a"))
    published = Triple(terms.document("x"), gba("publishedBy"), terms.expand("institution/p"))
    stated = [within, registry, member, published]
    for key, triple in (("m", member), ("n", published)):
        fact = terms.claim("fact", "y", 1, key)
        stated += [
            Triple(fact, gba("statedIn"), terms.passage("y", 1)),
            Triple(fact, gba("status"), gba("reported")),
            Triple(fact, gba("subject"), triple.subject),
            Triple(fact, gba("predicate"), triple.predicate),
            Triple(fact, gba("object"), triple.object),
        ]
    for slug in ("x", "y"):
        document, passage, fact = terms.document(slug), terms.passage(slug, 1), terms.claim("fact", slug, 1, "k")
        stated += [
            Triple(document, terms.TYPE, gba("Document")),
            Triple(passage, gba("inDocument"), document),
            Triple(fact, gba("statedIn"), passage),
            Triple(fact, gba("status"), gba("reported")),
            Triple(fact, gba("subject"), within.subject),
            Triple(fact, gba("predicate"), within.predicate),
            Triple(fact, gba("object"), within.object),
        ]
    for triple in [*stated, closed]:
        engine.store.add(Quad(triple.subject, triple.predicate, triple.object, DefaultGraph()))
    for triple in stated:
        known.store.add(Quad(triple.subject, triple.predicate, triple.object, DefaultGraph()))
    for triple in (member, published):
        known.store.add(Quad(triple.subject, triple.predicate, triple.object, terms.REPEATED))
    for form in ("trig", "nq"):
        quads = list(pyoxigraph.parse(written(engine, form), format=RDF[form][0]))
        graphs = {triple: sorted(str(quad.graph_name) for quad in quads if quad.triple == triple) for triple in stated}
        x, y = str(terms.document("x")), str(terms.document("y"))
        assert [x, y] == graphs[within]
        assert ["DEFAULT"] == graphs[registry]
        assert [y, "DEFAULT"] == graphs[member]
        assert [x, y] == graphs[published]
        assert ["DEFAULT"] == [str(quad.graph_name) for quad in quads if quad.triple == closed]
        assert all([x] == graphs[triple] for triple in stated if "x-p1-k" in str(triple.subject))
        assert len(stated) + 4 == len(quads)
    only = list(pyoxigraph.parse(written(engine, "nq", document="y"), format=RdfFormat.N_QUADS))
    assert {str(terms.document("y"))} == {str(quad.graph_name) for quad in only}


def test_jsonld_is_readable(built: Build) -> None:
    """One object for each node, short keys and ids, dates plain, numbers with their datatype."""
    with built.open() as engine:
        found = json.loads(written(engine, "jsonld", document="harbour-gazette", stated_only=True))
    nodes = {node["id"]: node for node in found["@graph"]}
    assert len(nodes) == len(found["@graph"])
    node = nodes["observation/harbour-gazette-p3-lantern-marks-growth"]
    assert "Observation" == node["type"]
    assert "metric/lantern-marks-growth" == node["metric"]
    assert "document/harbour-gazette#p3" == node["statedIn"]
    assert "2025-06-30" == node["periodEnd"]
    assert {"@type": "xsd:decimal", "@value": "4.5"} == node["value"]
    assert {"en": "Port Amber leads the Coral Coast, bureau says"} == nodes["document/harbour-gazette"]["label"]


def test_csv_has_the_observations(built: Build) -> None:
    """A table has the contract's rows, all of them or one document's."""
    saved = query.catalog(ROOT / "queries").get("observations")
    sink = io.BytesIO()
    with built.open() as engine:
        export.rows(saved, engine, sink, "harbour-gazette")
    rows = list(csv.DictReader(io.StringIO(sink.getvalue().decode(), newline="")))
    assert ["more than 120", "nearly 7,000", "nearly 7,000", "4.5%"] == [row["figure"] for row in rows]


def test_answers(built: Build, tmp_path: Path) -> None:
    """A CONSTRUCT is written in RDF formats, rows as csv, and neither as the other."""
    (tmp_path / "t").mkdir()
    path = tmp_path / "t" / "names.rq"
    path.write_text(
        "#+ summary: Which names?\n#+ tags: [t]\nPREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>\n"
        "CONSTRUCT { ?x rdfs:label ?l } WHERE { ?x rdfs:label ?l FILTER(?l = 'Ida Moss'@en) }",
        encoding="utf-8",
    )
    construct = query.load(path)
    mentions = query.catalog(ROOT / "queries").get("mentions")
    expected = [f'{terms.expand("person/ida-moss")} {terms.LABEL} "Ida Moss"@en']
    with built.open() as engine:
        for form in RDF:
            sink = io.BytesIO()
            export.answer(construct, engine, sink, form, {})
            assert expected == by_pyoxigraph(sink.getvalue(), form)
        sink = io.BytesIO()
        export.answer(mentions, engine, sink, "csv", {})
        assert 5 == len(sink.getvalue().splitlines())
        for wrong, form in ((construct, "csv"), (mentions, "ttl")):
            with pytest.raises(BadParameter, match="parameter format"):
                export.answer(wrong, engine, io.BytesIO(), form, {})


def test_target_is_atomic(tmp_path: Path) -> None:
    """A file takes its name when it is whole; a failure leaves the former one and no draft."""
    path = tmp_path / "a.ttl"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError), export.target(str(path)) as sink:
        sink.write(b"half")
        raise RuntimeError
    assert ["a.ttl"] == [one.name for one in tmp_path.iterdir()]
    assert "old" == path.read_text(encoding="utf-8")
    with export.target(str(path)) as sink:
        sink.write(b"new")
    assert "new" == path.read_text(encoding="utf-8")


def test_unwritable(tmp_path: Path) -> None:
    """A place that cannot be written gets one line and exit code 3."""
    with pytest.raises(Unwritable, match="choose another place"), export.target(str(tmp_path / "no" / "a.ttl")):
        pass


def test_formats() -> None:
    """The format is named, or the file's ending."""
    assert "jsonld" == export.format_of("a.json", None)
    assert "nt" == export.format_of("-", "nt")
    for name, form in (("a.xlsx", None), ("-", None), ("a.ttl", "pdf")):
        with pytest.raises(BadParameter, match="parameter format"):
            export.format_of(name, form)


def test_unknown_document(built: Build) -> None:
    """A document that is not there gets the nearest one."""
    with built.open() as engine, pytest.raises(UnknownName, match="did you mean harbour-gazette"):
        written(engine, "ttl", document="harbor-gazette")


def test_prefixes_do_not_overlap() -> None:
    """No namespace begins another, so that an IRI has one written form."""
    spaces = list(terms.PREFIXES.values())
    assert [] == [(a, b) for a in spaces for b in spaces if a != b and a.startswith(b)]


def test_grouped_triples_are_in_order() -> None:
    """Triples from anywhere come out by subject, once each."""
    one = Triple(terms.expand("region/b"), terms.LABEL, Literal("B"))
    two = Triple(terms.expand("region/a"), terms.LABEL, Literal("A"))
    three = Triple(terms.expand("region/a"), terms.TYPE, terms.GBA.term("Region"))
    assert [[three, two], [one]] == [block.triples for block in selection.grouped([one, two, one, three])]


def test_a_device_or_a_pipe_is_written_to_and_stays(tmp_path: Path) -> None:
    """What is no regular file is never replaced by one."""
    pipe = tmp_path / "pipe.ttl"
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    read: list[bytes] = []
    reader.start()
    with export.target(str(pipe)) as sink:
        sink.write(b"x")
    reader.join(10)
    assert [b"x"] == read
    assert pipe.is_fifo()


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file behind a link is replaced, even if it is not there yet."""
    link, file = tmp_path / "link.ttl", tmp_path / "file.ttl"
    link.symlink_to(file)
    for content in (b"one", b"two"):
        with export.target(str(link)) as sink:
            sink.write(content)
        assert link.is_symlink()
        assert content == file.read_bytes()


@pytest.mark.parametrize("name", ["", "folder", "file/a.ttl", "x" * 300, "none/a.ttl"])
def test_what_cannot_be_written_is_told_in_one_line(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that can be no file is one line, and leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Unwritable, match="cannot be written"), export.target(name) as sink:
        sink.write(b"x")
    assert before == sorted(tmp_path.iterdir())
