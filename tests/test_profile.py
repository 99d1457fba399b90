"""The ontology passes the OWL API, ROBOT and HermiT, and each of the three finds the faults that are planted for it.

`.ci/ontology` runs the tools, which Maven fetches by name.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / ".ci" / "ontology"
PLANTED = Path(__file__).parent / "profile"

# What each file of PLANTED must make the script say. One file holds many faults where one run reports them all.
EXPECTED = {
    "blank-node.ttl": ["terms: named blank nodes"],
    "import.ttl": ["owl:imports: the ontology is to import nothing"],
    "misspelt-axiom.ttl": ["owl#disjointwith>", "could not be parsed", "terms: outside OWL 2 RL"],
    "outside-profile.ttl": [
        "requires a superclass expression: ObjectUnionOf(",
        "undeclared object property: <https://w3id.org/gbakg/ontology#plantedMissing>",
        "undeclared class: <https://w3id.org/gbakg/ontology#PlantedMissing>",
        "data range not in profile: xsd:date",
        "terms: outside OWL 2 RL",
    ],
    "report.ttl": [
        "ERROR\tmissing_label\thttps://w3id.org/gbakg/ontology#PlantedUnlabelled",
        "ERROR\tduplicate_label\thttps://w3id.org/gbakg/ontology#PlantedSameLabel",
        "ERROR\tmissing_definition\thttps://w3id.org/gbakg/ontology#PlantedUndefined",
        "ERROR\tmultiple_definitions\thttps://w3id.org/gbakg/ontology#PlantedTwice",
        "ERROR\tduplicate_definition\thttps://w3id.org/gbakg/ontology#PlantedSameDefinition",
        "ERROR\tsentence_definition\thttps://w3id.org/gbakg/ontology#PlantedNoSentence",
        "terms: inside OWL 2 RL",
        "terms: errors in ROBOT's report",
    ],
    "unsatisfiable.ttl": [
        "terms: inside OWL 2 RL",
        "terms: no error in ROBOT's report",
        "terms: inconsistent, or a class is unsatisfiable",
    ],
}

pytestmark = [
    pytest.mark.network,
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("mvn") is None, reason="Maven, which brings the Java tools, is not installed"),
]


def check(ontology: Path) -> subprocess.CompletedProcess[str]:
    """Run the script on a folder; return its exit code and everything it printed."""
    command = ["bash", str(SCRIPT), str(ontology)]
    return subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False
    )


def test_the_ontology_passes() -> None:
    """The ontology, alone and aligned, is in OWL 2 RL, without errors in ROBOT's report, and satisfiable."""
    result = check(ROOT / "ontology")
    assert result.returncode == 0, result.stdout
    for name in ("terms", "aligned"):
        assert f"{name}: inside OWL 2 RL" in result.stdout
        assert f"{name}: no error in ROBOT's report" in result.stdout
        assert f"{name}: consistent, every class satisfiable" in result.stdout


def test_every_planted_file_is_run() -> None:
    """Each file of faults has its expectation, and each expectation its file."""
    assert sorted(EXPECTED) == sorted(file.name for file in PLANTED.glob("*.ttl"))


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_planted_faults_are_found(tmp_path: Path, name: str) -> None:
    """The ontology with these faults fails, and the output names each of them."""
    ontology = tmp_path / "ontology"
    shutil.copytree(ROOT / "ontology", ontology)
    shutil.copy(PLANTED / name, ontology / "terms")
    result = check(ontology)
    assert result.returncode == 1, result.stdout
    assert [fault for fault in EXPECTED[name] if fault not in result.stdout] == [], result.stdout
