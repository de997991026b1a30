"""What a server takes: an image that has every file the start reads, units that run what there is, pages of the proxy."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from portal.management.commands import away_page

ROOT = settings.BASE_DIR
DEPLOY = ROOT / "docs" / "deploy"
PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
NEVER_COPIED = {".git", ".venv", "var", "node_modules"}  # large, and `*` keeps them out in any case


def is_sent(path: PurePath, rules: list[str]) -> bool:
    """Whether Docker sends the file to the build: of the rules of .dockerignore that meet it, or a folder above it, the last one decides."""
    sent = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        anywhere = pattern.removeprefix("**/")
        for each in [path, *path.parents][:-1]:
            if fnmatchcase(each.name, anywhere) if anywhere != pattern else fnmatchcase(str(each), pattern):
                sent = rule.startswith("!")
    return sent


def rules() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    found = [line for line in lines if line and not line.startswith("#")]
    assert not [rule for rule in found if "/" in rule.removeprefix("!").removeprefix("**/")], (
        "read more of its language"
    )
    return found


def test_the_image_is_prepared_with_the_files_that_its_build_is_given(tmp_path):
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [name for name in folders if name not in NEVER_COPIED]
        for name in names:
            path = (Path(folder) / name).relative_to(ROOT)
            if is_sent(path, rules()):
                (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, tmp_path / path)
    assert (tmp_path / "manage.py").exists() and not (tmp_path / "tests").exists()
    there = {"PATH": os.environ["PATH"], "SECRET_KEY": "x" * 60, "VAR_DIR": str(tmp_path / "var"), "DEBUG": "1"}
    command = [
        sys.executable,
        "manage.py",
        "prepare",
        "--only",
        "files",
    ]  # with DEBUG without its static files: they take long
    done = subprocess.run(command, cwd=tmp_path, env=there, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("django.mo"))


@pytest.mark.parametrize("unit", sorted((DEPLOY / "systemd").glob("tirek-*.service")), ids=lambda unit: unit.stem)
def test_a_service_runs_a_program_by_its_whole_path_and_with_words_that_it_knows(unit):
    (command,) = re.findall(r"^ExecStart=(.*)$", unit.read_text(), re.M)
    program, *words = shlex.split(command)
    assert program.startswith("/srv/tirek/.venv/bin/")
    if words[0] == "manage.py":
        name = words[1]
        load_command_class(get_commands()[name], name).create_parser("manage.py", name).parse_args(words[2:])


def test_every_unit_that_begins_by_itself_is_switched_on_by_the_page():
    begun = [unit.name for unit in (DEPLOY / "systemd").iterdir() if "[Install]" in unit.read_text()]
    switched_on = " ".join(re.findall(r"systemctl enable --now (.*)", PAGE))
    assert "tirek-backup.timer" in begun
    for name in begun:
        assert name.removesuffix(".service").removesuffix("@") in switched_on, name


def test_the_page_of_the_proxy_is_that_of_the_portal_and_asks_nobody():
    """After a change of 503.html or plain.css: `manage.py away_page`."""
    page = away_page.FILE.read_text(encoding="utf-8")
    assert page == away_page.page()
    assert 'href="/' not in page
    for number in ("112", "111"):
        assert page.count(f'href="tel:{number}"') == 3


def test_the_proxy_has_no_page_of_its_own_words():
    conf = (DEPLOY / "nginx" / "tirek.conf").read_text()
    assert "error_page 502 503 504 /away.html;" in conf
    assert "error_page 413 @too_large;" in conf
    for place in ("/var/www/tirek", "docs/deploy/nginx/away.html"):
        assert place in (ROOT / "compose.yaml").read_text() and place in PAGE
