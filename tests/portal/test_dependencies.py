"""What is installed is what was chosen: every package that the portal brings along has a pinned version."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution

from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def lines(name: str) -> list[Requirement]:
    text = (settings.BASE_DIR / name).read_text()
    return [Requirement(line) for line in text.splitlines() if line and line[0] not in "#-"]


def brought_along(wanted: list[Requirement]) -> Iterator[str]:
    """The names of all packages that these need on this machine, themselves included."""
    waiting, seen = list(wanted), set()
    while waiting:
        one = waiting.pop()
        key = (canonicalize_name(one.name), frozenset(one.extras))
        if key in seen:
            continue
        seen.add(key)
        yield key[0]
        for line in distribution(one.name).requires or []:
            needed = Requirement(line)
            extras = [*one.extras, ""]
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(needed)


def test_every_package_is_pinned_to_what_is_installed():
    direct = [*lines("requirements.txt"), *lines("requirements-production.txt")]
    pinned = {canonicalize_name(one.name): one for one in [*direct, *lines("constraints.txt")]}
    for name in set(brought_along(direct)):
        assert name in pinned, f"{name}: write its version into constraints.txt"
        (pin,) = pinned[name].specifier
        assert (pin.operator, pin.version) == ("==", distribution(name).version), name


def test_nothing_is_pinned_that_nobody_needs():
    needed = set(brought_along([*lines("requirements.txt"), *lines("requirements-production.txt")]))
    for one in lines("constraints.txt"):
        try:
            distribution(one.name)
        except PackageNotFoundError:
            continue  # of another machine
        assert canonicalize_name(one.name) in needed, one.name


def test_a_server_installs_the_pinned_versions_by_their_hashes():
    pinned = {}
    for one in [*lines("requirements.txt"), *lines("requirements-production.txt"), *lines("constraints.txt")]:
        (pin,) = one.specifier
        pinned[canonicalize_name(one.name)] = pin.version
    text = (settings.BASE_DIR / "requirements.lock").read_text().replace(" \\\n", " ")
    locked = {}
    for line in filter(lambda line: line[0] != "#", text.splitlines()):
        wanted, *hashes = re.split(r"\s+--hash=sha256:", line)
        assert hashes, line
        assert all(re.fullmatch("[0-9a-f]{64}", each) for each in hashes), line
        one = Requirement(wanted)
        if one.marker is None or one.name in pinned or one.marker.evaluate():  # or of another system
            (pin,) = one.specifier
            locked[one.name] = pin.version
    assert locked == pinned
