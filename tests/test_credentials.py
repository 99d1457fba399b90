"""Who asks a store: where the secret comes from, in which order, and that it goes nowhere else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from gbakg.credentials import Credentials, find
from gbakg.errors import BadParameter
from gbakg.profiles import Store, profile
from gbakg.signing import Signature
from serving import PASSWORD, USER, serving

HERE = Store("http://localhost:3030/gba")


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the secrets of whoever runs the tests out of them."""
    for name in ("GBAKG_USER", "GBAKG_PASSWORD", "GBAKG_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.chdir(tmp_path)


def test_nobody() -> None:
    """Where nothing says who asks, nobody does."""
    assert not find(HERE)


def test_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user and a password, or else a token."""
    monkeypatch.setenv("GBAKG_TOKEN", "t")
    assert Credentials("", "", "t") == find(HERE)
    monkeypatch.setenv("GBAKG_USER", "ada")
    monkeypatch.setenv("GBAKG_PASSWORD", "p")
    assert Credentials("ada", "p") == find(HERE)
    assert Credentials("bob", "p") == find(HERE, "bob")


def test_the_store_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What gbakg.toml has for a store counts for it; for another user of it, his own password does."""
    monkeypatch.setenv("GBAKG_PASSWORD", "other")
    named = Store(HERE.url, None, "office", "", "ada", "own")
    assert Credentials("ada", "own") == find(named)
    assert Credentials("bob", "other") == find(named, "bob")
    assert Credentials("", "", "t") == find(Store(HERE.url, None, "", "", "", "", "t"))


def test_netrc(tmp_path: Path) -> None:
    """Without a setting, .netrc has the password of its host, and of no other user."""
    (tmp_path / "netrc").write_text("machine localhost login ada password n\n", encoding="utf-8")
    assert Credentials("ada", "n") == find(HERE)
    assert not find(Store("http://127.0.0.1:3030/gba"))
    with pytest.raises(BadParameter, match="GBAKG_PASSWORD"):
        find(HERE, "bob")


def test_a_prompt_comes_last() -> None:
    """Only a user without a password is asked for one, by name and place."""
    asked: list[str] = []

    def ask(text: str) -> str:
        asked.append(text)
        return "typed"

    assert Credentials("ada", "typed") == find(HERE, "ada", ask)
    assert ["password of ada at localhost: "] == asked
    assert not find(HERE, None, ask)


def test_secrets_are_taken_out_of_texts() -> None:
    """Neither the representation nor a text of others shows them."""
    who = Credentials("ada", "horse battery", "t0ken-of-ada")
    assert "no ... and no ..." == who.hide("no horse battery and no t0ken-of-ada")
    assert "Credentials(...)" == repr(who)


def test_netrc_is_not_read_behind_ones_back(tmp_path: Path) -> None:
    """Where nobody asks, requests adds nobody either."""
    (tmp_path / "netrc").write_text("machine localhost login ada password n\n", encoding="utf-8")
    session = requests.Session()
    session.auth = Credentials().method("none")
    assert "Authorization" not in session.prepare_request(requests.Request("GET", HERE.url)).headers


@pytest.mark.parametrize("token", ["hidden\n", "hid den", "hidden深圳", "\x1bhidden"])
def test_a_token_that_no_header_can_carry(token: str) -> None:
    """It is refused before a library would repeat it."""
    with pytest.raises(BadParameter, match="GBAKG_TOKEN") as caught:
        Credentials(token=token).method("bearer")
    assert "hid" not in str(caught.value)


def test_a_user_that_digest_cannot_carry() -> None:
    """A name beyond ASCII goes by Basic alone."""
    with pytest.raises(BadParameter, match="ASCII, for Digest"):
        Credentials("深圳", "p").method("digest")
    Credentials("深圳", "密碼").method("basic")


def test_a_password_beside_the_name_is_not_repeated() -> None:
    """USER:PASSWORD, which other programs take, is refused, and said without the password."""
    with pytest.raises(BadParameter, match=r"'ada:\.\.\.'.*GBAKG_PASSWORD") as caught:
        find(HERE, "ada:hidden")
    assert "hidden" not in str(caught.value)


def test_neptune_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request is signed over its body, with the account and the region of AWS's own settings."""
    pytest.importorskip("botocore", reason="botocore is not installed: pip install 'gbakg[neptune]'")
    for name, value in (("ACCESS_KEY_ID", "AKIDEXAMPLE"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", "eu-west-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    store = Store("https://db.example.org:8182", profile("neptune"))
    who = find(store)
    assert who.signed
    request = requests.Request("POST", "https://db.example.org:8182/sparql", data={"query": "ASK {}"}).prepare()
    signed = who.method("sigv4")(request).headers
    assert signed["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/neptune-db/aws4_request" in signed["Authorization"]
    assert "SignedHeaders=content-type;host;x-amz-date" in signed["Authorization"]


def test_signing_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without botocore, or without an account, what to do is said."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(BadParameter, match=r"gbakg\[neptune\]|AWS_PROFILE"):
        Signature()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="/proc, which lists processes, is Linux's")
def test_no_secret_is_in_the_process_list() -> None:
    """While a store is asked, the command line is what the user wrote; what is told afterwards has no secret either."""
    with serving() as server:
        command = [sys.executable, "-m", "gbakg", "sparql", "ASK { }", "--endpoint", f"{server.url}/silent"]
        who = {"GBAKG_USER": USER, "GBAKG_PASSWORD": PASSWORD}
        process = subprocess.Popen(command, env={**os.environ, **who}, stderr=subprocess.PIPE, text=True)
        try:
            while not server.asked and process.poll() is None:
                time.sleep(0.02)
            listed = Path(f"/proc/{process.pid}/cmdline").read_text(encoding="utf-8").split("\0")
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
    assert command[1:] == listed[1:-1]
    assert PASSWORD not in "".join(listed) + err
    assert (130, "gbakg: interrupted\n") == (process.returncode, err)
