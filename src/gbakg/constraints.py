"""SHACL's constraint components as SPARQL: one table from each parameter to the function that compiles it.

The components are those of SHACL (https://www.w3.org/TR/shacl/), sections 4.1 to 4.9 and 5.  A violation is an
expression over a value node or a focus node; so is "does not conform to that shape", which lets shapes nest.  What a
function cannot say exactly, it leaves to the reference by raising Uncovered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

from pyoxigraph import Literal, NamedNode

from gbakg import selects, terms
from gbakg.checks import BELOW, TARGET, VALUE, Check, Context, Uncovered, as_text, exists, ordered, sparql
from gbakg.engine import Term
from gbakg.index import Index
from gbakg.terms import OWL, RDF, RDFS, SH
from gbakg.values import CHECKED


def _class(c: Context) -> Iterator[Check]:
    for wanted in c.terms("class"):
        yield c.every("Class", f"NOT EXISTS {{ {c.value} {terms.TYPE} ?class FILTER (?class IN ({wanted}, {BELOW})) }}")


def _datatype(c: Context) -> Iterator[Check]:
    datatype = c.only("datatype")
    if not isinstance(datatype, NamedNode) or datatype in (RDFS.term("Literal"), RDFS.term("Datatype")):
        raise Uncovered(c.shape, "sh:datatype")
    typed = f"isLiteral({c.value}) && DATATYPE({c.value}) = {datatype}"
    if datatype in CHECKED:  # section 4.1.2: not ill-typed
        typed += f" && COALESCE(isLiteral({datatype}(STR({c.value}))), false)"
    yield c.every("Datatype", f"!({typed})")


def _node_kind(c: Context) -> Iterator[Check]:
    kinds = _NODE_KINDS.get(c.only("nodeKind"))
    if kinds is None:
        raise Uncovered(c.shape, "sh:nodeKind")
    yield c.every("NodeKind", f"!({' || '.join(f'{kind}({c.value})' for kind in kinds)})")


def _min_count(c: Context) -> Iterator[Check]:
    number = c.number("minCount")
    if number:
        guard = f"SELECT {c.focus} WHERE {{ {TARGET} MINUS {{ {VALUE} }} }} LIMIT 1" if number == 1 else ""
        yield c.once("MinCount", f"!{c.several(number)}", guard)


def _max_count(c: Context) -> Iterator[Check]:
    number = c.number("maxCount")
    more = f"GROUP BY {c.focus} HAVING (COUNT(*) > {number})" if number else ""
    guard = f"SELECT {c.focus} WHERE {{ {VALUE} }} {more} LIMIT 1"
    yield c.once("MaxCount", c.several(number + 1), guard)


def _range(name: str, operator: str) -> Callable[[Context], Iterator[Check]]:
    def compile_range(c: Context) -> Iterator[Check]:
        for bound in c.compiler.source.values(c.shape, SH.term(name)):
            condition = f"!{ordered(c.value, operator, sparql(c.shape, bound))}"
            yield c.every(name[0].upper() + name[1:], condition, order=operator, bound=bound)

    return compile_range


def _length(name: str, operator: str) -> Callable[[Context], Iterator[Check]]:
    def compile_length(c: Context) -> Iterator[Check]:
        number = c.number(name)
        if (name, number) != ("minLength", 0):
            fits = f"!isBlank({c.value}) && STRLEN(STR({c.value})) {operator} {number}"
            yield c.every(name[0].upper() + name[1:], f"!({fits})")

    return compile_length


def _pattern(c: Context) -> Iterator[Check]:
    flags = "".join(one.value for one in map(as_text, c.compiler.source.values(c.shape, SH.term("flags"))))
    flags = "".join(flag for flag in "im" if flag in flags.lower())
    for pattern in map(as_text, c.compiler.source.values(c.shape, SH.term("pattern"))):
        text = f'{Literal(pattern.value)}, "{flags}"'
        if not c.compiler.valid(
            f"SELECT ?valid WHERE {{ BIND (REGEX('', {text}) AS ?valid) FILTER (BOUND(?valid)) }}", some=True
        ):
            raise Uncovered(c.shape, "sh:pattern", "not a regular expression of the engine")
        yield c.every("Pattern", f"isBlank({c.value}) || !REGEX(STR({c.value}), {text})")


def _language_in(c: Context) -> Iterator[Check]:
    ranges = " || ".join(
        f"LANGMATCHES(LANG({c.value}), {Literal(as_text(one).value)})" for one in c.members("languageIn")
    )
    yield c.every("LanguageIn", f"!(isLiteral({c.value}) && ({ranges or 'false'}))")


def _unique_lang(c: Context) -> Iterator[Check]:
    if c.true("uniqueLang"):
        if not c.steps:
            raise Uncovered(c.shape, "sh:uniqueLang", "in a node shape")
        again, tag = c.compiler.fresh(), c.compiler.fresh()
        same = f"!sameTerm({c.value}, {again}) && isLiteral({again}) && LCASE(LANG({again})) = {tag}"
        *first, last = c.pattern
        tagged = f"{last} FILTER (isLiteral({c.value}) && LANG({c.value}) != '') BIND (LCASE(LANG({c.value})) AS {tag})"
        yield Check(c.shape, "UniqueLang", (c.focus,), (*first, tagged), exists(c.walk(again), same), other=tag)


def _equals(c: Context) -> Iterator[Check]:
    for predicate in c.terms("equals"):
        yield c.every("Equals", f"NOT EXISTS {{ {c.focus} {predicate} {c.value} }}")
        another = c.compiler.fresh()
        missing = f"!{exists(c.walk(another), 'true')}" if c.steps else f"!sameTerm({c.focus}, {another})"
        yield Check(c.shape, "Equals", (c.focus,), (f"{c.focus} {predicate} {another} .",), missing, another)


def _disjoint(c: Context) -> Iterator[Check]:
    for predicate in c.terms("disjoint"):
        yield c.every("Disjoint", f"EXISTS {{ {c.focus} {predicate} {c.value} }}")


def _less(name: str, operator: str) -> Callable[[Context], Iterator[Check]]:
    def compile_less(c: Context) -> Iterator[Check]:
        if not c.steps:
            raise Uncovered(c.shape, f"sh:{name}", "in a node shape")
        for predicate in c.terms(name):
            other = c.compiler.fresh()
            condition = f"!{ordered(c.value, operator, other)}"
            yield c.pairs(name[0].upper() + name[1:], condition, predicate, other, operator)

    return compile_less


def _not(c: Context) -> Iterator[Check]:
    for shape in c.compiler.source.values(c.shape, SH.term("not")):
        yield c.every("Not", f"!{c.compiler.fails(shape, c.value)}")


def _logical(name: str, combine: Callable[[Sequence[str]], str]) -> Callable[[Context], Iterator[Check]]:
    def compile_logical(c: Context) -> Iterator[Check]:
        for head in c.compiler.source.values(c.shape, SH.term(name)):
            failed = [c.compiler.fails(shape, c.value) for shape in c.compiler.source.members(head)]
            if not failed:
                raise Uncovered(c.shape, f"sh:{name}", "not a list")
            yield c.every(name.capitalize(), combine(failed))

    return compile_logical


def _pairs(failed: Sequence[str]) -> Iterator[str]:
    """Say of each two shapes that a node conforms to both: in words that stores which cannot count truths understand."""
    return (f"!{one} && !{other}" for one, other in combinations(failed, 2))


def _node(c: Context) -> Iterator[Check]:
    for shape in c.compiler.source.values(c.shape, SH.term("node")):
        if c.compiler.source.values(shape, SH.term("path")):
            raise Uncovered(c.shape, "sh:node", "not a node shape")
        yield c.every("Node", c.compiler.fails(shape, c.value, strict=True))


def _qualified(c: Context) -> Iterator[Check]:
    source, inner = c.compiler.source, SH.term("qualifiedValueShape")
    for shape in source.values(c.shape, inner):
        siblings: dict[Term, None] = {}
        if c.true("qualifiedValueShapesDisjoint"):
            for parent in source.subjects(SH.term("property")):
                among = source.values(parent, SH.term("property"))
                if c.shape in among:
                    siblings.update(dict.fromkeys(one for sibling in among for one in source.values(sibling, inner)))
            siblings.pop(shape, None)

        def counted(name: str, shape: Term = shape, siblings: Iterable[Term] = tuple(siblings)) -> str:
            return " && ".join(
                [f"!{c.compiler.fails(shape, name)}", *(c.compiler.fails(one, name) for one in siblings)]
            )

        if source.values(c.shape, SH.term("qualifiedMinCount")):
            yield c.once("QualifiedMinCount", f"!{c.several(c.number('qualifiedMinCount'), counted)}")
        if source.values(c.shape, SH.term("qualifiedMaxCount")):
            yield c.once("QualifiedMaxCount", c.several(c.number("qualifiedMaxCount") + 1, counted))


def _closed(c: Context) -> Iterator[Check]:
    if not c.true("closed"):
        return
    source, predicate, value = c.compiler.source, c.compiler.fresh(), c.compiler.fresh()
    listed = [one for head in source.values(c.shape, SH.term("ignoredProperties")) for one in source.members(head)]
    for shape in source.values(c.shape, SH.term("property")):
        listed += source.values(shape, SH.term("path"))
    allowed = ", ".join(str(one) for one in dict.fromkeys(listed) if isinstance(one, NamedNode))
    untyped = f"!({predicate} = {terms.TYPE} && {value} = {RDFS.term('Resource')})"
    pattern = (*c.pattern, f"{c.value} {predicate} {value} .")
    yield Check(
        c.shape, "Closed", (c.focus,), pattern, f"{predicate} NOT IN ({allowed}) && {untyped}", value, predicate
    )


def _has_value(c: Context) -> Iterator[Check]:
    for value in c.terms("hasValue"):
        has = exists(c.walk(value), "true") if c.steps else f"sameTerm({c.value}, {value})"
        yield c.once("HasValue", f"!{has}")


def _in(c: Context) -> Iterator[Check]:
    members = c.members("in")
    if all(isinstance(member, NamedNode) for member in members):
        yield c.every("In", f"{c.value} NOT IN ({', '.join(map(str, members))})")
    else:
        yield c.every("In", f"!({' || '.join(f'sameTerm({c.value}, {sparql(c.shape, one)})' for one in members)})")


def _sparql_constraint(c: Context) -> Iterator[Check]:
    source = c.compiler.source
    for node in source.values(c.shape, SH.term("sparql")):
        if terms.literal("true", "boolean") in source.values(node, SH.term("deactivated")):
            continue
        texts = source.values(node, SH.term("select"))
        try:
            (text,) = map(as_text, texts)
            query = selects.embed(text.value, "/".join(c.steps))
        except ValueError as reason:
            raise Uncovered(c.shape, "sh:sparql", str(reason)) from None
        prologue = "".join(f"PREFIX {prefix}: <{name}>\n" for prefix, name in declared(source, node).items())
        check = Check(c.shape, "SPARQL", (c.focus,), (), prologue + query, constraint=node)
        if not c.compiler.valid(check.query("")):
            raise Uncovered(c.shape, "sh:sparql", "not valid SPARQL")
        yield check


COMPONENTS: dict[str, Callable[[Context], Iterator[Check]]] = {
    # 4.1 value type
    "class": _class,
    "datatype": _datatype,
    "nodeKind": _node_kind,
    # 4.2 cardinality
    "minCount": _min_count,
    "maxCount": _max_count,
    # 4.3 value range
    "minExclusive": _range("minExclusive", ">"),
    "minInclusive": _range("minInclusive", ">="),
    "maxExclusive": _range("maxExclusive", "<"),
    "maxInclusive": _range("maxInclusive", "<="),
    # 4.4 strings
    "minLength": _length("minLength", ">="),
    "maxLength": _length("maxLength", "<="),
    "pattern": _pattern,
    "languageIn": _language_in,
    "uniqueLang": _unique_lang,
    # 4.5 pairs of properties
    "equals": _equals,
    "disjoint": _disjoint,
    "lessThan": _less("lessThan", "<"),
    "lessThanOrEquals": _less("lessThanOrEquals", "<="),
    # 4.6 logic
    "not": _not,
    "and": _logical("and", lambda failed: " || ".join(failed)),
    "or": _logical("or", lambda failed: " && ".join(failed)),
    "xone": _logical("xone", lambda failed: " || ".join((" && ".join(failed), *_pairs(failed)))),
    # 4.7 shapes (sh:property is the compiler's own)
    "node": _node,
    "qualifiedValueShape": _qualified,
    # 4.8 others
    "closed": _closed,
    "hasValue": _has_value,
    "in": _in,
    # 5 SPARQL
    "sparql": _sparql_constraint,
}  # fmt: skip
"""Each constraint component by its leading parameter; the sections are those of the specification."""

OTHERS = frozenset([
    "targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf", "path", "property", "severity", "message", "deactivated",
    "name", "description", "order", "group", "defaultValue", "declare",
    "flags", "ignoredProperties", "qualifiedMinCount", "qualifiedMaxCount", "qualifiedValueShapesDisjoint",
])  # fmt: skip
"""What else of SHACL a shape may have: targets, further parameters, and what does not validate."""

_NODE_KINDS: dict[Term, tuple[str, ...]] = {
    SH.term("IRI"): ("isIRI",),
    SH.term("BlankNode"): ("isBlank",),
    SH.term("Literal"): ("isLiteral",),
    SH.term("BlankNodeOrIRI"): ("isBlank", "isIRI"),
    SH.term("BlankNodeOrLiteral"): ("isBlank", "isLiteral"),
    SH.term("IRIOrLiteral"): ("isIRI", "isLiteral"),
}


def declared(source: Index, node: Term) -> dict[str, str]:
    """Collect the prefixes of a SPARQL constraint (section 5.2.1); as in pyshacl, those of RDF, RDFS and OWL are known."""
    found = {"rdf": str(RDF), "rdfs": str(RDFS), "owl": str(OWL)}
    named = [*source.values(node, SH.term("prefixes"))]
    for one in named:  # which grows
        named.extend(other for other in source.values(one, OWL.term("imports")) if other not in named)
    ontologies = source.instances({OWL.term("Ontology")})
    if not set(named).issubset(ontologies):  # as pyshacl does
        named += ontologies
    for declaration in (one for each in named for one in source.values(each, SH.term("declare"))):
        for prefix in map(as_text, source.values(declaration, SH.term("prefix"))):
            for namespace in map(as_text, source.values(declaration, SH.term("namespace"))):
                found[prefix.value] = namespace.value
    return found
