"""The rows of the table that compare engines: the reasoner and the validator, on the same triples."""

from __future__ import annotations

from collections.abc import Callable

from bench.lab import GBAKG, Contestant, Lab, Measured
from bench.peers import Peer, jena
from bench.report import Row, Sizes, Verdict, at_least, holds, ratio


def closure(lab: Lab, sizes: Sizes) -> Row:
    """Close a generated graph with the fast reasoner, owlrl, reasonable and Jena's RDFS."""
    size = sizes.middle

    def fast(n: int) -> Contestant:
        return Contestant(GBAKG, lab.task("close", "fast", _file(lab, n, "stated")))

    def owlrl(n: int) -> Contestant:
        return Contestant(str(lab.peers["owlrl"]), lab.task("close", "owlrl", _file(lab, n, "stated")))

    others = [
        lab.peer("reasonable", "", lambda peer: peer.command("reasonable", _file(lab, size, "stated"))),
        lab.peer("jena", " infer", lambda peer: _inferring(peer, _file(lab, size, "stated")), whole=True),
    ]
    mine, *found = lab.measure([fast(size), *others])
    at, slow = lab.climb(owlrl, size)
    mine = mine + lab.measure([fast(size)])[0]  # before and after the slow ones: nobody else may use the machine
    reference = lab.estimate(str(lab.peers["owlrl"]), at, slow, size)
    verdicts = (
        at_least(reference.who, ratio(reference.seconds, mine.median), 200),
        _same(lab, "the same closure as owlrl's", fast, at, slow, mine, size),
    )
    notes = (
        "all triples, not only those that gbakg keeps; loses property chains",
        "RDFS only; whole process with Java and parsing",
    )
    entries = [one.entry(other.who, note) for one, other, note in zip(found, others, notes, strict=True)]
    return Row("closure", f"closure at {size:,} observations", (mine.entry(GBAKG), reference, *entries), verdicts)


def validation(lab: Lab, sizes: Sizes) -> Row:
    """Validate with all shapes."""
    return _validation(lab, sizes.middle, "shapes", "all shapes", 100)


def validation_core(lab: Lab, sizes: Sizes) -> Row:
    """Validate with the shapes of SHACL Core alone."""
    return _validation(lab, sizes.middle, "core", "SHACL Core alone", 10)


def _validation(lab: Lab, size: int, shapes: str, title: str, target: float) -> Row:
    def of(name: str, n: int) -> Contestant:
        who = GBAKG if name == "fast" else str(lab.peers[name])
        return Contestant(who, lab.task("shape", name, _file(lab, n, "stated"), _file(lab, n, shapes)))

    data, wanted = _file(lab, size, "stated"), _file(lab, size, shapes)
    others = [
        lab.peer("pyrudof", "", lambda peer: peer.command("pyrudof", data, wanted)),
        lab.peer(
            "jena", " shacl", lambda peer: jena(peer, _SHACL, "validate", "--shapes", wanted, "--data", data), True
        ),
    ]
    mine, *found = lab.measure([of("fast", size), *others])
    at, slow = lab.climb(lambda n: of("pyshacl", n), size)
    mine = mine + lab.measure([of("fast", size)])[0]
    reference = lab.estimate(str(lab.peers["pyshacl"]), at, slow, size)
    notes = (
        "without shape:linked, at which it panics; ignores custom constraint components",
        "whole process with Java and parsing",
    )
    entries = [one.entry(other.who, note) for one, other, note in zip(found, others, notes, strict=True)]
    verdicts = (
        at_least(reference.who, ratio(reference.seconds, mine.median), target),
        _same(lab, "the same report as pyshacl's", lambda n: of("fast", n), at, slow, mine, size),
    )
    name = "validation" if shapes == "shapes" else "core"
    return Row(
        name, f"validation at {size:,} observations, {title}", (mine.entry(GBAKG), reference, *entries), verdicts
    )


# --- pieces --------------------------------------------------------------------------------------------------------

_SHACL = "shacl.shacl"


def _file(lab: Lab, size: int, name: str) -> str:
    return str(lab.stated(size) / f"{name}.ttl")


def _inferring(peer: Peer, file: str) -> list[str]:
    return jena(peer, "riotcmd.infer", f"--rdfs={file}", file)


def _same(
    lab: Lab,
    what: str,
    fast: Callable[[int], Contestant],
    at: int,
    slow: Measured,
    mine: Measured,
    size: int,
) -> Verdict:
    """Judge whether the fast engine found the same at the largest size that both finished."""
    if slow.median is None:
        return holds(what, None)
    own = mine if at == size else lab.measure([fast(at)], 1)[0]
    return holds(f"{what} at {at:,}", own.said.get("digest") == slow.said["digest"] if own.said else None)
