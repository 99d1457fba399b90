"""The header of a saved query: YAML in the `#+` comments above its SPARQL."""

from __future__ import annotations

import re

from gbakg.errors import HeaderError
from gbakg.tuples import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    _Item = TypeVar("_Item", str, int)

TYPES = ("iri", "string", "integer", "decimal", "date", "boolean", "lang", "code")
VIEWS = ("table", "chart", "map", "timeline", "text", "graph")
_FIELDS = ("summary", "tags", "params", "limit", "view", "needs", "questions")
_PARAMETER_FIELDS = ("type", "class", "required", "default", "example", "summary")
_NAME = r"[a-z][a-z0-9_]*"


class Parameter(NamedTuple):
    """One parameter of a saved query; default and example are texts, as a user would type them."""

    name: str
    type: str
    of: str = ""
    """The class that an iri or a code has to belong to, as `gba:Metric`."""
    required: bool = False
    default: str | None = None
    example: str | None = None
    summary: str = ""


class Limit(NamedTuple):
    """How many rows a query gives unless asked for more, and how many it gives at most; None is no limit."""

    default: int | None = None
    max: int | None = None


class Header(NamedTuple):
    """What a saved query says about itself."""

    summary: str
    tags: tuple[str, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    limit: Limit = Limit()
    view: str = "table"
    needs: tuple[str, ...] = ()
    """Terms of the ontology whose entailments the query is there to show, as `gba:within`."""
    questions: tuple[int, ...] = ()
    """The numbers of the questions that it answers, in the project's list of them."""

    def to_json(self) -> dict[str, Any]:
        """Return the header as plain values, for the build."""
        parameters = [parameter._asdict() for parameter in self.parameters]
        return {**self._asdict(), "parameters": parameters, "limit": self.limit._asdict()}

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> Header:
        """Take a header back from plain values."""
        return cls(
            found["summary"],
            tuple(found["tags"]),
            tuple(Parameter(**parameter) for parameter in found["parameters"]),
            Limit(**found["limit"]),
            found["view"],
            tuple(found["needs"]),
            tuple(found["questions"]),
        )


def parse(text: str, file: str) -> Header:
    r"""Read the header of a saved query's text; `file` is what errors name.

    Raises HeaderError if there is none, it is not YAML, or a field is unknown, missing or of the wrong kind.

    >>> parse("#+ summary: Who said it?\n#+ limit: {max: 10}\nSELECT * {}", "a.rq").limit
    Limit(default=None, max=10)
    """
    if text.startswith("\ufeff"):
        raise HeaderError(file, "begins with a byte order mark (BOM); save it as UTF-8 without one", 1)
    lines = _lines(text)
    if not lines:
        raise HeaderError(file, "has no header; begin it with `#+ summary: the question it answers`", 1)
    found = _yaml(lines, file)
    _known(found, _FIELDS, file, "field")
    summary = found.get("summary")
    if not isinstance(summary, str) or not summary.strip():
        raise HeaderError(file, "has no summary; write `#+ summary: the question it answers`")
    view = found.get("view", "table")
    if view not in VIEWS:
        raise HeaderError(file, f"view: expected one of {', '.join(VIEWS)}, found {view!r}")
    parameters = found.get("params") or {}
    if not isinstance(parameters, dict):
        raise HeaderError(
            file, "params: expected names with their fields; write `#+   metric: {type: iri, class: ...}`"
        )
    return Header(
        " ".join(summary.split()),
        _list(found, "tags", str, "words, such as [ranks, regions]", file),
        tuple(_parameter(name, fields, file) for name, fields in parameters.items()),
        _limit(found.get("limit") or {}, file),
        view,
        _list(found, "needs", str, "terms of the ontology, such as [gba:within]", file),
        _list(found, "questions", int, "numbers, such as [12]", file),
    )


def _list(found: dict[str, Any], name: str, kind: type[_Item], what: str, file: str) -> tuple[_Item, ...]:
    values = found.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, kind) for value in values):
        raise HeaderError(file, f"{name}: expected a list of {what}, found {values!r}")
    return tuple(values)


def _lines(text: str) -> list[tuple[int, str]]:
    """Return the header's lines with their numbers: those above the first line of SPARQL."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        stripped = line.rstrip("\r").strip()
        if stripped.startswith("#+"):
            lines.append((number, stripped[2:].removeprefix(" ")))
        elif stripped and not stripped.startswith("#"):
            break
    return lines


def _yaml(lines: list[tuple[int, str]], file: str) -> dict[str, Any]:
    import yaml  # 15 ms, and only needed while queries are compiled

    text = "\n".join(line for _, line in lines)
    _once(lines, file)
    try:
        found = _quick(text) or yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        number = lines[min(mark.line, len(lines) - 1)][0] if mark else lines[0][0]
        reason = getattr(error, "problem", None) or str(error)
        raise HeaderError(file, f"the header is not YAML: {reason}; quote texts that hold a colon", number) from None
    if not isinstance(found, dict):
        raise HeaderError(
            file, "the header is not YAML fields; write `#+ summary: the question it answers`", lines[0][0]
        )
    return found


def _once(lines: list[tuple[int, str]], file: str) -> None:
    """Refuse a field or a parameter that stands twice, of which YAML would keep the last without a word."""
    fields: set[str] = set()
    parameters: set[str] = set()
    inside, indent = False, None
    for number, line in lines:
        found = re.match(r"( *)([A-Za-z_]\w*):(?: |$)", line)
        if found is None:
            continue
        if not found[1]:
            inside, indent, names = found[2] == "params", None, fields
        else:
            indent = indent or found[1]
            if not inside or found[1] != indent:
                continue
            names = parameters
        if found[2] in names:
            raise HeaderError(file, f"`{found[2]}` stands twice; remove one of them", number)
        names.add(found[2])


def _quick(text: str) -> dict[str, Any] | None:
    """Read YAML with libyaml where PyYAML was built with it, ten times as fast; None for what PyYAML has to judge.

    That is what libyaml refuses, so that errors are worded alike on all machines; what holds one of the characters that
    the two take differently; and what may be nested so deeply that libyaml, which does not look, overruns its stack.
    """
    import yaml

    if not yaml.__with_libyaml__ or re.search(_DOUBTFUL, text) or sum(map(text.count, "[{-?:")) > _DEEPEST:
        return None
    try:
        found = yaml.load(text, yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError):
        return None
    return found if isinstance(found, dict) else None


_DOUBTFUL = "[\t\r|>\x85\u2028\u2029\ufeff]"
_DEEPEST = 500


def _known(found: dict[Any, Any], fields: tuple[str, ...], file: str, what: str) -> None:
    for name in found:
        if name not in fields:
            from difflib import get_close_matches

            near = get_close_matches(str(name), fields, n=1, cutoff=0.5)
            hint = f"did you mean `{near[0]}`?" if near else f"the fields are {', '.join(fields)}"
            raise HeaderError(file, f"unknown {what} `{name}`; {hint}")


def _parameter(name: Any, fields: Any, file: str) -> Parameter:
    if not isinstance(name, str) or not re.fullmatch(_NAME, name):
        raise HeaderError(file, f"parameter {name!r}: expected a name in lower-case letters, digits and _")
    where = f"parameter {name}"
    if not isinstance(fields, dict):
        raise HeaderError(file, f"{where}: expected fields, found {fields!r}; write {{type: string}}")
    _known(fields, _PARAMETER_FIELDS, file, f"field of {where}")
    kind = fields.get("type")
    if kind not in TYPES:
        raise HeaderError(file, f"{where}: expected type to be one of {', '.join(TYPES)}, found {kind!r}")
    of = fields.get("class", "")
    if not isinstance(of, str) or (of and not re.fullmatch(r"[a-z]+:[A-Za-z]\w*", of)):
        raise HeaderError(file, f"{where}: expected class to be a prefixed name such as gba:Metric, found {of!r}")
    if bool(of) != (kind in ("iri", "code")):
        advice = "an iri or a code needs a class, such as gba:Metric" if not of else f"a {kind} has no class; remove it"
        raise HeaderError(file, f"{where}: {advice}")
    required = fields.get("required", False)
    if not isinstance(required, bool):
        raise HeaderError(file, f"{where}: expected required to be true or false, found {required!r}")
    default, example = (_text(fields.get(key), f"{where}: {key}", file) for key in ("default", "example"))
    if required and default is not None:
        raise HeaderError(file, f"{where}: is required and has a default; keep one of them")
    if required and example is None:
        raise HeaderError(file, f"{where}: is required and has no example; give one that has an answer")
    return Parameter(name, kind, of, required, default, example, " ".join(str(fields.get("summary") or "").split()))


def _text(value: Any, where: str, file: str) -> str | None:
    """Return a YAML scalar as the text that a user would type."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    from datetime import date

    if isinstance(value, date):
        return value.isoformat()
    raise HeaderError(file, f"{where}: expected one value, found {value!r}")


def _limit(found: Any, file: str) -> Limit:
    if not isinstance(found, dict):
        raise HeaderError(file, f"limit: expected {{default: 100, max: 10000}}, found {found!r}")
    _known(found, ("default", "max"), file, "field of limit")
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise HeaderError(file, f"limit: expected {name} to be a whole number from 1, found {value!r}")
    limit = Limit(found.get("default"), found.get("max"))
    if limit.default and limit.max and limit.default > limit.max:
        raise HeaderError(file, f"limit: the default {limit.default} is above the maximum {limit.max}")
    return limit
