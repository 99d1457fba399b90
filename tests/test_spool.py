"""Lines on their way into a store: what is put comes out, is counted and hashed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gbakg import spool
from gbakg.digest import Digest
from gbakg.spool import Spool

LINES = [f'<urn:s{number}> <urn:p> "ü\\n{number}" .' for number in range(spool.BATCH + 7)]


def test_what_is_put_comes_out(tmp_path: Path) -> None:
    """In its order, whatever the batches."""
    digest = Digest()
    with Spool(tmp_path / "x.nt", digest) as written:
        written.put(LINES[:3])
        written.put(iter(LINES[3:]))
        assert written.count == len(LINES)
    assert list(spool.lines(tmp_path / "x.nt")) == LINES
    expected = Digest()
    for line in LINES:
        expected.add(line)
    assert expected == digest


def test_a_part_of_a_file_is_read_alone(tmp_path: Path) -> None:
    """From where a line begins to where one ends."""
    with Spool(tmp_path / "x.nt") as written:
        written.put(LINES[:2])
        begin = written.tell()
        written.put(LINES[2:5])
        end = written.tell()
        written.put(LINES[5:9])
    assert list(spool.lines(tmp_path / "x.nt", begin, end)) == LINES[2:5]
    assert list(spool.lines(tmp_path / "x.nt", begin, begin)) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("count", [1, len(LINES)])
def test_a_full_disk_is_told_with_the_file(count: int) -> None:
    """Whether a write or the end of it fails: a user has to know which of the disks it is."""
    with pytest.raises(OSError, match="No space left on device: '/dev/full'"), Spool(Path("/dev/full")) as written:
        written.put(LINES[:count])
        written.flush()


def test_everything_can_be_taken_back(tmp_path: Path) -> None:
    """The digest, too, which may have taken other lines before."""
    digest = Digest()
    digest.add(LINES[9])
    before = digest.hex
    with Spool(tmp_path / "x.nt", digest) as written:
        written.put(LINES[:5])
        written.clear()
        assert (written.count, digest.hex) == (0, before)
        written.put(LINES[5:8])
    assert list(spool.lines(tmp_path / "x.nt")) == LINES[5:8]
    assert digest.count == 4
