"""Amend a build: apply an edit of rows to copies of its stores.  What takes a few triples takes no more time than that."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from hashlib import sha256
from pathlib import Path

from pyoxigraph import DefaultGraph, NamedNode, Quad, Store

from gbakg import affected, draft, engines, graph, terms
from gbakg.chase import Chase
from gbakg.digest import Digest
from gbakg.draft import Copies, Made
from gbakg.edit import Edit
from gbakg.engine import Embedded, Term
from gbakg.engines import Examination
from gbakg.kept import carry
from gbakg.populate import CORE, SHARED, Selection
from gbakg.progress import Say
from gbakg.store import ALL, CLAUSES, PLAN, REPORT, STATED, Build
from gbakg.validate import Report


def apply(
    found: Edit,
    copies: Copies,
    selection: Selection,
    former: Build,
    folder: Path,
    changed: Collection[str],
    say: Say,
) -> Made | None:
    """Apply an edit of rows to copies of a former build's stores.

    Returns None if what follows from it, or whether the former build has what it says, is unsure; whatever there is in the
    folder is then to be discarded.
    """
    kept = {name: former.remembered(name) for name in (REPORT, CLAUSES, *SHARED)}
    chase = Chase.loads(kept[CLAUSES])
    if chase is None or not all(kept.values()) or not _keeps_core(former, folder):
        return None
    plan, head = engines.planned(selection, former.remembered(PLAN))
    before = Report.loads(kept[REPORT])
    with Embedded(copies.store(STATED)) as engine:
        stated, every = engine.store, copies.store(ALL)
        removed, added = found.removed, found.added
        if not _fits(stated, found):
            return None
        draft.change(stated, removed, added)
        how = partial(_holds, every), partial(_holds, stated), partial(affected.about, stated)
        following = chase.change(removed, added, found.after, *how)
        if following is None:
            return None
        gone, came = following
        tell(say, removed, added)
        draft.change(every, removed | gone, added | came)
        copies.flush()
        claims = {NamedNode(one[1:-1]) for one in found.claims}
        documents = [terms.document(slug) for slug in changed]
        touched = {NamedNode(line.split(" ", 2)[1][1:-1]) for line in removed | added}
        nodes = partial(_nodes, stated, documents, claims)
        change = affected.Change(documents, (), nodes, touched, claims)
        report = plan.update(engine, before, change, say)
    counts, digest = counted(former, len(added) - len(removed), removed | gone, added | came)
    carry(former, folder, removed | gone, added | came)
    shared = {name: kept[name] for name in SHARED}
    return Made(Examination(report, (), head + plan.dumps(), kept[CLAUSES]), (), counts, digest, shared)


def _keeps_core(former: Build, folder: Path) -> bool:
    """Give a draft what was stated but for the claims; tell whether it is what it was."""
    shared = draft.share(former.path / CORE, folder / CORE)
    return shared and sha256((folder / CORE).read_bytes()).hexdigest() == former.receipt["kept"].get(CORE)


def _fits(store: Store, found: Edit) -> bool:
    """Tell whether what is to go is stated, what is to come is not, and nothing refers to the claims concerned."""
    stated = all(_holds(store, line) for line in found.removed) and not any(_holds(store, line) for line in found.added)
    return stated and not any(
        True for one in found.claims for _ in store.quads_for_pattern(None, None, NamedNode(one[1:-1]), None)
    )


def _holds(store: Store, line: str) -> bool:
    return any(Quad(one.subject, one.predicate, one.object) in store for one in graph.triples([line]))


def _nodes(store: Store, documents: Collection[NamedNode], claims: Collection[NamedNode]) -> set[Term]:
    """Return documents with their passages and claims; `claims` may have gone."""
    found = set[Term]((*documents, *claims))
    near: list[Term] = [*documents]
    for predicate in (terms.GBA.term("inDocument"), terms.GBA.term("statedIn")):
        quads = [quad for one in near for quad in store.quads_for_pattern(None, predicate, one, DefaultGraph())]
        near = [quad.subject for quad in quads]
        found.update(near)
    return found


def tell(say: Say, removed: Collection[str], added: Collection[str]) -> None:
    """Say how much changed."""
    say(f"{len(removed):,} triples went and {len(added):,} came")


def counted(former: Build, more: int, removed: Collection[str], added: Collection[str]) -> tuple[dict[str, int], str]:
    """Return the counts and the digest after a change; `more` triples are stated."""
    known = former.receipt["counts"]
    digest = Digest(former.receipt["digest"], known["triples"])
    digest.withdraw(removed)
    digest.extend(added)
    stated = known["stated"] + more
    return {"stated": stated, "entailed": digest.count - stated, "triples": digest.count}, digest.hex
