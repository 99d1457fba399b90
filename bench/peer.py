"""The peer of a cold `gbakg query run`: parse the exported Turtle with rdflib, run one query, print the rows.

Usage: python -m bench.peer GRAPH.ttl QUERY.rq
"""

from __future__ import annotations

import csv
import sys

import rdflib


def main(graph_file: str, query_file: str) -> None:
    """Answer one query from one Turtle file, as CSV on stdout."""
    graph = rdflib.Graph().parse(graph_file, format="turtle")
    with open(query_file, encoding="utf-8") as handle:
        found = graph.query(handle.read())
    writer = csv.writer(sys.stdout)
    writer.writerow(found.vars or ())
    writer.writerows(row for row in found if isinstance(row, tuple))


if __name__ == "__main__":
    main(*sys.argv[1:])
