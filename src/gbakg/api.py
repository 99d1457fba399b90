"""The graph as a Python object, with the verbs of the command line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Triple

from gbakg import query as saved
from gbakg import sources
from gbakg.closable import Closable
from gbakg.engine import Embedded
from gbakg.errors import BadParameter
from gbakg.progress import Say, quiet
from gbakg.query import Catalog
from gbakg.result import Result
from gbakg.sources import Project
from gbakg.store import Build

if TYPE_CHECKING:
    from gbakg.build import Outcome
    from gbakg.cite import Citation
    from gbakg.complete import Completion
    from gbakg.coverage import Coverage
    from gbakg.explain import Explanation
    from gbakg.find import Match
    from gbakg.profiles import Store
    from gbakg.push import Outcome as Pushed
    from gbakg.verify import Verdict


class Graph(Closable):
    """A built graph, open for reading.

    >>> import gbakg
    >>> with gbakg.open() as graph:
    ...     names = [match.entity for match in graph.find("Shenzhen")]
    >>> names[0]
    'region/shenzhen'
    """

    def __init__(self, project: Project, build: Build) -> None:
        self.project = project
        self.build = build
        self._engine: Embedded | None = build.open()
        self._queries: Catalog | None = None

    @property
    def engine(self) -> Embedded:
        """The SPARQL engine under it.  Raises ValueError if the graph was closed."""
        if self._engine is None:
            raise ValueError("the graph is closed; open it again with gbakg.open()")
        return self._engine

    @property
    def queries(self) -> Catalog:
        """The saved queries, by name."""
        if self._queries is None:
            self._queries = saved.catalog(self.project.queries, saved.remembered(self.build.path))
        return self._queries

    @property
    def digest(self) -> str:
        """The SHA-256 of the sorted triples: the same inputs give the same on every machine."""
        return str(self.build.receipt["digest"])

    def query(self, name: str, limit: int | None = None, /, **parameters: object) -> Result | bool | Iterator[Triple]:
        """Run a saved query by its name; see `rows` for those that give rows.

        `limit` is the number of rows, None the query's own default, 0 as many as it may give.  A SELECT gives a
        Result, an ASK a bool, a CONSTRUCT triples.  Raises UnknownQuery, BadParameter, UnknownName, AmbiguousName.
        """
        return self.queries.get(name).run(self.engine, parameters, limit)

    def rows(self, name: str, limit: int | None = None, /, **parameters: object) -> Result:
        """Run a saved query that gives rows.  Raises TypeError if it gives something else, else as `query`."""
        found = self.query(name, limit, **parameters)
        if not isinstance(found, Result):
            raise TypeError(f"{name} gives no rows; use query()")
        return found

    def sparql(self, text: str, timeout: float = 60.0) -> Result | bool | Iterator[Triple]:
        """Answer SPARQL of your own, read-only; prefixes of the project need no declaration.

        Raises ForbiddenQuery, QuerySyntaxError, QueryTimeout (after `timeout` seconds).
        """
        from gbakg import sparql

        _ = self.engine  # raises where the graph was closed
        return sparql.run(self.build, text, timeout)

    def find(self, text: str, limit: int = 20) -> list[Match]:
        """Find entities by name, in any language, the best first, as many as the limit.  Raises BadParameter."""
        from gbakg import find

        return find.find(self.engine, text, _counted(limit))

    def cite(self, name: str, limit: int | None = None) -> list[Citation]:
        """Cite a claim, or the first claims about an entity, all unless limited.

        Raises UnknownName, AmbiguousName, BadParameter.
        """
        from gbakg import cite

        return cite.cite(self.engine, name, None if limit is None else _counted(limit))

    def explain(self, triple: str) -> Explanation | None:
        """Prove a triple, down to the claims and files that state what it rests on; None if it does not hold.

        `triple` is three names: "region/shenzhen gba:within region/china".  Raises BadParameter, BadName.
        """
        from gbakg import explain

        return explain.explain(self.engine, self.project, triple)

    def export(
        self,
        target: str | Path,
        form: str | None = None,
        *,
        document: str | None = None,
        stated_only: bool = False,
        query: str | None = None,
        parameters: Mapping[str, object] | None = None,
    ) -> None:
        """Write the graph to a file, or to stdout for `-`; the format is the file's ending unless given.

        See `export.FORMATS`.  csv has the rows of `query`, which is `observations` unless given.  Raises BadParameter,
        UnknownName, UnknownQuery, Unwritable.
        """
        from gbakg import export

        chosen = export.format_of(str(target), form)
        export.check(chosen, document=document, stated_only=stated_only, query=query)
        with export.target(str(target)) as sink:
            if query is not None:
                export.answer(self.queries.get(query), self.engine, sink, chosen, parameters or {})
            elif chosen == "csv":
                export.rows(self.queries.get("observations"), self.engine, sink, document)
            else:
                export.export(self.engine, sink, chosen, document=document, stated_only=stated_only)

    def push(
        self,
        store: str | Store,
        graph: str | None = None,
        *,
        stated_only: bool = False,
        force: bool = False,
        count_only: bool = False,
        user: str | None = None,
        progress: Say = quiet,
    ) -> Pushed:
        """Replace a graph in a store elsewhere with this one, count and compare; what is there already is not sent.

        `store` is an address, or a name in gbakg.toml; `graph` an IRI, or `default`, unless the store has its own;
        `stated_only` leaves out what was entailed, for `build_on`; `force` sends without looking first; `count_only` counts
        what arrived and does not read it back.  Secrets come from where the command takes them.  Raises BadParameter,
        NetworkError, PushIncomplete.
        """
        from gbakg import feed, identify
        from gbakg import push as pushing
        from gbakg.remote import Endpoint

        load = feed.stated(self.engine) if stated_only else feed.load(self.build, self.engine)
        found, who = identify.met(store, user)
        with Endpoint(found, None, graph="", who=who, canonical=False) as endpoint:
            plan = pushing.plan(endpoint, pushing.target(endpoint.profile, graph or found.graph), load)
            return pushing.push(endpoint, load, plan, progress, force=force, count_only=count_only)

    def verify(self, *files: str | Path) -> Iterator[Verdict]:
        """Hold the claims against the texts of documents, one Verdict for each file."""
        from gbakg import texts, verify

        known = texts.described(self.project)
        for file in files:
            yield verify.verify(Path(file), known, self.project)

    def coverage(self, *files: str | Path) -> Iterator[Coverage]:
        """Account for every number in the texts of documents, one Coverage for each file."""
        from gbakg import coverage, texts

        known = texts.described(self.project)
        for file in files:
            yield coverage.cover(Path(file), known, self.project)

    def close(self) -> None:
        """Let go of the build."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            self.build.close()

    def __repr__(self) -> str:
        return f"<gbakg.Graph {self.digest[:12]}: {self.build.receipt['counts']['triples']} triples>"


def open(home: str | Path | None = None, cache: str | Path | None = None) -> Graph:  # noqa: A001 - see __init__
    """Open the graph of a project, and build it first if there is no build of its present files.

    `home` is the folder with ontology/, data/ and queries/; unless given it is GBAKG_HOME, gbakg.toml, the checkout
    around the working folder, or the copy in the package.  Raises CheckFailed if the data do not hold, InputError if
    they cannot be read, CacheError.
    """
    from gbakg import build

    project = sources.project(None if home is None else str(home))
    return Graph(project, build.ensure(project, cache=None if cache is None else str(cache)))


def check(*paths: str | Path, home: str | Path | None = None, engine: str = "fast") -> Outcome:
    """Validate a project, or files of your own together with its ontology and registry, and store nothing.

    A path is a document's folder, a table, a Turtle file, or a folder shaped like data/.  The outcome tells whether it
    `conforms`, and its `problems` and `warnings`, each with file and row.  Raises InputError if a file cannot be read.
    """
    from gbakg import build

    project = sources.project(None if home is None else str(home))
    return build.check(project, [Path(path) for path in paths], engine)


def rebuild(home: str | Path | None = None, cache: str | Path | None = None, engine: str = "fast") -> Outcome:
    """Build the graph of a project, whether or not something changed; what `gbakg build --force` does.

    Problems are in the outcome, and leave the former build in place.  Raises InputError, BuildLocked, CacheUnusable.
    """
    from gbakg import build

    project = sources.project(None if home is None else str(home))
    return build.build(project, engine, cache=None if cache is None else str(cache), whole=True)


def check_endpoint(
    store: str | Store,
    graph: str | None = None,
    *,
    closed: bool = False,
    home: str | Path | None = None,
    user: str | None = None,
    progress: Say = quiet,
) -> Outcome:
    """Validate the graph that a store elsewhere holds, there; what `gbakg check --endpoint` does.

    `store` is the address of a query service, or a name in gbakg.toml; `graph` an IRI, unless the store has its own;
    `closed` says that it may hold what was entailed as well.  Nothing is written, and the outcome has the `report`, and `problems` and `warnings`
    with the files and rows of the project here.  Raises InputError, ShapeError, BadParameter if the graph is empty or
    closed, NetworkError and QuerySyntaxError if the store does not answer, or not in full.
    """
    from gbakg import build, credentials, populate, profiles, survey
    from gbakg.engines import Examination
    from gbakg.places import Places

    selection = populate.everything(sources.project(None if home is None else str(home)))
    plan = survey.plan(selection.shapes)
    there = profiles.store(store) if isinstance(store, str) else store
    with survey.endpoint(there, credentials.find(there, user), graph) as endpoint:
        report = survey.survey(endpoint, plan, progress, closed=closed).report
    return build.Outcome(None, *build.judge(Places(selection), Examination(report), ()), report)


def build_on(
    store: str | Store,
    graph: str | None = None,
    *,
    home: str | Path | None = None,
    user: str | None = None,
    progress: Say = quiet,
) -> Completion:
    """Close and validate the stated graph that a store elsewhere holds, there; what `gbakg build --on` does.

    `store` is an address, or a name in gbakg.toml; `graph` an IRI, or `default`, unless the store has its own.
    Problems are in what is returned, and leave the graph as it is.  Raises InputError if the project cannot be read, or if
    no store can close this graph, BadParameter if the graph is empty, NetworkError, PushIncomplete.
    """
    from gbakg import complete, identify, push

    project = sources.project(None if home is None else str(home))
    found, who = identify.met(store, user)
    with complete.endpoint(found, who) as endpoint:
        return complete.complete(endpoint, push.target(endpoint.profile, graph or found.graph), project, progress)


def _counted(limit: int) -> int:
    """Return a limit that counts; a slice would take a negative one from the end."""
    if not isinstance(limit, int) or limit < 0:
        raise BadParameter("limit", "a whole number from 0", str(limit))
    return limit
