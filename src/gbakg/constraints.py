"""SHACL's constraint components as SPARQL: one table from each parameter to the function that compiles it.

The components are those of SHACL (https://www.w3.org/TR/shacl/), sections 4.1 to 4.9 and 5.  A violation is an
expression over a value node or a focus node; so is "does not conform to that shape", which lets shapes nest.  What a
function cannot say exactly, it leaves to the reference by raising Uncovered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import combinations

from pyoxigraph import Literal, NamedNode

from gbakg import selects, terms
from gbakg.checks import TARGET, TRUE, VALUE, Check, Context, Uncovered, as_text, below, either, exists, ordered, sparql
from gbakg.engine import Term
from gbakg.index import Index
from gbakg.terms import OWL, RDF, RDFS, SH, XSD
from gbakg.values import CHECKED, NUMERIC, expression, is_number, is_strange


def _class(c: Context) -> Iterator[Check]:
    for wanted in c.terms("class"):
        known = below("?class", wanted, RDFS + "subClassOf")
        yield c.every("Class", f"NOT EXISTS {{ {c.value} {terms.TYPE} ?class FILTER ({known}) }}")


def _datatype(c: Context) -> Iterator[Check]:
    datatype = c.only("datatype")
    if not isinstance(datatype, NamedNode) or datatype in (RDFS.term("Literal"), RDFS.term("Datatype")):
        raise Uncovered(c.shape, "sh:datatype")
    # Some stores say no datatype of a text with a language; RDF4J calls "x" a number, and Virtuoso casts it to a boolean
    typed = f"LANG({c.value}) != ''" if datatype == RDF.term("langString") else f"DATATYPE({c.value}) = {datatype}"
    if datatype in CHECKED:  # section 4.1.2: not ill-typed
        cast = f"COALESCE(isLiteral({datatype}(STR({c.value}))), false)"
        typed += f" && isNumeric({c.value}) && isLiteral({c.value} < 0)" if datatype in NUMERIC else f" && {cast}"
        typed += f" && STR({c.value}) IN ('true', 'false', '1', '0')" if datatype == XSD.term("boolean") else ""
    # Before the COALESCE, in which Virtuoso does not see that a subject is no literal
    yield c.every("Datatype", f"!(isLiteral({c.value}) && COALESCE({typed}, false))")


def _node_kind(c: Context) -> Iterator[Check]:
    kind = str(c.only("nodeKind"))[1:-1].removeprefix(SH)
    if kind not in _NODE_KINDS:
        raise Uncovered(c.shape, "sh:nodeKind")
    tests = (f"is{one.removesuffix('Node')}({c.value})" for one in kind.split("Or"))
    yield c.every("NodeKind", f"!({' || '.join(tests)})")


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


def _range(name: str, operator: str, c: Context) -> Iterator[Check]:
    for bound in c.values(name):
        plain = (
            isinstance(bound, Literal) and is_number(bound) and len(bound.value) <= 15
        )  # it is compared only, and may be spelt 0.0
        condition = f"!{ordered(c.value, operator, str(bound) if plain else sparql(c.shape, bound))}"
        yield c.every(_component(name), condition, order=operator, bound=bound)


def _length(name: str, operator: str, c: Context) -> Iterator[Check]:
    number = c.number(name)
    if (name, number) != ("minLength", 0):
        yield c.every(_component(name), f"isBlank({c.value}) || !(STRLEN(STR({c.value})) {operator} {number})")


def _pattern(c: Context) -> Iterator[Check]:
    flags = "".join(one.value for one in map(as_text, c.values("flags")))
    flags = "".join(flag for flag in "im" if flag in flags.lower())
    for pattern in map(as_text, c.values("pattern")):
        text = f'{Literal(expression(pattern.value))}, "{flags}"'
        if is_strange(pattern.value) or not c.compiler.valid(
            f"SELECT ?valid WHERE {{ BIND (REGEX('', {text}) AS ?valid) FILTER (BOUND(?valid)) }}", some=True
        ):
            raise Uncovered(c.shape, "sh:pattern", "not a regular expression of the engine")
        yield c.every("Pattern", f"isBlank({c.value}) || !REGEX(STR({c.value}), {text})")


def _language_in(c: Context) -> Iterator[Check]:
    texts = [Literal(as_text(one).value) for one in c.members("languageIn")]
    if Literal("") in texts:
        raise Uncovered(c.shape, "sh:languageIn", "no language")
    ranges = either([f"LANGMATCHES(LANG({c.value}), {text})" for text in texts])
    yield c.every("LanguageIn", f"!(isLiteral({c.value}) && ({ranges or 'false'}))")


def _unique_lang(c: Context) -> Iterator[Check]:
    if c.values("uniqueLang") == [terms.literal("true", "boolean")]:  # the W3C's uniqueLang-002: "1" is not true here
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


def _less(name: str, operator: str, c: Context) -> Iterator[Check]:
    if not c.steps:
        raise Uncovered(c.shape, f"sh:{name}", "in a node shape")
    for predicate in c.terms(name):
        other = c.compiler.fresh()
        yield c.pairs(_component(name), f"!{ordered(c.value, operator, other)}", predicate, other, operator)


def _not(c: Context) -> Iterator[Check]:
    for shape in c.values("not"):
        yield c.every("Not", f"!{c.compiler.fails(shape, c.value)}")


def _logical(name: str, combine: Callable[[Sequence[str]], str], c: Context) -> Iterator[Check]:
    for head in c.values(name):
        failed = [c.compiler.fails(shape, c.value) for shape in c.compiler.source.members(head)]
        if not failed:
            raise Uncovered(c.shape, f"sh:{name}", "not a list")
        yield c.every(_component(name), combine(failed))


def _pairs(failed: Sequence[str]) -> Iterator[str]:
    """Say of each two shapes that a node conforms to both: in words that stores which cannot count truths understand."""
    return (f"!{one} && !{other}" for one, other in combinations(failed, 2))


def _node(c: Context) -> Iterator[Check]:
    for shape in c.values("node"):
        if c.compiler.source.values(shape, SH.term("path")):
            raise Uncovered(c.shape, "sh:node", "not a node shape")
        yield c.every("Node", c.compiler.fails(shape, c.value, strict=True))


def _qualified(c: Context) -> Iterator[Check]:
    source, inner = c.compiler.source, SH.term("qualifiedValueShape")
    for shape in c.values("qualifiedValueShape"):
        siblings: dict[Term, None] = {}
        if c.true("qualifiedValueShapesDisjoint"):
            for parent in source.subjects(SH.term("property")):
                among = source.values(parent, SH.term("property"))
                if c.shape in among:
                    siblings.update(dict.fromkeys(one for sibling in among for one in source.values(sibling, inner)))
            siblings.pop(shape, None)

        def counted(name: str, shape: Term = shape, siblings: Iterable[Term] = tuple(siblings)) -> str:
            others = (c.compiler.fails(one, name) for one in siblings)
            return " && ".join((f"!{c.compiler.fails(shape, name)}", *others))

        if c.values("qualifiedMinCount"):
            yield c.once("QualifiedMinCount", f"!{c.several(c.number('qualifiedMinCount'), counted)}")
        if c.values("qualifiedMaxCount"):
            yield c.once("QualifiedMaxCount", c.several(c.number("qualifiedMaxCount") + 1, counted))


def _closed(c: Context) -> Iterator[Check]:
    if not c.true("closed"):
        return
    source, predicate, value = c.compiler.source, c.compiler.fresh(), c.compiler.fresh()
    listed = [one for head in c.values("ignoredProperties") for one in source.members(head)]
    for shape in c.values("property"):
        listed += source.values(shape, SH.term("path"))
    allowed = ", ".join(str(one) for one in dict.fromkeys(listed) if isinstance(one, NamedNode))
    untyped = f"!({predicate} = {terms.TYPE} && {value} = {RDFS.term('Resource')})"
    pattern, condition = (
        f"{c.value} {predicate} {value} .",
        f"{predicate} NOT IN ({allowed}) && {untyped}" if allowed else untyped,
    )
    yield Check(c.shape, "Closed", (c.focus,), (*c.pattern, pattern), condition, value, predicate)


def _has_value(c: Context) -> Iterator[Check]:
    for value in c.values("hasValue"):
        # Whether a subject is a given literal Virtuoso answers with nothing
        plain = c.steps and not (isinstance(value, Literal) and c.steps[-1].startswith("^"))
        has = exists(c.walk(sparql(c.shape, value)), "true") if plain else exists(c.pattern, c.same(value))
        yield c.once("HasValue", f"!{has}")


def _in(c: Context) -> Iterator[Check]:
    members = c.members("in")
    if not members:  # NOT IN () is true of everything, but not in every engine
        yield c.every("In", "true")
    elif all(isinstance(member, NamedNode) for member in members):
        yield c.every("In", f"{c.value} NOT IN ({', '.join(map(str, members))})")
    else:
        yield c.every("In", f"!({either([*map(c.same, members)])})")


def _sparql_constraint(c: Context) -> Iterator[Check]:
    source = c.compiler.source
    for node in c.values("sparql"):
        if TRUE.intersection(source.values(node, SH.term("deactivated"))):
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


def _component(name: str) -> str:
    return name[0].upper() + name[1:]


COMPONENTS: dict[str, Callable[[Context], Iterator[Check]]] = {
    # 4.1 value type
    "class": _class, "datatype": _datatype, "nodeKind": _node_kind,
    # 4.2 cardinality
    "minCount": _min_count, "maxCount": _max_count,
    # 4.3 value range
    "minExclusive": partial(_range, "minExclusive", ">"), "minInclusive": partial(_range, "minInclusive", ">="),
    "maxExclusive": partial(_range, "maxExclusive", "<"), "maxInclusive": partial(_range, "maxInclusive", "<="),
    # 4.4 strings
    "minLength": partial(_length, "minLength", ">="), "maxLength": partial(_length, "maxLength", "<="),
    "pattern": _pattern, "languageIn": _language_in, "uniqueLang": _unique_lang,
    # 4.5 pairs of properties
    "equals": _equals, "disjoint": _disjoint,
    "lessThan": partial(_less, "lessThan", "<"), "lessThanOrEquals": partial(_less, "lessThanOrEquals", "<="),
    # 4.6 logic
    "not": _not,
    "and": partial(_logical, "and", either),
    "or": partial(_logical, "or", lambda failed: " && ".join(failed)),
    "xone": partial(_logical, "xone", lambda failed: " || ".join((" && ".join(failed), *_pairs(failed)))),
    # 4.7 shapes (sh:property is the compiler's own)
    "node": _node, "qualifiedValueShape": _qualified,
    # 4.8 others
    "closed": _closed, "hasValue": _has_value, "in": _in,
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

_NODE_KINDS = {"IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral"}


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
