"""No form of any role, whatever is typed into it, ends in an error of the server, shows what was typed as markup, tells of
others or changes what is theirs. FUZZ_SECONDS says how long, FUZZ_SEED which values: the seed of a failure repeats it."""

from __future__ import annotations

import os
import random

import pytest
from django.db import transaction
from django.test import override_settings

from tests.access.addresses import address
from tests.access.cms import EDITORS, addresses_of_cms, is_known
from tests.access.judging import Judge, secrets
from tests.access.rows import ACCESS, FAR_PEOPLE, OBLAST
from tests.fuzz.runner import Fuzzer

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db]

NOT_OPENED = {"exit", "account_logout", "health_live", "health_ready"}  # end the session, or say nothing


def pages_of(person: str, world: dict) -> list[str]:
    """Every address that the person opens."""
    names = [name for name in sorted(ACCESS) if person in ACCESS[name].get and name not in NOT_OPENED]
    found = [address(name, world) for name in names]
    if person in EDITORS:
        found += addresses_of_cms(world)
    return found


def test_whatever_is_typed(world, far, keys, capsys):
    seconds = float(os.environ.get("FUZZ_SECONDS", "240"))
    seed = int(os.environ.get("FUZZ_SEED", random.SystemRandom().randrange(10**6)))
    with override_settings(DEMO_MODE=True):
        fuzzer = Fuzzer(
            keys=keys,
            pages={person: pages_of(person, world) for person in keys if person not in FAR_PEOPLE},
            judge=Judge(far["rows"], secrets(far)),
            everywhere=frozenset(OBLAST | {"ivan"}),  # he trains in every district
            known=is_known,
            chance=random.Random(seed),
        )
        with transaction.atomic():
            fuzzer.run(seconds)
    with capsys.disabled():
        print(f"\nFUZZ_SEED={seed} {dict(fuzzer.counts)}")  # noqa: T201 - the report
        for finding, times in fuzzer.findings.most_common():
            print(f"  {times} × {finding}")  # noqa: T201
    assert not fuzzer.findings
