"""A small SPARQL endpoint on loopback for tests: it answers from a store in memory, or as badly as it is told to."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pyoxigraph
from pyoxigraph import QueryResultsFormat, RdfFormat, Store

USER, PASSWORD, TOKEN = "ada", "correct horse", "t0ken-of-ada"
JSON = "application/sparql-results+json"


class Server(ThreadingHTTPServer):
    """An endpoint over one store; the path says how it behaves, `/sparql` well."""

    daemon_threads = True

    def __init__(self, store: Store | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.store = Store() if store is None else store
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.headers: dict[str, str] = {}
        self.faults: list[int | str] = []
        """What happens to the next requests that write: a status; `unheard` (done, and no answer), `lossy` (half is
        kept), or nothing for a request that is done well."""
        self.stopping = threading.Event()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Keep quiet when a client goes away."""


class Handler(BaseHTTPRequestHandler):
    """What answers one request."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Answer as the path says."""
        body = self.body()
        path = urlsplit(self.path).path
        self.server.asked.append((self.command, self.path, dict(self.headers)))
        name, _, rest = path.strip("/").partition("/")
        if name in ("store", "update"):
            self.write(name, body)
        else:
            getattr(self, f"on_{name}", self.on_nothing)(parse_qs(body.decode()), rest)

    def do_GET(self) -> None:
        """Answer as the path says."""
        self.do_POST()

    def do_PUT(self) -> None:
        """Answer as the path says."""
        self.do_POST()

    def do_DELETE(self) -> None:
        """Answer as the path says."""
        self.do_POST()

    def body(self) -> bytes:
        """Read what was sent, in chunks or not, compressed or not."""
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body

    def write(self, name: str, body: bytes) -> None:
        """Answer as a graph store (`/store`) and for updates, with the next of the faults."""
        fault = self.server.faults.pop(0) if self.server.faults and self.command != "GET" else ""
        if isinstance(fault, int):
            self.send(fault, "text/plain", b"as it was told")
            return
        if name == "update" and self.command != "POST":
            self.send(405, "text/plain", b"POST an update")
            return
        if name == "update":
            try:
                self.server.store.update(parse_qs(body.decode())["update"][0])
            except (SyntaxError, OSError, RuntimeError) as error:
                self.send(400 if isinstance(error, SyntaxError) else 500, "text/plain", str(error).encode())
                return
        elif not self.graph(body, fault):
            return
        if fault == "unheard":
            self.close_connection = True
            return
        self.send(204, "text/plain", b"")

    def graph(self, body: bytes, fault: str) -> bool:
        """Do what the graph store protocol asks for; tell whether nothing was answered yet."""
        asked = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        graph = pyoxigraph.NamedNode(asked["graph"][0]) if "graph" in asked else pyoxigraph.DefaultGraph()
        store = self.server.store
        if self.command == "GET":
            triples = [quad.triple for quad in store.quads_for_pattern(None, None, None, graph)]
            found = pyoxigraph.serialize(triples, format=RdfFormat.N_TRIPLES) or b""
            self.send(200 if triples or "graph" not in asked else 404, "application/n-triples", found)
            return False
        if fault == "lossy":
            body = b"".join(body.splitlines(keepends=True)[::2])
        if self.command in ("PUT", "DELETE"):
            store.remove_graph(graph)
        kind = RdfFormat.from_media_type(self.headers.get("Content-Type") or "text/turtle")
        if self.command != "DELETE":
            store.load(body, kind, to_graph=graph)
        return True

    def on_sparql(self, form: dict[str, list[str]], rest: str = "") -> None:
        """Let pyoxigraph answer."""
        if "query" not in form:
            self.send(400, "text/plain", b"no query")
            return
        try:
            found = self.server.store.query(
                form["query"][0],
                use_default_graph_as_union=False,
                default_graph=[pyoxigraph.NamedNode(one) for one in form["default-graph-uri"]]
                if "default-graph-uri" in form
                else None,
            )
        except SyntaxError as error:
            self.send(400, "text/plain", str(error).encode())
            return
        if isinstance(found, pyoxigraph.QueryTriples):
            self.send(200, "application/n-triples", found.serialize(format=RdfFormat.N_TRIPLES) or b"")
        else:
            self.send(200, JSON, found.serialize(format=QueryResultsFormat.JSON) or b"")

    def on_html(self, form: dict[str, list[str]], rest: str) -> None:
        """Answer with a web page."""
        self.send(200, "text/html; charset=utf-8", b"<html><title>Welcome</title></html>")

    def on_moved(self, form: dict[str, list[str]], rest: str) -> None:
        """Send elsewhere: to another host, or to another path."""
        target = f"http://127.0.0.2:{self.server.server_address[1]}/sparql" if rest == "away" else "/sparql"
        self.send(307, "text/plain", b"elsewhere", Location=target)

    def on_broken(self, form: dict[str, list[str]], rest: str) -> None:
        """Answer with JSON that ends too soon."""
        row = '{"x": {"type": "literal", "value": "1"}}'
        self.send(200, JSON, f'{{"head": {{"vars": ["x"]}}, "results": {{"bindings": [{row},'.encode())

    def on_short(self, form: dict[str, list[str]], rest: str) -> None:
        """Close the connection in the middle of the answer."""
        self.send(200, JSON, b'{"head": {"vars": ["x"]}, "results": {"bindings": [', **{"Content-Length": "5000"})
        self.close_connection = True

    def on_torn(self, form: dict[str, list[str]], rest: str) -> None:
        """Close the connection in the middle of the answer, after a thousand rows."""
        rows = ",".join(['{"x": {"type": "literal", "value": "1"}}'] * 1000)
        body = f'{{"head": {{"vars": ["x"]}}, "results": {{"bindings": [{rows},'.encode()
        self.send(200, JSON, body, **{"Content-Length": str(2 * len(body))})
        self.close_connection = True

    def on_silent(self, form: dict[str, list[str]], rest: str) -> None:
        """Say nothing."""
        self.server.stopping.wait(5)
        self.close_connection = True

    def on_drip(self, form: dict[str, list[str]], rest: str) -> None:
        """Answer one byte at a time: the headers (`/drip/headers`), or the body."""
        head = f"HTTP/1.1 200 OK\r\nContent-Type: {JSON}\r\nX-Long: {'x' * 500}\r\n\r\n".encode()
        if rest != "headers":
            self.wfile.write(head)
        for byte in head if rest == "headers" else b'{"head": {"vars": ["x"]}, "results": {"bindings": [' + b" " * 500:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopping.wait(0.02):
                break
        self.close_connection = True

    def on_status(self, form: dict[str, list[str]], rest: str) -> None:
        """Answer with a status."""
        self.send(int(rest), "text/plain", b"so it is")

    def on_failed(self, form: dict[str, list[str]], rest: str) -> None:
        """Fail with the status 500 as stores do: Virtuoso for who may not write, Oxigraph on a full disk."""
        told = {
            "SR186": "Virtuoso 42000 Error SR186:SECURITY: No permission to execute procedure DB.DBA.SPARUL_DROP",
            "SR619": "Virtuoso RDF02 Error SR619: SPARUL DROP GRAPH access denied: database user 110 (eve) has no write",
            "IO": "IO error: No space left on device: While appending to file: data/000008.log: No space left on device",
        }
        self.send(500, "text/plain", told[rest].encode())

    def on_capped(self, form: dict[str, list[str]], rest: str) -> None:
        """Answer with three rows and say as Virtuoso does that there might have been more."""
        row = '{"x": {"type": "uri", "value": "urn:x"}}'
        body = f'{{"head": {{"vars": ["x"]}}, "results": {{"bindings": [{row}, {row}, {row}]}}}}'
        self.send(200, JSON, body.encode(), **{"X-SPARQL-MaxRows": "3"})

    def on_basic(self, form: dict[str, list[str]], rest: str) -> None:
        """Ask for Basic authentication (RFC 7617)."""
        wanted = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") == f"Basic {wanted}":
            self.on_sparql(form)
        else:
            self.send(401, "text/plain", b"", **{"WWW-Authenticate": 'Basic realm="gba"'})

    def on_bearer(self, form: dict[str, list[str]], rest: str) -> None:
        """Ask for a token (RFC 6750), and repeat the one that is wrong."""
        given = self.headers.get("Authorization", "")
        if given == f"Bearer {TOKEN}":
            self.on_sparql(form)
        else:
            self.send(401, "text/plain", f"not {given}".encode(), **{"WWW-Authenticate": "Bearer"})

    def on_digest(self, form: dict[str, list[str]], rest: str) -> None:
        """Ask for Digest authentication (RFC 7616, section 3.4.1, with MD5), beside Basic."""
        given = dict(re.findall(r'(\w+)="?([^",]+)"?', self.headers.get("Authorization", "")))

        def md5(text: str) -> str:
            return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

        first, second = md5(f"{USER}:gba:{PASSWORD}"), md5(f"{self.command}:{self.path}")
        parts = [first, *(given.get(name, "") for name in ("nonce", "nc", "cnonce", "qop")), second]
        if given.get("nonce") == "once" and given.get("response") == md5(":".join(parts)):
            self.on_sparql(form)
        else:
            offer = 'Basic realm="gba", Digest realm="gba", nonce="once", qop="auth", algorithm=MD5'
            self.send(401, "text/plain", b"", **{"WWW-Authenticate": offer})

    def on_nothing(self, form: dict[str, list[str]], rest: str) -> None:
        """Know nothing of the path."""
        self.send(404, "text/html", b"<html><head><title>Not here</title></head></html>")

    def send(self, code: int, kind: str, body: bytes, **headers: str) -> None:
        """Send an answer."""
        self.send_response_only(code)
        given = {"Content-Type": kind, "Content-Length": str(len(body)), **self.server.headers, **headers}
        for name, value in given.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that http.server gives
        """Keep quiet."""


@contextlib.contextmanager
def serving(store: Store | None = None) -> Iterator[Server]:
    """Run a server as long as the block lasts."""
    with Server(store) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.stopping.set()
            server.shutdown()
            thread.join()


def took(start: float) -> float:
    """Return the seconds since a time of `time.monotonic`."""
    return time.monotonic() - start
