"""The servers, each a context manager that takes a folder for its data and gives a Server.

A folder that a server left behind, killed or stopped, can be given to it again.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cache
from pathlib import Path

from .server import HOST, Missing, Server, free, running

HERE = Path(__file__).parent
HEAP = "-Xmx1g"
NAME = "gbakg"
"""What the dataset or repository is called, where a server can have several."""

_USER, _PASSWORD = "dba", "not-a-secret"  # of a server that lives as long as a test, on loopback


@contextlib.contextmanager
def oxigraph(folder: Path) -> Iterator[Server]:
    """Run the Oxigraph server of the wheel `oxigraph`, on disk."""
    beside = Path(sys.executable).with_name("oxigraph")
    program = str(beside) if beside.exists() else shutil.which("oxigraph")
    if program is None:
        raise Missing("the Oxigraph server is not installed; pip install oxigraph")
    port = free()
    base = f"http://{HOST}:{port}"
    command = [program, "serve", "--location", str(folder / "data"), "--bind", f"{HOST}:{port}"]
    with running(command, folder, f"{base}/query?query=ASK%7B%7D") as (process, log):
        yield Server("oxigraph", "oxigraph", base, process, log)


@contextlib.contextmanager
def fuseki(folder: Path) -> Iterator[Server]:
    """Run Apache Jena Fuseki over TDB2."""
    port, data = free(), folder / "data"
    data.mkdir(exist_ok=True)
    base = f"http://{HOST}:{port}/{NAME}"
    command = [*java(folder, "fuseki"), "org.apache.jena.fuseki.main.cmds.FusekiMainCmd"]
    command += ["--localhost", "--port", str(port), "--tdb2", "--loc", str(data), "--update", f"/{NAME}"]
    with running(command, folder, f"{base}/query?query=ASK%7B%7D") as (process, log):
        yield Server("fuseki", "fuseki", base, process, log)


@contextlib.contextmanager
def rdf4j(folder: Path) -> Iterator[Server]:
    """Run the native store of RDF4J 5 under the addresses of RDF4J Server; Rdf4j.java says why."""
    if shutil.which("javac") is None:
        raise Missing("the Java compiler, for Rdf4j.java, is not installed; apt-get install default-jdk-headless")
    port = free()
    server = f"http://{HOST}:{port}/rdf4j-server"
    command = [*java(folder, "rdf4j"), str(HERE / "Rdf4j.java"), str(port), str(folder / "data")]
    with running(command, folder, f"{server}/protocol") as (process, log):
        yield Server("rdf4j", "rdf4j", f"{server}/repositories/{NAME}", process, log)


@contextlib.contextmanager
def rdf4j4(folder: Path) -> Iterator[Server]:
    """Run RDF4J Server 4 in Jetty, with a native store that is made over REST unless the folder has it."""
    files = _classpath("rdf4j4").split(":")
    war = next(file for file in files if file.endswith(".war"))
    port, data = free(), folder / "data"
    server = f"http://{HOST}:{port}/rdf4j-server"
    url = f"{server}/repositories/{NAME}"
    command = [*java(folder), f"-Dorg.eclipse.rdf4j.appdata.basedir={data}", "-cp", ":".join(files)]
    command += ["org.eclipse.jetty.runner.Runner", "--host", HOST, "--port", str(port), "--path", "/rdf4j-server", war]
    with running(command, folder, f"{server}/protocol") as (process, log):
        if not (data / "server" / "repositories" / NAME).exists():
            _put(url, "text/turtle", _REPOSITORY.encode())
        yield Server("rdf4j4", "rdf4j", url, process, log)


def federate(server: Server, endpoints: Sequence[str]) -> Server:
    """Make a repository of the type FedX at an RDF4J Server, which asks other endpoints together.

    https://rdf4j.org/documentation/programming/federation/
    """
    url = f"{server.url.removesuffix(NAME)}federation"
    members = " ,\n            ".join(f'[ fedx:store "SPARQLEndpoint" ; sd:endpoint "{one}" ]' for one in endpoints)
    _put(url, "text/turtle", _FEDERATION.format(members=members).encode())
    return replace(server, name="federation", url=url)


@contextlib.contextmanager
def virtuoso(folder: Path) -> Iterator[Server]:
    """Run Virtuoso, with a small memory and a password of its own."""
    program = shutil.which("virtuoso-t")
    if program is None:
        raise Missing("Virtuoso is not installed; apt-get install virtuoso-opensource-7-bin")
    port = free()
    (folder / "virtuoso.ini").write_text(_INI.format(host=HOST, port=port, sql=free()), encoding="utf-8")
    command = [program, "+foreground", "+wait", "+configfile", "virtuoso.ini"]
    if not (folder / "virtuoso.db").exists():  # this makes the database, sets the password, and ends
        subprocess.run(
            [*command, "+pwdold", "dba", "+pwddba", _PASSWORD], cwd=folder, capture_output=True, check=True, timeout=120
        )
    (folder / "virtuoso.lck").unlink(missing_ok=True)  # of a server that was killed
    base = f"http://{HOST}:{port}"
    with running(command, folder, f"{base}/sparql?query=ASK%7B%7D") as (process, log):
        yield Server("virtuoso", "virtuoso", base, process, log, _USER, _PASSWORD)


@contextlib.contextmanager
def blazegraph(folder: Path) -> Iterator[Server]:
    """Run Blazegraph in its own Jetty, with the namespace of quads that its properties make.

    Not by the main class of its archive, which finds its web pages under Java 8 alone.
    """
    start = java(folder, "blazegraph")
    archive = next(file for file in start[-1].split(":") if Path(file).name.startswith("blazegraph-jar"))
    with zipfile.ZipFile(archive) as packed:
        packed.extract("RWStore.properties", folder)
    port = free()
    url = f"http://{HOST}:{port}/blazegraph/namespace/kb/sparql"
    start[1:1] = [f"-Djetty.host={HOST}", f"-Djetty.port={port}", f"-Djetty.home=jar:file:{archive}!/war"]
    command = [*start, "com.bigdata.rdf.sail.webapp.NanoSparqlServer", str(port), "kb", "RWStore.properties"]
    with running(command, folder, f"{url}?query=ASK%7B%7D") as (process, log):
        yield Server("blazegraph", "blazegraph", url, process, log)


SERVERS: dict[str, Callable[[Path], AbstractContextManager[Server]]] = {
    "oxigraph": oxigraph,
    "fuseki": fuseki,
    "rdf4j": rdf4j,
    "rdf4j4": rdf4j4,
    "virtuoso": virtuoso,
    "blazegraph": blazegraph,
}


# --- Java ----------------------------------------------------------------------------------------------------------


def java(folder: Path, name: str = "") -> list[str]:
    """Return the start of a command that runs Java, with the libraries that a project file names."""
    program = shutil.which("java")
    if program is None:
        raise Missing("Java, which Maven's servers run on, is not installed; apt-get install default-jre-headless")
    return [program, HEAP, f"-Djava.io.tmpdir={folder}", *(["-cp", _classpath(name)] if name else [])]


@cache
def _classpath(name: str) -> str:
    """Let Maven fetch what a project file names; return where it is."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("Maven, which fetches Fuseki and RDF4J Server, is not installed; apt-get install maven")
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "classpath"
        command = [maven, "--batch-mode", "--quiet", "-Dstyle.color=never", "--file", str(HERE / f"{name}.xml")]
        goal = ["dependency:build-classpath", f"-Dmdep.outputFile={found}"]
        done = subprocess.run([*command, *goal], capture_output=True, text=True, check=False)
        if done.returncode or not found.exists():
            raise RuntimeError(f"Maven could not fetch what {name}.xml names:\n{done.stdout}{done.stderr}")
        return found.read_text(encoding="utf-8").strip()


def _put(url: str, kind: str, body: bytes) -> None:
    request = urllib.request.Request(url, body, {"Content-Type": kind}, method="PUT")  # noqa: S310 - our own address
    try:
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"PUT {url}: HTTP {error.code}: {error.read().decode(errors='replace')}") from error


_REPOSITORY = f"""
@prefix rep: <http://www.openrdf.org/config/repository#> .
@prefix sr: <http://www.openrdf.org/config/repository/sail#> .
@prefix sail: <http://www.openrdf.org/config/sail#> .
@prefix ns: <http://www.openrdf.org/config/sail/native#> .

[] a rep:Repository ;
    rep:repositoryID "{NAME}" ;
    rep:repositoryImpl [
        rep:repositoryType "openrdf:SailRepository" ;
        sr:sailImpl [ sail:sailType "openrdf:NativeStore" ; ns:tripleIndexes "spoc,posc,ospc" ]
    ] .
"""

_FEDERATION = """
@prefix rep: <http://www.openrdf.org/config/repository#> .
@prefix fedx: <http://rdf4j.org/config/federation#> .
@prefix sd: <http://www.w3.org/ns/sparql-service-description#> .

[] a rep:Repository ;
    rep:repositoryID "federation" ;
    rep:repositoryImpl [
        rep:repositoryType "fedx:FedXRepository" ;
        fedx:member {members}
    ] .
"""

_INI = """[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx

[Parameters]
ServerPort = {host}:{sql}
ServerThreads = 10
NumberOfBuffers = 20000
MaxDirtyBuffers = 15000
DirsAllowed = .

[HTTPServer]
ServerPort = {host}:{port}
ServerThreads = 5

[SPARQL]
ResultSetMaxRows = 10000
"""
