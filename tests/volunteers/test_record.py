"""The single central record: who was checked, when and by whom; read by the inspector, changed by nobody."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import override

from portal import audit
from portal.management.demo import builders
from portal.models import LogEntry
from tests.lists import take, words_of
from tests.volunteers import cases
from volunteers.models import Check, DoNotEngage, ExitRecord, Person, ReasonCode
from volunteers.states import CheckState

pytestmark = pytest.mark.django_db
RECORD, EXPORT = reverse("staff_record"), reverse("staff_record_export")


def names(client, **query) -> set[str]:
    response = client.get(RECORD, query)
    assert response.status_code == 200
    return {row.person.given_name for row in response.context["rows"]}


def cells(client, person: Person, **query) -> dict:
    rows = {row.person.pk: row for row in client.get(RECORD, query).context["rows"]}
    return {cell.check_type.code: cell for cell in rows[person.pk].cells}


def listed(by, confirmed_by=None) -> DoNotEngage:
    return DoNotEngage.objects.create(
        iin_hash="0" * 64,
        reason_code=ReasonCode.objects.all()[0],
        decided_by=by,
        confirmed_by=confirmed_by,
        confirmed_at=timezone.now() if confirmed_by else None,
        review_on=timezone.localdate(),
    )


def test_43_central_record(cast, sign_in):
    """The auditor sees every current mentor with each check, its date and the verifier's name; the filter of what ends
    soon works; there is nothing to change; the export appears in the access log."""
    raushan = sign_in(cast.raushan)
    assert names(raushan) == {"Нұрлан", "Ерлан"}
    for person in (cast.nurlan, cast.yerbol):
        for code, cell in cells(raushan, person).items():
            if cell.state == "not_asked":
                continue
            assert cell.state in {"valid", "soon"}, code
            assert cell.verified_on and (cell.by or code == "code_of_conduct"), code
    assert cells(raushan, cast.nurlan)["criminal_record"].by == cast.aigul.display_name
    assert names(raushan, ending="soon") == {"Нұрлан"}

    page = raushan.get(RECORD).content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert re.findall(r'method="post"[^>]*action="([^"?]+)', main) == [EXPORT]
    assert cast.marat.display_name in main and cast.dana.display_name in main

    take(raushan, f"{EXPORT}?ending=soon", "xlsx")
    entry = LogEntry.objects.filter(kind=LogEntry.Kind.VIEW, actor=cast.raushan).latest("pk")
    assert (entry.action, entry.reason) == ("export", "For the inspection")
    assert entry.data == {"what": "central_record", "count": 1, "filters": {"ending": "soon"}}
    with override("ru"):
        assert str(audit.VIEWS["export"]) in raushan.get(reverse("staff_log")).content.decode()


def test_a_coordinator_reads_his_own_district(cast, sign_in):
    assert names(sign_in(cast.bolat)) == set()
    assert names(sign_in(cast.bolat), name="Нұрлан") == set()
    assert names(sign_in(cast.aigul)) == {"Нұрлан", "Ерлан"}
    lines = words_of(take(sign_in(cast.bolat), EXPORT))
    assert "Мұсаев" not in lines and len(lines.splitlines()) == 1


def test_the_export_has_no_number_and_no_contact(cast, sign_in):
    nurlan = cast.nurlan
    text = words_of(take(sign_in(cast.raushan), EXPORT))
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert {row[0] for row in rows[1:]} == {nurlan.full_name, cast.yerbol.full_name}
    assert len({len(row) for row in rows}) == 1
    for secret in (nurlan.iin, nurlan.phone, nurlan.email, nurlan.iin_hash, "1958"):
        assert secret not in text


def test_what_is_looked_for_is_not_in_the_log(cast, sign_in):
    take(sign_in(cast.raushan), f"{EXPORT}?name=Мұсаев&district={cast.taraz.pk}")
    entry = LogEntry.objects.filter(action="export").latest("pk")
    assert entry.data["filters"] == {"name": "…", "district": "taraz"}


@pytest.mark.parametrize(
    "typed", [{"file": "csv"}, {"file": "csv", "why": " \n"}, {"file": "pdf", "why": "For the inspection"}]
)
def test_without_a_reason_or_a_known_kind_nothing_leaves(cast, sign_in, typed):
    raushan = sign_in(cast.raushan)
    answer = raushan.post(f"{EXPORT}?name=Мұсаев", typed)
    assert answer.status_code == 422
    assert answer.context["export_form"].errors
    assert [row.person for row in answer.context["rows"]] == [cast.nurlan]  # the same list, with the form open
    assert not LogEntry.objects.filter(action="export").exists()
    assert raushan.get(f"{EXPORT}?name=Мұсаев").url == f"{RECORD}?name=%D0%9C%D2%B1%D1%81%D0%B0%D0%B5%D0%B2"


def test_a_missing_check_is_found(cast, sign_in):
    raushan = sign_in(cast.raushan)
    assert names(raushan, missing="court_ban") == set()
    Check.objects.filter(person=cast.yerbol, check_type__code="court_ban").update(state=CheckState.INVALIDATED)
    assert names(raushan, missing="court_ban") == {"Ерлан"}
    assert cells(raushan, cast.yerbol)["court_ban"].state == "missing"
    assert names(raushan, missing="employment") == set()  # asked of teachers only
    for code in ("references", "induction", "code_of_conduct"):
        assert names(raushan, missing=code) == set()


def test_a_failed_check_is_not_hidden_by_an_older_one(cast, sign_in):
    type_ = Check.objects.get(person=cast.nurlan, check_type__code="court_ban").check_type
    Check.objects.create(
        person=cast.nurlan, subject=cast.nurlan.user, check_type=type_, state=CheckState.FAILED,
        verified_by=cast.aigul, verified_at=timezone.now(),
    )  # fmt: skip
    assert cells(sign_in(cast.raushan), cast.nurlan)["court_ban"].state == "failed"


def test_those_in_checks_and_those_who_left_stand_behind_the_filter(cast, sign_in):
    raushan = sign_in(cast.raushan)
    case = cases.in_assessment(cast)
    assert names(raushan) == {"Нұрлан", "Ерлан"}
    assert names(raushan, standing="checks") == {"Serik"}
    assert cells(raushan, case.person, standing="checks")["criminal_record"].state == "requested"
    ExitRecord.objects.create(person=cast.yerbol, reason="moved")
    assert names(raushan) == {"Нұрлан"}
    assert names(raushan, standing="left") == {"Ерлан"}
    assert names(raushan, standing="ever") == {"Нұрлан", "Ерлан"}


def test_people_are_found_by_name_and_by_code(cast, sign_in):
    raushan = sign_in(cast.raushan)
    assert names(raushan, name="мұсаев") == {"Нұрлан"}
    assert names(raushan, name=cast.yerbol.code) == {"Ерлан"}
    assert names(raushan, role="teacher_mentor") == {"Ерлан"}
    assert names(raushan, district=cast.zhambyl.pk) == set()


def test_the_do_not_engage_list_is_a_number(cast, sign_in):
    listed(cast.dana, confirmed_by=cast.marat)
    for person in (cast.raushan, cast.dana):
        assert sign_in(person).get(RECORD).context["listed"] == 1
    assert "listed" not in sign_in(cast.aigul).get(RECORD).context


def test_nobody_reads_himself_or_somebody_he_is_tied_to(cast, sign_in):
    builders.make_user("nurlan", "auditor")
    assert names(sign_in(cast.nurlan.user)) == {"Ерлан"}


def test_the_same_queries_for_one_row_and_for_a_page(cast, sign_in):
    def count() -> int:
        client = sign_in(cast.raushan)
        client.get(RECORD)
        with CaptureQueriesContext(connection) as queries:
            client.get(RECORD)
        return len(queries)

    few = count()
    for index in range(12):
        builders.make_mentor(
            f"more{index}", number=700 + index, staff=cast, district=cast.taraz, family="Ж", given=f"Ж{index}",
            since=timezone.localdate() - timedelta(days=20),
        )  # fmt: skip
    assert count() == few
    assert few <= 15


def test_the_page_speaks_of_the_day(cast, sign_in):
    text = strip_tags(sign_in(cast.raushan).get("/ru" + RECORD[3:]).content.decode())
    assert timezone.localdate().strftime("%d.%m.%Y") in text
