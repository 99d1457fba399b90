"""Headers of saved queries."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gbakg import header, query
from gbakg.errors import HeaderError
from gbakg.header import Header, Limit, Parameter

ROOT = Path(__file__).parents[1]
PIECES = [
    *("summary", "a", "0x1f", "1_000", "012", "1e3", "2024-01-01", "yes", "~", ".inf", "é", "微", "---", "..."),
    *(":", ": ", " ", "\n", "\n  ", "- ", "? ", "[", "]", "{", "}", ", ", "'", '"', "#", " #", "|", "> ", "&a ", "*a"),
    *("!!str ", "<<", "=", "%", "@", "`", "\\", "\t", "\r", "\x85", "\u2028", "\ufeff"),
]
"""What YAML is made of, and what its readers have trouble with."""

FULL = """#+ summary: What did each source say,
#+   and how exactly?
#+ tags: [metrics, evidence]
#+ params:
#+   metric: {type: iri, class: gba:Metric, required: true, example: metric/x}
#+   since: {type: date, default: 2024-01-01, summary: The first day}
#+   exact: {type: boolean, default: yes}
#+   wanted: {type: string}
#+ limit: {default: 100, max: 10000}
#+ view: table
#+ needs: [gba:within]
#+ questions: [3, 12]
# an ordinary comment
PREFIX gba: <https://w3id.org/gbakg/ontology#>
SELECT * WHERE { }
#+ summary: not part of the header
"""


def test_reads_every_field() -> None:
    """A full header is read as it is written, defaults as the texts that a user would type."""
    expected = Header(
        "What did each source say, and how exactly?",
        ("metrics", "evidence"),
        (
            Parameter("metric", "iri", "gba:Metric", required=True, example="metric/x"),
            Parameter("since", "date", default="2024-01-01", summary="The first day"),
            Parameter("exact", "boolean", default="true"),
            Parameter("wanted", "string"),
        ),
        Limit(100, 10000),
        "table",
        ("gba:within",),
        (3, 12),
    )
    assert expected == header.parse(FULL, "a.rq")


def test_json_round_trip() -> None:
    """The build keeps a header without loss."""
    found = header.parse(FULL, "a.rq")
    assert found == Header.from_json(found.to_json())


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT * {}", "has no header"),
        ("", "has no header"),
        ("#+ tags: [a]\n", "has no summary"),
        ("#+ summary: a: b: c\n", "line 1.*not YAML"),
        ("#+ summary: [\n", "not YAML"),
        ("#+ just words\n", "not YAML fields"),
        ("#+ sumary: a\n", "unknown field `sumary`; did you mean `summary`"),
        ("#+ summary: a\n#+ tags: word\n", "tags: expected a list"),
        ("#+ summary: a\n#+ view: hologram\n", "view: expected one of"),
        ("#+ summary: a\n#+ params: [x]\n", "params: expected names"),
        ("#+ summary: a\n#+ params: {x: string}\n", "parameter x: expected fields"),
        ("#+ summary: a\n#+ params: {X-1: {type: string}}\n", "lower-case"),
        ("#+ summary: a\n#+ params: {x: {type: text}}\n", "expected type to be one of"),
        ("#+ summary: a\n#+ params: {x: {type: iri}}\n", "needs a class"),
        ("#+ summary: a\n#+ params: {x: {type: string, class: gba:A}}\n", "has no class"),
        ("#+ summary: a\n#+ params: {x: {type: iri, class: Metric}}\n", "prefixed name"),
        ("#+ summary: a\n#+ params: {x: {type: string, requird: true}}\n", "did you mean `required`"),
        ("#+ summary: a\n#+ params: {x: {type: string, required: maybe}}\n", "true or false"),
        ("#+ summary: a\n#+ params: {x: {type: string, required: true}}\n", "no example"),
        ("#+ summary: a\n#+ params: {x: {type: string, required: true, default: b, example: b}}\n", "has a default"),
        ("#+ summary: a\n#+ params: {x: {type: string, default: [1, 2]}}\n", "expected one value"),
        ("#+ summary: a\n#+ needs: gba:within\n", "needs: expected a list"),
        ("#+ summary: a\n#+ questions: [one]\n", "questions: expected a list of numbers"),
        ("#+ summary: a\n#+ limit: 5\n", "limit: expected"),
        ("#+ summary: a\n#+ limit: {default: 0}\n", "whole number from 1"),
        ("#+ summary: a\n#+ limit: {default: 9, max: 5}\n", "above the maximum"),
        ("#+ summary: a\n#+ when: 2024-13-45\n", "when|not YAML"),
        ("\ufeff#+ summary: a\n", "begins with a byte order mark"),
        ("#+ summary: a\n#+ tags: [a]\n#+ tags: [b]\n", "line 3: `tags` stands twice"),
        ("#+ summary: a\n#+ params:\n#+   x: {type: string}\n#+   x: {type: date}\n", "line 4: `x` stands twice"),
    ],
)
def test_refuses(text: str, says: str) -> None:
    """Each mistake gets one line that names the file and what to write."""
    with pytest.raises(HeaderError, match=says) as caught:
        header.parse(text, "a.rq")
    assert caught.value.lines[0].startswith("a.rq")
    assert 2 == caught.value.exit_code


def yaml_of(text: str) -> str:
    return "\n".join(line for _, line in header._lines("".join(f"#+ {line}\n" for line in text.split("\n"))))


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")
def test_libyaml_reads_the_saved_queries_as_pyyaml_does() -> None:
    """The quick reader takes every header of the project, and gives what the slow one gives."""
    texts = [
        "\n".join(line for _, line in header._lines(path.read_text(encoding="utf-8")))
        for path in sorted((ROOT / "queries").rglob("*.rq"))
        if path.relative_to(ROOT / "queries").parts[0] not in query.APART
    ]
    assert len(texts) >= 70
    assert [yaml.safe_load(text) for text in texts] == [header._quick(text) for text in texts]


@settings(max_examples=500)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_libyaml_reads_no_header_otherwise_than_pyyaml(text: str) -> None:
    """What one of them refuses or takes differently is left to PyYAML alone."""
    written = yaml_of(f"a: {text}")
    found = header._quick(written)
    assert found is None or repr(yaml.safe_load(written)) == repr(found)


@pytest.mark.parametrize("piece", ["[", "{a: ", "- ", "? "])
def test_a_header_nested_without_end_is_refused(piece: str) -> None:
    """Libyaml would overrun its stack, and take the process with it."""
    with pytest.raises(HeaderError, match="not YAML"):
        header.parse(f"#+ summary: a\n#+ tags:\n#+   {piece * 100_000}\n", "a.rq")
