"""Write citations as text, BibTeX or CSL-JSON."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence

from gbakg.cite import Citation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FORMATS = ("text", "bibtex", "csl")


def write(found: Sequence[Citation], form: str) -> str:
    """Write citations in one of FORMATS: text has two lines for each claim, bibtex and csl an entry for each document."""
    return _WRITERS[form](found)


def _text(found: Sequence[Citation]) -> str:
    return "".join(f"{one.claim}\n    {one}\n" for one in found)


def _documents(found: Sequence[Citation]) -> Iterator[tuple[Citation, str]]:
    """Yield one citation for each document, with a note of the paragraphs that are cited."""
    grouped: dict[str, list[Citation]] = {}
    for one in found:
        grouped.setdefault(one.document, []).append(one)
    for several in grouped.values():
        numbers = sorted({one.paragraph for one in several})
        yield several[0], f"paragraph{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _bibtex(found: Sequence[Citation]) -> str:
    entries = []
    for one, note in _documents(found):
        fields = {"title": f"{{{_tex(one.title)}}}"}
        if one.publisher:
            fields["publisher"] = f"{{{_tex(one.publisher)}}}"
        if one.date != "undated":
            fields["date"] = one.date.replace(" to ", "/")
            fields["year"] = one.date[:4]
        fields["note"] = note
        lines = "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items())
        entries.append(f"@misc{{{one.document.partition('/')[2]},\n{lines}}}\n")
    return "\n".join(entries)


def _tex(text: str) -> str:
    """Escape what TeX would read as commands."""
    special = {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}
    return re.sub(r"[\\~^&%$#_{}]", lambda m: special.get(m[0], f"\\{m[0]}"), unicodedata.normalize("NFC", text))


def _csl(found: Sequence[Citation]) -> str:
    import json

    items = []
    for one, note in _documents(found):
        item: dict[str, Any] = {"id": one.document.partition("/")[2], "type": "article", "title": one.title}
        if one.publisher:
            item["publisher"] = one.publisher
        if one.date != "undated":
            item["issued"] = {"date-parts": [[int(part) for part in day.split("-")] for day in one.date.split(" to ")]}
        item["note"] = note
        items.append(item)
    return json.dumps(items, ensure_ascii=False, indent=2) + "\n"


_WRITERS: dict[str, Callable[[Sequence[Citation]], str]] = {"text": _text, "bibtex": _bibtex, "csl": _csl}
