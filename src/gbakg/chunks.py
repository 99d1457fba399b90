"""When parts of a graph may be closed one after another, each on top of one core and forgotten before the next.

Let a part's *own* nodes be the subjects of its triples.  The caller has to see to it that no two parts have one in
common.  A part is refused unless its own nodes are unknown to the core, and its other nodes, but for literals, known to
it; so no own node of another part occurs in it.

For each relation, `sides` are the places in which a fact of a part has an own node: the subject, for those that it
states; from there they follow the variables of the clauses into heads.  That is a guess, against which each fact that a
part entails is held: one of these places has to hold an own node.  A fact of a relation without such a place makes the
part be refused, as does an axiom; where terms can be equal, every part is.

Then closing the core with each part finds what closing all together finds.  Else there would be a first match of a
clause with facts of two parts.  `sides` has seen to it that in each clause one variable stands in the only such place
of every atom that parts can fill.  It would stand for own nodes of two parts, which have none in common.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gbakg.clauses import Clause, arguments, relation
from gbakg.fixpoint import Round

Sides = Mapping[int, set[int]]
"""For each relation that parts can fill, the places of own nodes: 0 for the subject, 1 for the object."""


def sides(clauses: Sequence[Clause], filled: Iterable[int]) -> Sides | None:
    """Follow own nodes from the relations that parts state; None if facts of two parts may match one clause."""
    found: defaultdict[int, set[int]] = defaultdict(set, {key: {0} for key in filled})
    size = -1
    while size != (size := sum(map(len, found.values()))):
        for clause in clauses:
            if clause.head is not None:
                own = _owned(clause, found)
                places = {at for at, name in enumerate(arguments(clause.head)) if name in own}
                if places:
                    found[relation(clause.head)] |= places
    for clause in clauses:
        atoms = [atom for atom in clause.body if relation(atom) in found]
        alone = len(_owned(clause, found)) == 1 and all(len(found[relation(atom)]) == 1 for atom in atoms)
        if len(atoms) > 1 and not alone:
            return None
    return found


def joined(clauses: Iterable[Clause], places: Sides) -> set[int]:
    """Return the relations whose facts in the core are joined with facts of parts.

    A clause that asks the core for a fact about an own node never matches: the core knows none.
    """
    found: set[int] = set()
    for clause in clauses:
        owned = _owned(clause, places)
        others = [atom for atom in clause.body if not places.get(relation(atom))]
        if owned and not any(owned.intersection(arguments(atom)) for atom in others):
            found.update(map(relation, others))
    return found


def own(stated: Round) -> set[int]:
    """Return the own nodes of what a part states."""
    return {one for key, rows in stated.items() for one in (rows if key < 0 else {row[0] for row in rows})}


def hold(rounds: Iterable[Round], nodes: set[int], places: Sides) -> bool:
    """Tell whether each of these facts has an own node where its relation should have one."""
    for key, rows in (item for found in rounds for item in found.items()):
        foreign = rows
        for side in places.get(key, ()):
            foreign = foreign - nodes if key < 0 else {row for row in foreign if row[side] not in nodes}
        if foreign:
            return False
    return True


def _owned(clause: Clause, found: Sides) -> set[Any]:
    """Return what stands where own nodes can, in a clause's body."""
    return {arguments(atom)[side] for atom in clause.body for side in found.get(relation(atom), ())}
