"""Several lists in one query: what comes back is what each queryset would have given."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from mentors.models import AvailabilityWindow, Exclusion
from portal.gather import gather
from portal.models import District, NonTeachingPeriod, School, User

pytestmark = pytest.mark.django_db


def columns(rows):
    """What is stored of each row, but for bytes and JSON, which are left for later."""
    return [
        {item.attname: getattr(row, item.attname) for item in row._meta.concrete_fields if item.attname not in LATER}
        for row in rows
    ]


LATER = {"why_sealed"}


def test_the_same_rows_in_the_same_order_by_one_query(cast):
    lists = {
        "schools": School.objects.select_related("district", "settlement").order_by("-number"),
        "districts": District.objects.all(),
        "periods": NonTeachingPeriod.objects.order_by("name_kk", "pk"),
        "users": User.objects.filter(pk__in=[cast.aigul.pk, cast.root.pk]).order_by("pk"),
    }
    with CaptureQueriesContext(
        connection,
    ) as queries:
        found = gather(**lists)
        places = [
            (school.district.name_en, school.settlement and school.settlement.name_kk) for school in found["schools"]
        ]
    assert len(queries) == 1  # what hangs on a row came with it
    for name, rows in lists.items():
        assert columns(found[name]) == columns(rows)
    assert places == [
        (school.district.name_en, school.settlement and school.settlement.name_kk) for school in lists["schools"]
    ]


def test_times_days_and_sealed_words(cast):
    AvailabilityWindow.objects.create(person=cast.nurlan, weekday=2, starts="08:30", ends="13:00")
    exclusion = Exclusion(person=cast.nurlan, kind="school", school=cast.school, created_by=cast.dana)
    exclusion.why = "secret"
    exclusion.save()
    found = gather(windows=AvailabilityWindow.objects.all(), exclusions=Exclusion.objects.all())
    assert columns(found["windows"]) == columns(AvailabilityWindow.objects.all())
    (row,) = found["exclusions"]
    assert (row.uuid, row.created_at, row.ended_at) == (exclusion.uuid, exclusion.created_at, None)
    assert row.why == "secret"  # read for itself, when it is asked for


def test_nothing_found_is_an_empty_list(cast):
    none, nobody = School.objects.none(), User.objects.filter(email="x")
    assert gather(none=none, nobody=nobody) == {"none": [], "nobody": []}
    assert len(gather(none=none, schools=School.objects.all())["schools"]) == School.objects.count()


def test_only_what_was_asked_for_is_loaded(cast):
    (school, *_rest) = gather(schools=School.objects.only("number"))["schools"]
    assert school.get_deferred_fields() >= {"address", "latitude"}


def test_a_filter_over_another_table_and_a_computed_order(cast):
    rows = School.objects.filter(district__slug="taraz").order_by(F("number").desc())
    assert columns(gather(rows=rows)["rows"]) == columns(rows)
