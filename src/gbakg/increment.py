"""Build again after some documents changed: from the rows that changed, or from these documents; no other is read.

`edit` and `amend` take up rows.  Where that is not enough, what the documents say is compared with what they said.  The
result is that of a full build, triple for triple and warning for warning; where that is not certain, `update` declines,
and everything is built.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, QueryTriples, RdfFormat, Store

from gbakg import amend, draft, edit, engines, graph, terms
from gbakg.affected import Change
from gbakg.closing import Closing
from gbakg.draft import Made
from gbakg.engine import Embedded
from gbakg.engines import Examination
from gbakg.errors import BuildDamaged
from gbakg.kept import carry
from gbakg.populate import CORE, SHARED, Population, Selection, populate
from gbakg.progress import Say
from gbakg.spool import Spool
from gbakg.store import ALL, PLAN, REPORT, STATED, Build
from gbakg.validate import Report

SHARE = 4
"""If more than one in so many documents changed, building everything takes no longer."""


def slugs(former: Build, receipt: Mapping[str, Any]) -> set[str] | None:
    """Name the documents whose files changed, came or went; None if anything else did, or too many of them.

    `receipt` has the inputs and the engine of the build to come, as `former.receipt` has its own.  Raises BuildDamaged if
    a file of the former build is missing, cut short, or not what was written.
    """
    if not former.receipt["engine"] == receipt["engine"] == "fast" or not former.current():
        return None
    if damage := former.damage(STATED, ALL):
        raise BuildDamaged(former.path, damage)
    before, after = former.receipt["inputs"], receipt["inputs"]
    names = {name for name in before.keys() | after.keys() if before.get(name, [""])[-1] != after.get(name, [""])[-1]}
    changed, present = _documents(names), _documents(after)
    return changed if "" not in changed and 0 < len(changed) <= max(1, len(present) // SHARE) else None


def _documents(names: Collection[str]) -> set[str]:
    return {match[1] if (match := _FILE.fullmatch(name)) else "" for name in names}


_FILE = re.compile(r"data/documents/([^/]+)/[^/]+")


def update(selection: Selection, former: Build, folder: Path, changed: Collection[str], say: Say) -> Made | None:
    """Fill the stores of a draft from those of a former build; None if everything is to be built instead.

    `changed` has the slugs of the documents that changed, came or went.  Raises InputError, BuildDamaged if the former build
    lost a file that this needs.
    """
    made = _rows(selection, former, folder, changed, say)
    return _whole(selection, former, folder, changed, say) if made is None else made


def _rows(selection: Selection, former: Build, folder: Path, changed: Collection[str], say: Say) -> Made | None:
    """Take up the rows that changed; None, and nothing left in the folder, if these do not tell all."""
    copies = draft.Copies(former, folder)
    made = None
    try:
        found = edit.find(selection, former, changed, folder)
        made = None if found is None else amend.apply(found, copies, selection, former, folder, changed, say)
    finally:
        if made is None:
            copies.discard()
            (folder / CORE).unlink(missing_ok=True)  # it may be the former build's own
    return None if made is None else made._replace(finish=copies.close)


def _whole(selection: Selection, former: Build, folder: Path, changed: Collection[str], say: Say) -> Made | None:
    """Read the documents that changed; None if that cannot tell what follows."""
    kept = {name: former.remembered(name) for name in (CORE, REPORT, *SHARED)}
    lost = [name for name, text in kept.items() if not text]
    if lost:
        raise BuildDamaged(former.path, f"{lost[0]} is lost, or not what was written")
    here = tuple(path for path in selection.documents if path.name in changed)
    others = tuple(path for path in selection.documents if path.name not in changed)
    ontology, registry = (kept[name].split("\n") for name in SHARED)
    population = populate(replace(selection, documents=here, others=others), say, folder, (ontology, registry))
    with former.stated() as stated:
        change = _Change(_Former(stated, kept[CORE], sorted(changed)), population)
        if change.tangled() or not change.close():
            return None
        repeated = change.repeated()
    amend.tell(say, change.removed, change.added)
    removed, added = change.removed | change.gone, change.added | change.came
    with ThreadPoolExecutor(1) as pool:
        filling = pool.submit(_fill, former, folder, removed - added, added - removed)
        store = draft.reopen(former.path / STATED, folder / STATED)
        draft.change(store, change.removed, change.added, repeated)
        store.flush()
        plan, head = engines.planned(population.selection, former.remembered(PLAN))
        with Embedded(store) as engine:
            del store
            documents = [terms.document(slug) for slug in changed]
            report = plan.update(engine, Report.loads(kept[REPORT]), change.told(documents), say)
        filling.result()
    for path in population.files:
        path.unlink()
    with Spool(folder / CORE) as core:
        core.put(change.core)
    carry(former, folder, removed, added)
    counts, digest = amend.counted(former, len(change.added) - len(change.removed), removed - added, added - removed)
    found = Examination(report, change.inconsistencies, head + plan.dumps(), change.clauses)
    return Made(found, tuple(population.problems), counts, digest, population.shared())


def _fill(former: Build, folder: Path, removed: Collection[str], added: Collection[str]) -> None:
    store = draft.reopen(former.path / ALL, folder / ALL)
    draft.change(store, removed, added)
    store.flush()


class _Change:
    """The difference between what some documents said and what they say now, and between what follows."""

    def __init__(self, former: _Former, population: Population) -> None:
        self.former, self.population = former, population
        self.shared = {*population.ontology, *population.registry}
        self.claims = {line for slug in population.spans for line in population.claims(slug)}
        self.now = now = {line for line in population.core() if line not in self.shared} | self.claims
        was = former.claims | former.described | former.plain
        self.removed = {line for line in was - now - self.shared if not former.elsewhere(line)}
        self.added = {line for line in now - was if line.startswith(graph.CLAIMED) or line not in former.core}
        self.core = former.core - self.removed | (self.added - self.claims)
        self.mine = tuple(str(terms.document(slug))[:-1] + end for slug in former.slugs for end in (">", "#"))
        self.gone: set[str] = set()
        self.came: set[str] = set()
        self.inconsistencies: tuple[str, ...] = ()
        self.clauses = ""

    def tangled(self) -> bool:
        """Tell whether a fact speaks of another document, or of claims: then documents are not apart."""
        said = (*self.former.plain, *(line for plain in self.population.plain.values() for line in plain))
        return self.former.named() or any(
            line.startswith(graph.OWNED) and not line.startswith(self.mine) for line in said
        )

    def close(self) -> bool:
        """Find what does not follow any more, and what follows now; False if that cannot be told from the change."""
        lines = [*self.core, *self.population.anonymous()]
        closing = former = Closing(lines, lines)
        was, now = self.former.claims, self.claims
        if self.core == self.former.core:  # then no claim entails anything else but those that changed
            touched = {_subject(line) for line in self.removed | self.added}
            was, now = ({line for line in each if _subject(line) in touched} for each in (was, now))
        else:
            lines = [*self.former.core, *self.population.anonymous()]
            former = Closing(lines, lines)
        gone, came = former.chunk(sorted(was)), closing.chunk(sorted(now))
        if gone is None or came is None:
            return False
        self.gone, self.came = {*gone}, {*came}
        if former is not closing:
            before, after = {*former.entailed()}, {*closing.entailed()}
            changes = (self.former.core | before) ^ (self.core | after)
            if any(_about(line) in closing.joined() for line in changes if not line.startswith(self.mine)):
                return False  # then other documents' claims may entail something else
            self.gone |= before - after
            self.came |= after - before
        self.inconsistencies, self.clauses = closing.inconsistencies(), closing.written()
        return True

    def repeated(self) -> list[str]:
        """List what the registry or a document.ttl states, and a reported fact states too."""
        former = self.former
        kept = {
            line for line in former.marked() - former.described if line not in former.plain or former.elsewhere(line)
        }
        return sorted(kept.union(self.population.repeated))

    def nodes(self) -> set[NamedNode]:
        """Return these documents, their passages and their claims, as they were and as they are."""
        described = {_subject(line) for line in self.now | self.former.described if line.startswith(self.mine)}
        claims = {_subject(line) for line in self.claims | self.former.claims}
        return {NamedNode(one[1:-1]) for one in described | claims}

    def part(self) -> Embedded:
        """Return a store of these documents, with what all documents share."""
        store = Store()
        store.bulk_load(
            "\n".join((*self.core, *self.claims, *self.population.anonymous())).encode(), format=RdfFormat.N_TRIPLES
        )
        return Embedded(store)

    def touched(self) -> set[NamedNode]:
        """Return the predicates of all that changed."""
        return {NamedNode(line.split(" ", 2)[1][1:-1]) for line in self.removed | self.added}

    def edited(self) -> set[NamedNode]:
        """Return the subjects of all that changed."""
        return {NamedNode(_subject(line)[1:-1]) for line in self.removed | self.added}

    def told(self, documents: Collection[NamedNode]) -> Change:
        """Return what is known of the change of these documents, for who validates."""
        return Change(documents, self.foreign(), self.nodes, self.touched(), self.edited(), self.part)

    def foreign(self) -> set[NamedNode]:
        """Return the predicates of what changed about anything but these documents, their passages and their claims."""
        lines = (line for line in self.removed | self.added if not line.startswith((*graph.CLAIMED, *self.mine)))
        return {NamedNode(line.split(" ", 2)[1][1:-1]) for line in lines}


def _subject(line: str) -> str:
    return line.partition(" ")[0]


def _about(line: str) -> str:
    """Return the property of a triple, or the class that it gives a thing."""
    _, predicate, value = line.removesuffix(" .").split(" ", 2)
    return value if predicate == str(terms.TYPE) else predicate


class _Former:
    """What some documents said in a former build, looked up in its store, as lines of N-Triples."""

    def __init__(self, stated: Embedded, core: str, slugs: Sequence[str]) -> None:
        self._stated, self.slugs = stated, slugs
        self.core = {*core.split("\n")[:-1]}
        """What was stated, but for the claims."""
        self._these = " ".join(str(terms.document(slug)) for slug in slugs)
        self._passages = f"VALUES ?document {{ {self._these} }} ?passage gba:inDocument ?document ."
        self._others = (
            f"?fact gba:statedIn/gba:inDocument ?other FILTER (?other NOT IN ({', '.join(self._these.split())}))"
        )

    @cached_property
    def claims(self) -> set[str]:
        """Return what was stated about the claims."""
        return _lines(self._stated, f"{self._passages} ?s gba:statedIn ?passage ; ?p ?o")

    @cached_property
    def described(self) -> set[str]:
        """Return what was stated about the documents and their passages, by whomever."""
        passages = _lines(self._stated, f"VALUES ?document {{ {self._these} }} ?s gba:inDocument ?document ; ?p ?o")
        return passages | _lines(self._stated, f"VALUES ?s {{ {self._these} }} ?s ?p ?o")

    @cached_property
    def plain(self) -> set[str]:
        """Return what the reported facts stated."""
        return _plain(self._stated, f"{self._passages} ?fact gba:statedIn ?passage .")

    def marked(self) -> set[str]:
        """Return what was stated by the registry or a document.ttl, and by a reported fact too."""
        return _lines(self._stated, f"GRAPH {terms.REPEATED} {{ ?s ?p ?o }}")

    def elsewhere(self, line: str) -> bool:
        """Tell whether a reported fact of another document stated a plain triple."""
        if line.startswith(graph.CLAIMED):
            return False
        fact = "?fact gba:subject {} ; gba:predicate {} ; gba:object|gba:literal {} ; gba:status gba:reported ."
        return _asks(self._stated, fact.format(*line.removesuffix(" .").split(" ", 2)) + self._others)

    def named(self) -> bool:
        """Tell whether a reported fact of another document was about one of these documents or their passages."""
        about = f"{{ VALUES ?it {{ {self._these} }} }} UNION {{ {self._passages} BIND (?passage AS ?it) }}"
        return _asks(self._stated, f"{{ {about} }} ?fact gba:subject ?it . {self._others}")


def _plain(engine: Embedded, facts: str) -> set[str]:
    reported = f"{facts} ?fact gba:status gba:reported ; gba:subject ?s ; gba:predicate ?p"
    return _lines(engine, f"{reported} ; gba:object ?o") | _lines(engine, f"{reported} ; gba:literal ?o")


def _lines(engine: Embedded, pattern: str) -> set[str]:
    found = engine.store.query(f"{_PREFIX} CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {pattern} }}")
    text = found.serialize(format=RdfFormat.N_TRIPLES) if isinstance(found, QueryTriples) else b""
    return set((text or b"").decode().split("\n")[:-1])


def _asks(engine: Embedded, pattern: str) -> bool:
    return bool(engine.query(f"{_PREFIX} ASK {{ {pattern} }}"))


_PREFIX = f"PREFIX gba: <{terms.GBA}>"
