"""Wapiti's default modules against the running demonstration, as nobody and as two of its people.

    python .ci/scan.py http://127.0.0.1:8765 --wapiti var/scan/bin/wapiti --seconds 70

Fails on every finding above informational, and on every error of the server under attack, that `scan-accepted.toml` does not
accept with a reason. Left out: `ssrf`, whose proof is fetched from a host outside (tests/portal/test_web_bounds.py has a listener
of its own), and `ssl`, since the demonstration has no certificate.
"""

from __future__ import annotations

import argparse
import http.cookiejar
import json
import re
import subprocess
import sys
import tempfile
import tomllib
import urllib.parse
import urllib.request
from pathlib import Path

MODULES = "cookieflags,csp,csrf,exec,file,http_headers,permanentxss,redirect,sql,upload,xss"
PASSWORD = "Tirek-demo-2026"
PEOPLE = {"nobody": "", "applicant": "kairat@demo.example", "coordinator": "aigul@demo.example"}
START = {  # the first is the folder that is not left
    "nobody": ["/", "/ru/become-a-mentor/call-me/", "/ru/search/?q=a", "/ru/account/login/", "/ru/account/signup/"],
    "applicant": ["/ru/my/"],
    "coordinator": ["/ru/staff/", "/ru/staff/people/?q=a", "/ru/staff/applications/"],
}
LEAVE = ["*/logout/*", "*/exit/*", "*/forget/*", "*.pdf", "*.png", "*.svg", "*.atom", "*/static/*"]


def cookies_of(base: str, email: str) -> str:
    """The Cookie header of somebody who has signed in."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    page = browser.open(f"{base}/ru/account/login/").read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "login": email, "password": PASSWORD}
    answer = browser.open(f"{base}/ru/account/login/", urllib.parse.urlencode(form).encode())
    if "/account/login/" in answer.url:
        sys.exit(f"scan: {email} could not sign in")
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def scan(arguments: argparse.Namespace, who: str) -> dict:
    """Wapiti's report."""
    base, email = arguments.base, PEOPLE[who]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            arguments.wapiti, "-u", base + START[who][0], "--scope", "folder", "-d", "3", "-m", MODULES, "--tasks", "4",
            "--max-links-per-page", "30", "--max-scan-time", str(arguments.seconds),
            "--max-attack-time", str(max(8, arguments.seconds // 8)), "-f", "json", "-o", str(report),
            "--no-bugreport", "--flush-session", "--store-session", folder, "-v", "0",
        ]  # fmt: skip
        command += [part for path in START[who] for part in ("-s", base + path)]
        command += [part for path in LEAVE for part in ("-x", base + path)]
        if email:
            command += ["-H", f"Cookie: {cookies_of(base, email)}"]
        done = subprocess.run(command, timeout=arguments.seconds * 3 + 60, capture_output=True, text=True)
        if not report.exists():
            sys.exit(f"scan: wapiti wrote no report as {who}: {done.stderr[-500:]}")
        return json.loads(report.read_text())


def findings(report: dict) -> list[str]:
    """One line each, as `scan-accepted.toml` is compared with."""
    lines = []
    for part, worst_allowed in (("vulnerabilities", 0), ("anomalies", -1)):
        for kind, found in report[part].items():
            lines += [
                f"{kind}: {one['method']} {one['path']} {one['parameter'] or ''}: {one['info']}"
                for one in found
                if one["level"] > worst_allowed
            ]
    return sorted(set(lines))


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("--wapiti", required=True)
    parser.add_argument("--seconds", type=int, default=70)
    arguments = parser.parse_args()
    rules = tomllib.loads(Path(__file__).with_name("scan-accepted.toml").read_text())["accepted"]
    wrong = 0
    for who in PEOPLE:
        report = scan(arguments, who)
        pages = report["infos"].get("crawled_pages_nbr") or 0
        found = findings(report)
        refused = [line for line in found if not any(re.search(rule["line"], line) for rule in rules)]
        print(f"as {who}: pages {pages}, findings {len(found)}, accepted {len(found) - len(refused)}")
        for line in refused:
            print(f"  {line[:300]}")
        wrong += len(refused)
        if not pages:
            print("  it read nothing: that is no result")
            wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
