"""Tell how many tests ran, and fail if one that needs the documents did not.

Usage: tally.py WITHOUT.xml WITH.xml, the JUnit reports of a run without the documents beside the checkout and of one with
them. A test that the first run skipped for want of them must have passed in the second, and every other test of the
first run must be in the second at all: both are shared out among processes, and none may be forgotten on the way.
"""

import sys
from xml.etree import ElementTree

DOCUMENTS = ("shared", "GBAKG_TEXTS")  # what the reason of such a skip mentions
NEEDED = (*DOCUMENTS, "Maven", "npm", "git checkout", "empty parameter set")  # a skip for want of these hides a test


def read(path: str) -> dict[str, tuple[str, str]]:
    """Return each test's outcome ("passed", "failed" or "skipped") and the reason, by its name."""
    outcomes = {}
    for case in ElementTree.parse(path).iter("testcase"):  # noqa: S314 -- pytest wrote it a moment ago, for this script
        name = "::".join(part for part in (case.get("classname"), case.get("name")) if part)
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            outcomes[name] = ("failed", "")
        elif skipped is not None:
            outcomes[name] = ("skipped", f"{skipped.get('message', '')} {skipped.text or ''}".strip())
        else:
            outcomes[name] = ("passed", "")
    return outcomes


def mentions(reason: str, words: tuple[str, ...]) -> bool:
    """Tell whether the reason of a skip has one of the words in it."""
    return any(word.casefold() in reason.casefold() for word in words)


def tally(without: dict[str, tuple[str, str]], beside: dict[str, tuple[str, str]]) -> list[str]:
    """Print the counts of both runs; return what is wrong with them."""
    for title, run in (("without the documents", without), ("with the documents", beside)):
        counts = {
            outcome: sum(1 for one, _ in run.values() if one == outcome) for outcome in ("passed", "failed", "skipped")
        }
        print(f"{title}: " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    wanting = sorted(
        name for name, (outcome, reason) in without.items() if outcome == "skipped" and mentions(reason, DOCUMENTS)
    )
    ran = [
        name
        for name in wanting
        if any(
            # pytest calls a test whose cases are files that are not there `name[NOTSET]`
            outcome == "passed"
            and (other == name or other.startswith((f"{name}::", f"{name.partition('[NOTSET]')[0]}[")))
            for other, (outcome, _) in beside.items()
        )
    ]
    print(f"tests that need the documents: {len(wanting)}, of which ran and passed: {len(ran)}")
    wrong = [f"needs the documents and did not run: {name}" for name in wanting if name not in ran]
    wrong += [
        f"is in the first run and not in the second: {name}"
        for name in sorted(without.keys() - beside.keys() - {*wanting})
    ]
    wrong += [
        f"skipped although what it needs is there: {name}: {reason}"
        for name, (outcome, reason) in beside.items()
        if outcome == "skipped" and mentions(reason, NEEDED)
    ]
    wrong += [f"failed: {name}" for name, (outcome, _) in (without | beside).items() if outcome == "failed"]
    if not wanting:
        wrong.append("no test needs the documents, which cannot be")
    if not beside:
        wrong.append("no test ran")
    return wrong


if __name__ == "__main__":
    problems = tally(read(sys.argv[1]), read(sys.argv[2]))
    print("\n".join(problems) if problems else "no test was lost")
    sys.exit(1 if problems else 0)
