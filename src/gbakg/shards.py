"""Compressed files for the bulk loaders of triple stores, and for each loader the recipe that runs it."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import cast

from pyoxigraph import NamedNode

from gbakg import terms
from gbakg.errors import BadParameter, Unwritable, shown
from gbakg.member import Member
from gbakg.parcel import Load, bare, blocks
from gbakg.progress import Say

_HEAD = """#!/bin/sh
# {title}: load {count} triples, digest {digest}, from the shards beside this file.
# {source}
# Afterwards `gbakg push STORE{where} --compare` counts them and compares the digest.
set -eu
cd "$(dirname "$0")"
"""

RECIPES: dict[str, tuple[str, str, str]] = {
    "fuseki": (
        "Jena TDB2, for Fuseki",
        "https://jena.apache.org/documentation/tdb2/tdb2_cmds.html",
        """# DATABASE is the folder of the database; no server may have it open.
tdb2.tdbloader --loc="${DATABASE:?the folder of the database}" {files}
""",
    ),
    "virtuoso": (
        "OpenLink Virtuoso",
        "https://vos.openlinksw.com/owiki/wiki/VOS/VirtBulkRDFLoader",
        """# This folder has to be in DirsAllowed of virtuoso.ini, on the server's machine.  Debian calls isql isql-vt: ISQL=isql-vt.
# The password of dba, unless it is the first one, is the argument of this script; others on the machine may see it.
# Of N-Triples, Virtuoso keeps integers above 2,147,483,647 as decimals: `gbakg push --shards N FOLDER --profile
# virtuoso` writes Turtle, of which it keeps them.  Several rdf_loader_run() at once, one for each core, load faster.
"${ISQL:-isql}" "${PORT:-1111}" dba "$@" <<SQL
SPARQL CLEAR GRAPH <{graph}>;
DELETE FROM DB.DBA.LOAD_LIST WHERE ll_file LIKE '$PWD/part-%';
ld_dir('$PWD', 'part-*.{ending}.gz', '{graph}');
rdf_loader_run();
checkpoint;
SELECT ll_file, ll_error FROM DB.DBA.LOAD_LIST WHERE ll_error IS NOT NULL;
SQL
""",
    ),
    "qlever": (
        "QLever",
        "https://github.com/ad-freiburg/qlever/blob/master/docs/quickstart.md",
        """# N-Triples and N-Quads are what its parallel parser reads safely.  The command was called IndexBuilderMain before 2025.
zcat {files} | qlever-index -i "${INDEX:-gbakg}" -F {ending} -f -
""",
    ),
    "graphdb": (
        "Ontotext GraphDB",
        "https://graphdb.ontotext.com/documentation/10.8/loading-data-using-importrdf.html",
        """# GraphDB must not run; -f replaces the repository's data.
importrdf preload -f -i "${REPOSITORY:?the name of the repository}" {files}
""",
    ),
    "rdf4j": (
        "Eclipse RDF4J Server",
        "https://rdf4j.org/documentation/reference/rest-api/",
        """# REPOSITORY is its address, such as http://localhost:8080/rdf4j-server/repositories/gba.  Nothing is removed first.
for file in {files}; do
    zcat "$file" | curl --fail-with-body --silent --show-error -X POST -H 'Content-Type: {type}' --data-binary @- \\
        "${REPOSITORY:?the address of the repository}/statements"
done
""",
    ),
    "neptune": (
        "Amazon Neptune",
        "https://docs.aws.amazon.com/neptune/latest/userguide/bulk-load.html",
        """# BUCKET is s3://bucket/folder; ROLE the ARN of the role that may read it; ENDPOINT https://...:8182.
# awscurl signs; a cluster without IAM authentication takes curl as well.
aws s3 cp . "${BUCKET:?s3://bucket/folder}" --recursive --exclude '*' --include 'part-*.gz'
awscurl --service neptune-db --region "${AWS_REGION:?the region}" -X POST -H 'Content-Type: application/json' \\
    "${ENDPOINT:?https://...:8182}/loader" -d '{
        "source": "'"$BUCKET"'", "format": "{format}", "iamRoleArn": "'"${ROLE:?the ARN of the role}"'",
        "region": "'"$AWS_REGION"'", "failOnError": "TRUE", "parallelism": "HIGH",
        "parserConfiguration": {"namedGraphUri": "{graph}"}}'
""",
    ),
}
"""Profile: the loader's title, its documentation, and the commands."""

_COPIED = {"fuseki", "qlever", "rdf4j"}
"""Loaders that were seen to read files of several members: tdb2.tdbloader, and zcat for the others.

All others get one member.  Java's GZIPInputStream may take the end of a member for that of the file, if the stream
below has nothing at hand there, as one from the network: the rest is left out, and nothing is said
(https://bugs.openjdk.org/browse/JDK-7036144).
"""


def loaders(profile: str | None) -> tuple[str, ...]:
    """Return the loaders to write a recipe for: that of one profile, or all.  Raises BadParameter if it has none."""
    if profile is None:
        return tuple(RECIPES)
    if profile not in RECIPES:
        raise BadParameter("profile", f"one with a bulk loader: {', '.join(RECIPES)}", profile)
    return (profile,)


def write(load: Load, folder: str, count: int, graph: str, chosen: Iterable[str], progress: Say) -> list[str]:
    """Write the shards, of about the same number of triples, a recipe for each loader, and SHA256SUMS.

    With a graph they are N-Quads, otherwise N-Triples; for Virtuoso alone, Turtle.  N-Triples that a build keeps are
    copied as they are, but for members that two shards share.  The same build gives the same bytes.
    Returns the files.  Raises BadParameter if `graph` is no IRI, Unwritable if the folder holds something or cannot
    be written.
    """
    try:
        name = str(NamedNode(graph)) if graph else ""
    except ValueError:
        raise BadParameter("graph", "an IRI such as https://example.org/gba", graph) from None
    chosen = tuple(chosen)
    ending = "ttl" if chosen == ("virtuoso",) else "nq" if graph else "nt"  # the loader takes the graph's name apart
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
        if any(place.iterdir()):
            raise Unwritable(shown(place), "it holds files already")
        count = max(1, min(count, load.count))
        if ending == "nt" and _COPIED.issuperset(chosen):
            lines = _Lines(load.packed())
        else:
            lines = _Lines(blocks(map(bare, load.lines())) if ending == "ttl" else load.blocks())
        sums: dict[str, str] = {}
        for index in range(count):
            size = load.count * (index + 1) // count - load.count * index // count
            file = f"part-{index:04d}.{ending}.gz"
            sums[file] = _shard(place / file, lines.take(size), name.encode() if ending == "nq" else b"")
            progress(f"shard {index + 1} of {count}")
        for loader in chosen:
            file = f"load-{loader}.sh"
            text = _recipe(loader, load, ending, graph)
            (place / file).write_text(text, encoding="utf-8")
            (place / file).chmod(0o755)
            sums[file] = hashlib.sha256(text.encode()).hexdigest()
        (place / "SHA256SUMS").write_text(
            "".join(f"{value}  {file}\n" for file, value in sums.items()), encoding="utf-8"
        )
    except OSError as error:
        raise Unwritable(shown(place), error.strerror or str(error)) from error
    return [shown(place / file) for file in (*sums, "SHA256SUMS")]


class _Lines:
    """Blocks that end where a line does, and members, taken by the number of lines."""

    def __init__(self, parts: Iterable[bytes | Member]) -> None:
        self._parts = iter(parts)
        self._rest = b""

    def take(self, count: int) -> Iterator[bytes | Member]:
        """Yield so many lines, in blocks, or in members that have no other lines; fewer if there are no more."""
        while count and (part := self._rest or next(self._parts, b"")):
            self._rest = b""
            if isinstance(part, Member) and part.count <= count:
                count -= part.count
                yield part
                continue
            block = part.lines() if isinstance(part, Member) else part
            number = block.count(b"\n")
            if number > count:
                *lines, self._rest = block.split(b"\n", count)
                block, number = b"\n".join([*lines, b""]), count
            count -= number
            yield block


def _shard(path: Path, parts: Iterable[bytes | Member], graph: bytes) -> str:
    """Write one shard, and return its SHA-256.  Members are copied; blocks between them become one member."""
    digest = hashlib.sha256()
    with path.open("xb") as file:
        for body in _squeezed(parts, graph):
            digest.update(body)
            file.write(body)
    return digest.hexdigest()


def _squeezed(parts: Iterable[bytes | Member], graph: bytes) -> Iterator[bytes]:
    empty = True
    for packed, group in groupby(parts, lambda part: isinstance(part, Member)):
        empty = False
        if packed:
            yield from (cast("Member", part).body for part in group)
        else:
            squeeze = zlib.compressobj(1, zlib.DEFLATED, 31)  # quickest, so that a loader waits least; as gzip
            for part in group:
                block = cast("bytes", part)
                yield squeeze.compress(block.replace(b" .\n", b" " + graph + b" .\n") if graph else block)
            yield squeeze.flush()
    if empty:
        yield Member.of(b"").body


def _recipe(loader: str, load: Load, ending: str, graph: str) -> str:
    title, source, commands = RECIPES[loader]
    given = {
        "title": title,
        "source": source,
        "count": f"{load.count:,}",
        "digest": load.name,
        "files": f"part-*.{ending}.gz",
        "ending": ending,
        "where": f" --graph {graph}" if graph else "",
        "graph": graph or (_NEPTUNE if loader == "neptune" else terms.GRAPH.value),
        "format": "nquads" if ending == "nq" else "ntriples",
        "type": "application/n-quads" if ending == "nq" else "application/n-triples",
    }
    text = _HEAD + commands
    for key, value in given.items():
        text = text.replace(f"{{{key}}}", value)
    return text


_NEPTUNE = "http://aws.amazon.com/neptune/vocab/v01/DefaultNamedGraph"
"""Where the loader puts triples unless told otherwise."""
