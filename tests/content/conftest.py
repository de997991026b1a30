from datetime import date

import pytest
from django.utils import timezone

from content.services import load_starter
from portal.models import Helpline

LANGUAGES = ("kk", "ru", "en")


@pytest.fixture
def helplines(db):
    """Two numbers instead of the reference data's four; one was checked long ago."""
    Helpline.objects.all().delete()
    texts = {f"{field}_{code}": f"{field} {code}" for field in ("name", "about") for code in LANGUAGES}
    return [
        Helpline.objects.create(
            number=number,
            for_danger_now=number == "112",
            in_crisis_bar=True,
            checked_on=checked_on,
            checked_by="Programme office",
            position=position,
            **texts,
        )
        for position, (number, checked_on) in enumerate([("112", timezone.localdate()), ("111", date(2026, 1, 1))])
    ]


@pytest.fixture
def starter(helplines):
    """The pages that the site starts with."""
    load_starter()
