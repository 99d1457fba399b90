"""HTTP to a store: who asks, deadlines, redirects, and a clear message for each bad answer."""

from __future__ import annotations

import gzip
import re
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from gbakg import reasons
from gbakg.connection import Connection, loopback
from gbakg.credentials import Credentials
from gbakg.errors import BadParameter, NetworkError, Refused, Unreachable
from serving import PASSWORD, TOKEN, USER, Handler, Server, serving, took

ADA = Credentials(USER, PASSWORD)
ASK = {"query": "ASK { }"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve an empty store."""
    with serving() as running:
        yield running


def send(server: Server, path: str, who: Credentials | None = None, kinds: tuple[str, ...] = ()) -> bytes:
    """Ask, and read the answer."""
    with Connection(who, kinds) as connection:
        return connection.send("POST", server.url + path, form=ASK).read()


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "refused"),
        (403, "right"),
        (404, "doctor"),
        (405, "another service"),
        (411, "stream = false"),
        (413, "`most`"),
        (415, "format"),
        (429, "wait"),
        (500, "failed"),
        (502, "proxy"),
        (503, "try again later"),
        (504, "too long"),
        (507, "no room left"),
    ],
)
def test_each_status_has_its_words(server: Server, status: int, said: str) -> None:
    """One line says what is wrong, the number, and what the store said of it."""
    with pytest.raises(Refused, match=said) as caught:
        send(server, f"/status/{status}")
    assert 4 == caught.value.exit_code
    assert status == caught.value.status
    assert f"(HTTP {status}: so it is)" in str(caught.value)


@pytest.mark.parametrize(
    ("code", "told", "status"),
    [
        ("SR186", "ask whoever runs it for the right", 403),
        ("SR619", "ask whoever runs it for the right", 403),
        ("IO", "no room left on its disk; make room there", 507),
    ],
)
def test_what_a_store_says_with_500(server: Server, code: str, told: str, status: int) -> None:
    """A right that is missing and a full disk are told as what they are, with what the store said."""
    with pytest.raises(Refused, match=rf"{told}.*\(HTTP 500: .*{code}") as caught:
        send(server, f"/failed/{code}")
    assert status == caught.value.status


@pytest.mark.parametrize(
    ("text", "told", "status"),
    [
        ("No endpoint for request", "has nothing under this address", 404),
        ("Unknown content type for triples: [x]", "the address of another service", 405),
        ("SPARQL Update: No 'update=' parameter", "the address of another service", 405),
        ("Parse error: no endpoint for request", "refused", 400),
    ],
)
def test_what_fuseki_says_with_400(
    server: Server, monkeypatch: pytest.MonkeyPatch, text: str, told: str, status: int
) -> None:
    """An address that answers no queries is told from a query that is none."""
    body = text.encode()
    monkeypatch.setattr(Handler, "on_odd", lambda self, form, rest: self.send(400, "text/plain", body), raising=False)
    with pytest.raises(Refused, match=rf"{told}.*\(HTTP 400: {re.escape(text)}\)") as caught:
        send(server, "/odd")
    assert status == caught.value.status


def test_what_fuseki_says_with_503(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A query that met the store's own limit of time is told from a store that is busy."""
    body = b"Query timed out"
    monkeypatch.setattr(Handler, "on_late", lambda self, form, rest: self.send(503, "text/plain", body), raising=False)
    with pytest.raises(Refused, match=r"longer than it allows itself; ask for less.*\(HTTP 503: Query timed out\)"):
        send(server, "/late")


@pytest.mark.parametrize(
    ("text", "wait"),
    [("7", 7), ("0", 0), ("", 0), ("soon", 0), ("-1", 0), ("Wed, 21 Oct 2015 07:28:00 GMT", 0), ("²", 0)],
)
def test_how_long_a_store_asks_to_wait(server: Server, text: str, wait: float) -> None:
    """Retry-After counts seconds, or names a moment; anything else says nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "headers", {"retry-after": text.encode().decode("latin-1")})
        with pytest.raises(Refused) as caught:
            send(server, "/status/503")
    assert wait == caught.value.wait
    assert ("it asks for 7 s" in str(caught.value)) == (wait == 7)


def test_a_moment_to_wait_for(server: Server) -> None:
    """A moment in an hour is an hour away."""
    moment = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "headers", {"Retry-After": moment})
        with pytest.raises(
            Refused, match=r"too many requests; wait, and try again; it asks for 3,[56]\d\d s"
        ) as caught:
            send(server, "/status/429")
    assert 3500 < caught.value.wait <= 3600


@pytest.mark.parametrize("kind", ["/status/500", "/moved/there", "/basic"])
def test_what_a_terminal_would_do_is_taken_out(server: Server, kind: str) -> None:
    """Words of a store, an address that it leads to and a way to ask reach a terminal as plain text."""
    red = "\x1b[31mred\x07"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Handler, "on_status", lambda self, form, rest: self.send(500, "text/plain", red.encode()))
        patch.setattr(
            Handler, "on_moved", lambda self, form, rest: self.send(302, "x", b"", Location=f"http://a/{red}")
        )
        challenge = {"WWW-Authenticate": f"{red} realm=x"}
        patch.setattr(Handler, "on_basic", lambda self, form, rest: self.send(401, "x", b"", **challenge))
        with pytest.raises(Refused, match=r"\[31mred") as caught:
            send(server, kind)
    assert str(caught.value).isprintable()


def test_a_part_of_an_answer_is_none(server: Server) -> None:
    """Nobody asked for a part."""
    with pytest.raises(Refused, match=r"gave a part of its answer.*HTTP 206"):
        send(server, "/status/206")


PACKED = gzip.compress(b"x" * 100_000)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (PACKED, ""),
        (PACKED + PACKED, ""),
        (b"", ""),
        (PACKED[:-1], "broke off"),
        (PACKED[:-8], "broke off"),
        (PACKED[:40], "broke off"),
        (PACKED[:-8] + b"12345678", "cannot be read .no gzip: .*check"),
        (b"no gzip at all", "cannot be read .no gzip"),
        (PACKED + b"more", "cannot be read .no gzip"),
    ],
    ids=["whole", "twice", "nothing", "less a byte", "without its end", "a part", "another sum", "none", "and more"],
)
@pytest.mark.parametrize("size", [-1, 7_000])
def test_a_compressed_answer_is_whole_or_none(server: Server, body: bytes, told: str, size: int) -> None:
    """What is left of a compressed answer that was cut is never taken for all of it."""
    expected = b"x" * (100_000 * body.count(PACKED))
    with pytest.MonkeyPatch.context() as patch, Connection() as connection:
        patch.setattr(server, "headers", {"Content-Encoding": "gzip"})
        patch.setattr(Handler, "on_status", lambda self, form, rest: self.send(200, "text/plain", body))
        answer = connection.send("POST", f"{server.url}/status/200", form=ASK)
        with pytest.raises(NetworkError, match=told) if told else nullcontext():
            found = answer.read() if size < 0 else b"".join(iter(lambda: answer.read(size), b""))
            assert expected == found


def test_a_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a proxy of the environment stands between, it is told, without its password."""
    monkeypatch.setenv("http_proxy", "http://ada:hidden@127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with (
        Connection() as connection,
        pytest.raises(Unreachable, match=r"through the proxy http://127\.0\.0\.1:9 .*no_proxy") as caught,
    ):
        connection.send("GET", "http://store.invalid/sparql")
    assert "hidden" not in str(caught.value)


def test_a_proxy_that_is_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names cannot be asked, and is not repeated."""
    monkeypatch.setenv("http_proxy", "http://[hidden")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with (
        Connection() as connection,
        pytest.raises(NetworkError, match="through a proxy that is no name; check http_proxy") as caught,
    ):
        connection.send("GET", "http://store.invalid/sparql")
    assert "hidden" not in str(caught.value)


def test_a_host_that_is_no_name() -> None:
    """A name of a host has parts of at most 63 letters (RFC 1035, section 2.3.4)."""
    with Connection() as connection, pytest.raises(NetworkError, match="host that is no name"):
        connection.send("GET", f"http://{'a' * 64}.invalid/sparql")


@pytest.mark.parametrize(("number", "size"), [(1, 200_000), (300, 1)])
def test_headers_that_nobody_reads(server: Server, number: int, size: int) -> None:
    """Headers that are too long or too many are told as what they are; they are HTTP."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "headers", {f"X-{at}": "x" * size for at in range(number)})
        with pytest.raises(NetworkError, match="headers that are too long or too many"):
            send(server, "/sparql")


def test_certificates_that_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that the environment names wrongly is told, and not that nobody answers."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "nowhere.pem")
    with pytest.raises(NetworkError, match=r"no file nowhere\.pem; see REQUESTS_CA_BUNDLE"), Connection() as connection:
        connection.send("GET", "https://127.0.0.1:9/sparql")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_what_does_not_speak_http(scheme: str) -> None:
    """Another service at the port, or HTTP where TLS is meant, is told as what it is."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        answered = threading.Thread(target=_greet, args=(listening,))
        answered.start()
        told = "does not speak HTTP; check the address" if scheme == "http" else "is it an http:// address"
        with Connection() as connection, pytest.raises(NetworkError, match=told):
            connection.send("GET", f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/", seconds=10)
        answered.join()


def _greet(listening: socket.socket) -> None:
    connected, _ = listening.accept()
    with connected:
        connected.recv(1000)
        connected.sendall(b"SSH-2.0-OpenSSH_9.6\r\n")


def test_ipv6() -> None:
    """An address in brackets is one."""
    with pytest.raises(Unreachable, match=r"^http://\[::1\]:9/sparql: cannot be reached"), Connection() as connection:
        connection.send("GET", "http://[::1]:9/sparql")
    assert loopback("http://[::1]:9/sparql")


def test_a_page_of_html_says_its_title(server: Server) -> None:
    """Of an error page, the title is repeated and no tag."""
    with pytest.raises(Refused, match=r"\(HTTP 404: Not here\)"):
        send(server, "/nowhere")


@pytest.mark.parametrize(("path", "target"), [("/moved/away", "http://127.0.0.2:"), ("/moved/here", "to /sparql")])
def test_a_redirect_is_told_and_not_followed(server: Server, path: str, target: str) -> None:
    """Nothing goes to another address, least of all who asks."""
    before = len(server.asked)
    with pytest.raises(Refused, match=target):
        send(server, path, ADA, ("basic",))
    assert 1 == len(server.asked) - before


@pytest.mark.parametrize(
    ("path", "kinds", "requests"),
    [
        ("/basic", ("basic",), 1),
        ("/basic", ("basic", "digest"), 2),
        ("/digest", ("digest",), 2),
        ("/digest", ("basic", "digest"), 3),
    ],
)
def test_a_user_is_let_in(server: Server, path: str, kinds: tuple[str, ...], requests: int) -> None:
    """A store that knows one kind is shown it at once; of several, the one that it asks for, Digest first."""
    before = len(server.asked)
    assert b"true" in send(server, path, ADA, kinds)
    assert requests == len(server.asked) - before
    if path == "/digest":
        assert not [one for one in server.asked[before:] if one[2].get("Authorization", "").startswith("Basic")]


def test_a_kind_is_settled_once(server: Server) -> None:
    """The second request goes out with what the first has learned."""
    with Connection(ADA, ("basic", "digest")) as connection:
        connection.send("POST", f"{server.url}/digest", form=ASK).read()
        assert not connection.streams
        before = len(server.asked)
        connection.send("POST", f"{server.url}/digest", form=ASK).read()
    assert 1 == len(server.asked) - before


def test_a_stream_is_sent_again(server: Server) -> None:
    """A body that is made as it goes is made anew when the store asks who it is from."""
    made: list[int] = []

    def body() -> Iterator[bytes]:
        made.append(1)
        yield b"query=ASK%20%7B%7D"

    with Connection(ADA, ("basic", "digest")) as connection, pytest.raises(Refused):
        connection.send("POST", f"{server.url}/status/401", body)
    with Connection(ADA, ("basic",)) as connection:
        connection.send("POST", f"{server.url}/capped", body).read()
    assert [1, 1] == made


def test_a_token_is_let_in(server: Server) -> None:
    """A token goes into the Authorization header."""
    assert b"true" in send(server, "/bearer", Credentials(token=TOKEN))


@pytest.mark.parametrize("path", ["/basic", "/digest", "/bearer"])
def test_a_wrong_secret_is_not_repeated(server: Server, path: str) -> None:
    """What is wrong is told; the secret is not, even if the store repeats it."""
    wrong = "entirely-wrong"
    who = Credentials(token=wrong) if path == "/bearer" else Credentials(USER, wrong)
    told = (
        "refused the token; .*GBAKG_TOKEN"
        if path == "/bearer"
        else "refused the user or the password; .*GBAKG_PASSWORD"
    )
    with pytest.raises(Refused, match=told) as caught:
        send(server, path, who, ("basic", "digest"))
    assert wrong not in str(caught.value)
    assert wrong not in repr(who)


def test_nobody_is_told_how_to_say_who(server: Server) -> None:
    """Without a user, the message says where one comes from."""
    with pytest.raises(Refused, match=r"wants to know who asks, by Basic; .*GBAKG_PASSWORD"):
        send(server, "/basic")


@pytest.mark.parametrize("path", ["/drip/headers", "/drip/body"])
def test_a_deadline_is_for_the_whole_answer(server: Server, path: str) -> None:
    """A store that sends a byte now and then is cut off in time."""
    start = time.monotonic()
    with Connection() as connection, pytest.raises(Unreachable, match=r"not answered in full after 0\.5 s"):
        connection.send("POST", server.url + path, form=ASK, seconds=0.5).read()
    assert 0.4 < took(start) < 2


def test_a_silent_store_is_told() -> None:
    """A store that takes a request and says nothing is not waited for."""
    start = time.monotonic()
    with (
        serving() as running,
        Connection(silence=0.3) as connection,
        pytest.raises(Unreachable, match=r"silent for 0\.3"),
    ):
        connection.send("POST", f"{running.url}/silent", form=ASK)
    assert took(start) < 2


def test_an_answer_that_breaks_off_is_told(server: Server) -> None:
    """Fewer bytes than promised are no answer."""
    with pytest.raises(Unreachable, match="broke off"):
        send(server, "/short")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/sparql", "http://nobody.invalid/sparql"])
def test_nobody_there(url: str) -> None:
    """An address where nobody listens, and one that has no machine, are told."""
    with Connection() as connection, pytest.raises(Unreachable, match="cannot be reached"):
        connection.send("POST", url, form=ASK)


@pytest.mark.parametrize(
    "url",
    [
        "http://ada:hidden@localhost/",
        "http://hidden@localhost/",
        "http://localhost/sparql?access-token=hidden",
        "https://localhost/sparql?Password=hidden",
    ],
)
def test_a_secret_in_an_address_is_refused(url: str) -> None:
    """An address is seen by everybody: secrets are refused, and not repeated."""
    with Connection() as connection, pytest.raises(BadParameter, match="GBAKG_PASSWORD") as caught:
        connection.send("GET", url)
    assert "hidden" not in str(caught.value)


def test_a_certificate_that_does_not_verify(tmp_path: Path) -> None:
    """A certificate that nobody vouches for ends the request."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    names = ["-subj", "/CN=127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with serving() as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        with (
            Connection() as connection,
            pytest.raises(NetworkError, match="certificate that does not verify") as caught,
        ):
            connection.send("GET", running.url.replace("http:", "https:"))
    assert "REQUESTS_CA_BUNDLE" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "days", "ceiling", "told"),
    [
        ("other.example", "9", ssl.TLSVersion.TLSv1_3, "give the host by the name that the certificate is for"),
        ("127.0.0.1", "-1", ssl.TLSVersion.TLSv1_3, "has to renew it"),
        ("127.0.0.1", "9", ssl.TLSVersion.TLSv1_1, "has to allow TLS 1.2 or 1.3"),
    ],
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_what_to_do_about_a_certificate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, days: str, ceiling: ssl.TLSVersion, told: str
) -> None:
    """One for another host, one that has expired, and a TLS that is too old: trusting an authority would not help."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    key, request, certificate, names = (tmp_path / name for name in ("key", "request", "certificate", "names"))
    names.write_text(f"subjectAltName={'IP' if host[0].isdigit() else 'DNS'}:{host}\n", encoding="utf-8")
    made = ["req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={host}", "-keyout", str(key), "-out", str(request)]
    subprocess.run([openssl, *made], check=True, capture_output=True)
    signed = ["x509", "-req", "-in", str(request), "-signkey", str(key), "-days", days, "-extfile", str(names)]
    subprocess.run([openssl, *signed, "-out", str(certificate)], check=True, capture_output=True)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ceiling
    with serving() as running:
        running.socket = context.wrap_socket(running.socket, server_side=True)
        with Connection() as connection, pytest.raises(NetworkError) as caught:
            connection.send("GET", running.url.replace("http:", "https:"))
    assert told in str(caught.value)
    assert "REQUESTS_CA_BUNDLE" not in str(caught.value)


def test_a_query_over_the_limit_of_virtuoso() -> None:
    """Virtuoso says 500 where its MaxQueryExecutionTime is over; what helps is told."""
    said = "Virtuoso S1T00 Error SR171: Transaction timed out"
    told = str(reasons.refusal("http://localhost:8890/sparql", "POST", 500, {}, said, Credentials()))
    assert "took longer than it allows itself; ask for less, or have its limit raised" in told
