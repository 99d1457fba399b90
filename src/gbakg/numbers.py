"""Find every number that a text prints: runs of digits in any script, English number words, Chinese numerals.

The list of words is closed, so that coverage means the same thing for every document and every reader:

- cardinals `zero` to `ninety`, the scales `hundred` to `trillion` (also plural), `dozen`, `couple`;
- ordinals `first` to `ninetieth`, `hundredth`, `thousandth`, `millionth` (also plural, as in "two thirds");
- multiples `twice`, `thrice`, `double`, `dual`, `triple`, `treble`, `quadruple` with their verb forms, `twofold` and the like;
- parts and spans `half`, `quarter`, `decade`, `century` with their plurals.

Left out on purpose, because they count nothing that is new: `both` (two things already named), `once` (nearly always
"as soon as"), `single`, `only`, `next`, `last`, and the indefinite `several`, `many`, `some`, `a number of`.  `one` and
`second` are found whatever they mean; a reader exempts them with a reason.  English words only: in other languages
digits are found, and in Chinese the numerals too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gbakg.tuples import NamedTuple

_UNITS = "one two three four five six seven eight nine"
_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES = "hundred thousand million billion trillion"
_ORDINALS = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth "
    "ninetieth hundredth thousandth millionth billionth trillionth"
)
_OTHERS = (
    "twice thrice double doubled doubles doubling dual triple tripled triples tripling treble trebled trebles trebling "
    "quadruple quadrupled quadruples quadrupling half halves quarter quarters decade decades century centuries"
)

CARDINALS: tuple[str, ...] = tuple(
    f"zero {_UNITS} {_TEENS} {_TENS} {_SCALES} hundreds thousands millions billions trillions dozen dozens couple".split()
)
ORDINALS: tuple[str, ...] = tuple(_ORDINALS.split())
OTHERS: tuple[str, ...] = tuple(_OTHERS.split())
WORDS: frozenset[str] = frozenset(CARDINALS) | frozenset(ORDINALS) | frozenset(OTHERS)
"""The closed list, lower case; plurals of ordinals and the `-fold` words are made from it."""


class Number(NamedTuple):
    """One printed number: `text[start:end]`, offsets in code points; kind is digits, word or numeral."""

    start: int
    end: int
    text: str
    kind: str


def _either(words: tuple[str, ...]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_HYPHEN = "[-\u2010\u2011\u2012\u2013]"
_JOIN = rf"(?:{_HYPHEN}|[ \u00a0]+(?:and[ \u00a0]+)?)"
_SCALE = rf"(?:{_either(tuple(_SCALES.split()))})s?"
_FOLD = _either(tuple(f"{_UNITS} {_TEENS} {_TENS} hundred thousand".split()))
_DIGITS = (
    r"\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?!\d)(?:\.\d+)?"  # 1,413 and 1 413 (with a no-break or thin space)
    r"|\d{1,3}(?:\.\d{3}){2,}(?!\d)"  # 1.234.567
    r"|\d+/\d+(?![\d/])"  # 1/6
    r"|\d+(?:\.\d+)?"
)
_PATTERN = re.compile(
    rf"""
    (?P<digits>
        (?:{_DIGITS})
        (?: (?:st|nd|rd|th)(?![^\W_]) | [ ]?[%\u2030\uff05] | (?:{_HYPHEN}|[ \u00a0]+){_SCALE}(?![^\W_]) )?
        | [\u00bc-\u00be\u2150-\u2189\u00b2\u00b3\u00b9\u2460-\u249b]
    )
    | (?<![^\W_]) (?P<word>
        (?: (?:{_FOLD}){_HYPHEN}?fold
          | (?:{_either(CARDINALS)}) (?: {_JOIN}(?:{_either(CARDINALS)})(?![^\W_]) )* (?: {_HYPHEN}(?:{_either(ORDINALS)})s? )?
          | (?:{_either(ORDINALS)})s?
          | (?:{_either(OTHERS)})
        )
    ) (?![^\W_])
    | (?P<numeral> 第?[〇零一二两兩三四五六七八九十百千万萬亿億兆]+ )
    """,
    re.VERBOSE | re.IGNORECASE,
)


def find(text: str) -> Iterator[Number]:
    """Yield the numbers of a text in order, none overlapping another.

    A digit run takes its ordinal ending, percent sign or scale word along; words that make up one number are one.

    >>> [number.text for number in find("Over 7,000 of 1/6, 41.4%, the 15th, twenty-one of 6.78 trillion, double")]
    ['7,000', '1/6', '41.4%', '15th', 'twenty-one', '6.78 trillion', 'double']
    >>> [number.text for number in find("someone weighs a tonne, often")]
    []
    """
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "digits"
        yield Number(match.start(), match.end(), match[0], kind)
