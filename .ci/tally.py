"""Tell how many tests ran, and fail if one that needs the documents did not.

Usage: tally.py WITHOUT.xml WITH.xml LISTED, the JUnit reports of a run without the documents beside the checkout and of
one with them, which leaves out what the first one passed, and the names of all tests, a line each: see `rest.py`.  A test
that the first run skipped for want of the documents must have passed in the second, and every test must have run in one
of them: both are shared out among processes, and none may be forgotten on the way.
"""

import sys
from pathlib import Path
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


def tally(without: dict[str, tuple[str, str]], beside: dict[str, tuple[str, str]], listed: set[str]) -> list[str]:
    """Print the counts of both runs, and of both together; return what is wrong with them."""
    runs = {"without the documents": without, "the rest, with the documents": beside, "in all": without | beside}
    for title, run in runs.items():
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
    wrong += [f"did not run: {name}" for name in sorted(listed - without.keys() - beside.keys())]
    wrong += [
        f"did not pass in the first run, and is not in the second: {name}"
        for name in sorted(without.keys() - beside.keys() - {*wanting})
        if without[name][0] != "passed"
    ]
    wrong += [
        f"skipped although what it needs is there: {name}: {reason}"
        for name, (outcome, reason) in beside.items()
        if outcome == "skipped" and mentions(reason, NEEDED)
    ]
    wrong += [f"failed: {name}" for name, (outcome, _) in (without | beside).items() if outcome == "failed"]
    if not wanting:
        wrong.append("no test needs the documents, which cannot be")
    if not beside or not listed:
        wrong.append("no test ran")
    return wrong


if __name__ == "__main__":
    names = Path(sys.argv[3]).read_text(encoding="utf-8").splitlines()
    problems = tally(read(sys.argv[1]), read(sys.argv[2]), set(names))
    print("\n".join(problems) if problems else "no test was lost")
    sys.exit(1 if problems else 0)
