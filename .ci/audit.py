"""The list of all parts that are installed here (var/parts.json, CycloneDX), and whether a vulnerability is known in one, by
pip-audit.

    python .ci/audit.py var/audit/bin/pip-audit .venv

Fails on a known one. Where the list of vulnerabilities cannot be reached, or knows nothing of a package, it says so in plain words
and does not fail: "nothing is known" is told only of what was really looked up.
"""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path

PARTS = Path("var/parts.json")


def main(pip_audit: str, venv: str) -> int:
    (packages,) = Path(venv).glob("lib/python3.*/site-packages")
    print(f"{write_parts(packages)} parts are listed in {PARTS}")
    command = [pip_audit, "--path", str(packages), "--format", "json", "--progress-spinner", "off", "--timeout", "10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        found = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError, KeyError) as error:
        print(
            f"NOT AUDITED: the list of vulnerabilities could not be asked ({type(error).__name__}). Audit before a release."
        )
        return 0
    looked_up = [one for one in found if "vulns" in one]
    print(f"pip-audit: {len(looked_up)} of {len(found)} packages looked up")
    if len(looked_up) < len(found):
        names = ", ".join(one["name"] for one in found if "vulns" not in one)
        print(
            f"NOT AUDITED, since the source knows nothing of them or cannot be reached: {names}. Audit before a release."
        )
    wrong = [(one["name"], one["version"], bug["id"]) for one in looked_up for bug in one["vulns"]]
    for name, version, bug in wrong:
        print(f"VULNERABLE: {name} {version}: {bug}")
    return 1 if wrong else 0


def write_parts(packages: Path) -> int:
    """The software bill of materials; returns how many parts it has."""
    found = {
        (one.name.lower(), one.version, one.metadata["License-Expression"])
        for one in distributions(path=[str(packages)])
    }
    parts = [
        {"type": "library", "name": name, "version": version, "purl": f"pkg:pypi/{name}@{version}"}
        | ({"licenses": [{"expression": licence}]} if licence else {})
        for name, version, licence in sorted(found, key=lambda part: part[:2])
    ]
    PARTS.parent.mkdir(exist_ok=True)
    PARTS.write_text(
        json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": parts}, indent=1)
    )
    return len(parts)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
