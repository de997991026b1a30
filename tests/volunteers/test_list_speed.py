"""Lists and the page of a mentor cost the same few queries whatever there is to show, and the short ways to an answer
find what the long ones do."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.core.paginator import Paginator
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from portal.management.demo import builders
from portal.sets import among
from portal.staff import NearerEnd
from tests.volunteers.cases import complete, days_ago
from volunteers.clearance import clearances, standing_there
from volunteers.clearance.candidates import FITS
from volunteers.forms.staff import SupervisorForm, SuspendForm
from volunteers.forms.training import TrainingForm
from volunteers.models import (
    Acceptance,
    Approval,
    Check,
    CheckEvidence,
    CheckType,
    Concern,
    DoNotEngage,
    Exemption,
    ExitRecord,
    Membership,
    Organisation,
    Pause,
    Person,
    ReasonCode,
    ReferenceResponse,
    RiskAssessment,
    SearchLog,
    SupervisorAssignment,
    Suspension,
    TrainingModule,
    TrainingRecord,
)
from volunteers.services import holds
from volunteers.staff.choices import fill_choices
from volunteers.staff.lines import lines_of
from volunteers.states import ApplicationState, CheckState

pytestmark = pytest.mark.django_db
LIST, PERSON = 14, 20  # and one for the crisis lines, where the cache is kept in the database


def in_days(count: int):
    return days_ago(-count)


def cost(client, path: str) -> int:
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.fixture
def full(cast) -> Person:
    """A mentor with something in every panel of his page, mostly twice."""
    person, user = cast.nurlan, cast.nurlan.user
    guest = builders.make_application(person, ApplicationState.ASSESSMENT, role="supervised_speaker")
    for check in [*person.checks.all(), *(_another(person, code) for code in ("medical", "photo"))]:
        for number in range(2):
            CheckEvidence.objects.create(
                evidence_of=check, stored_name=f"{check.pk}-{number}", sha256="0", mime="application/pdf", size=9,
                uploaded_by=user,
            )  # fmt: skip
            SearchLog.objects.create(
                evidence_of=check, register="qamqor.gov.kz", terms_hash="0", result="nothing", searched_by=cast.aigul
            )
    for number, confirmed in enumerate([cast.marat, None]):
        organisation = Organisation.objects.create(name_kk=f"Кеңес {number}", kind="veterans", district=cast.taraz)
        Membership.objects.create(person=person, organisation=organisation, confirmed_at=confirmed and timezone.now())
        days = {"starts_on": in_days(0), "ends_on": in_days(9), "confirmed_by": confirmed}
        days["confirmed_at"] = confirmed and timezone.now()
        waived = CheckType.objects.get(code=("photo", "medical")[number])
        Exemption.objects.create(
            person=person, check_type=waived, reason="x", granted_by=cast.dana, granted_at=timezone.now(), **days
        )
        RiskAssessment.objects.create(
            person=person, activity="x", supervision="x", signed_by=cast.dana, signed_at=timezone.now(), **days
        )
        Pause.objects.create(person=person, starts_on=in_days(10 + number), ends_on=in_days(10 + number))
        ExitRecord.objects.create(person=person, left_on=days_ago(90 + number), recorded_by=cast.aigul, reason="moved")
    ExitRecord.objects.filter(person=person).update(recorded_at=timezone.now() - timedelta(days=90))
    for module in TrainingModule.objects.all()[:3]:
        person.quiz_attempts.create(module=module, right=1, questions=1, passed=True)
    SupervisorAssignment.objects.create(
        person=person, supervisor=cast.ivan, cover_for=cast.aigul, starts_on=in_days(1), ends_on=in_days(2)
    )
    Concern.objects.create(person=person, source="staff", level="low")
    holds.hold(application=guest, by=cast.dana, reason="other", note="x")
    _suspend(cast, person, lifted=True)
    _suspend(cast, person)
    return person


def _another(person: Person, code: str) -> Check:
    return Check.objects.create(person=person, check_type=CheckType.objects.get(code=code))


def _suspend(cast, person: Person, *, lifted: bool = False) -> Suspension:
    ended = {"lifted_by": cast.dana, "lifted_at": timezone.now()} if lifted else {}
    return Suspension.objects.create(
        person=person, reason_code=ReasonCode.objects.filter(is_active=True)[0], note="x", opened_by=cast.aigul,
        lift_proposed_by=cast.marat, lift_proposed_at=timezone.now(), **ended,
    )  # fmt: skip


@pytest.fixture
def crowd(cast) -> list[Person]:
    return make_crowd(cast, seed=1)


def make_crowd(cast, seed: int) -> list[Person]:
    """People with an approval about whom anything may be said: each thing about two of them, and more as chance has it."""
    chance = random.Random(seed)
    people = [
        builders.make_mentor(
            f"c{number}",
            number=300 + number,
            staff=cast,
            district=cast.taraz,
            family=f"Ә{number % 7}",
            given=str(number),
        )
        for number in range(2 * len(CHANGES))
    ]
    for number, person in enumerate(people):
        for change in dict.fromkeys([CHANGES[number // 2], *chance.sample(CHANGES, chance.choice([0, 0, 1, 2]))]):
            change(cast, person, chance)
    return [*people, cast.nurlan, cast.yerbol]


def _near(chance) -> int:
    return chance.choice([-70, -61, -1, 0, 1, 30, 59, 60, 61, 62, 90])


def _one(rows, chance):
    return chance.choice(list(rows.order_by("pk")))


def _end_check(cast, person, chance):
    check = _one(person.checks.filter(state=CheckState.VERIFIED), chance)
    Check.objects.filter(pk=check.pk).update(issued_on=days_ago(200), expires_on=in_days(_near(chance)))


def _end_approval(cast, person, chance):
    Approval.objects.filter(person=person).update(valid_from=days_ago(300), valid_to=in_days(_near(chance)))


def _age_training(cast, person, chance):
    record = _one(person.training.filter(module__check_type__isnull=False), chance)
    age = record.module.validity_days - _near(chance)
    TrainingRecord.objects.filter(pk=record.pk).update(held_on=days_ago(age))
    if chance.random() < 0.5:  # renewed early: it counts from the former end
        TrainingRecord.objects.create(
            person=person, module=record.module, held_on=days_ago(age - record.module.validity_days + 30),
            result=chance.choice(["passed", "failed"]), note="x", recorded_by=cast.ivan,
        )  # fmt: skip


def _age_text(cast, person, chance):
    days = CheckType.objects.get(code="code_of_conduct").validity_days
    Acceptance.objects.filter(person=person).update(at=timezone.now() - timedelta(days=days - _near(chance)))


def _age_reference(cast, person, chance):
    given = _one(ReferenceResponse.objects.filter(request__application__person=person), chance)
    days = CheckType.objects.get(code="references").validity_days
    at = timezone.now() - timedelta(days=days - _near(chance))
    ReferenceResponse.objects.filter(pk=given.pk).update(assessed_at=at)


def _leave(cast, person, chance):
    record = ExitRecord.objects.create(person=person, left_on=in_days(chance.choice([-70, -1, 0, 1])), reason="moved")
    if chance.random() < 0.3:  # approved anew since
        ExitRecord.objects.filter(pk=record.pk).update(recorded_at=timezone.now() - timedelta(days=200))


def _pause(cast, person, chance):
    first = chance.choice([-1, 0, 1, 59, 60, 61, 62])
    Pause.objects.create(person=person, starts_on=in_days(first), ends_on=in_days(first + chance.choice([0, 20])))


def _bar(cast, person, chance):
    DoNotEngage.objects.create(
        iin_hash=person.iin_hash, reason_code=ReasonCode.objects.all()[0], decided_by=cast.dana,
        confirmed_by=cast.marat, confirmed_at=timezone.now(), review_on=in_days(90),
    )  # fmt: skip


def _hang(cast, person, chance):
    _suspend(cast, person, lifted=chance.random() < 0.5)


def _end_supervision(cast, person, chance):
    SupervisorAssignment.objects.filter(person=person).update(starts_on=days_ago(99), ends_on=in_days(_near(chance)))


def _exempt(cast, person, chance):
    code = chance.choice(["references", "self_disclosure"])
    person.checks.filter(check_type__code=code).update(state=CheckState.REQUESTED)
    Exemption.objects.create(
        person=person, check_type=CheckType.objects.get(code=code), reason="x", granted_by=cast.dana,
        granted_at=timezone.now(), confirmed_by=cast.marat, confirmed_at=timezone.now(),
        starts_on=days_ago(80), ends_on=in_days(_near(chance)),
    )  # fmt: skip


CHANGES = [
    _end_check, _end_approval, _age_training, _age_text, _age_reference, _leave, _pause, _bar, _hang, _end_supervision,
    _exempt,
]  # fmt: skip


class TestNumberOfQueries:
    @pytest.mark.parametrize("name", ["aigul", "dana"])
    def test_the_page_of_a_mentor(self, cast, full, sign_in, name):
        client, path = sign_in(getattr(cast, name)), f"/en/staff/people/{full.uuid}/"
        assert cost(client, path) <= PERSON
        Suspension.objects.all().delete()
        assert cost(client, path) <= PERSON

    @pytest.mark.parametrize(
        ("name", "path", "filters"),
        [
            ("raushan", "record", ["", "ending=soon", "missing=references", "missing=induction", "missing=photo"]),
            (
                "raushan",
                "record",
                ["standing=ever", "standing=checks", "standing=left", "name=а", "page=2", "district=1"],
            ),
            ("aigul", "applications", ["", "tab=mine", "tab=unassigned", "tab=applicant", "tab=late", "name=а"]),
            ("dana", "applications", ["", "tab=hold", "state=approved", "page=2"]),
            ("aigul", "people", ["", "name=а", "page=2", "standing=paused"]),
            ("aigul", "supervision", ["", "page=2", "show=mine", "show=alone", "show=overdue", "name=а"]),
            ("dana", "lead", [""]),
        ],
    )
    def test_lists(self, cast, full, crowd, sign_in, name, path, filters):
        complete(cast)
        client = sign_in(getattr(cast, name))
        for query in filters:
            assert cost(client, f"/en/staff/{path}/?{query}") <= LIST, query

    def test_clearance(self, cast, crowd, django_assert_max_num_queries):
        with django_assert_max_num_queries(2):
            clearances(crowd)


class TestTheShortWayFindsTheSame:
    @pytest.mark.parametrize("seed", range(3))
    def test_who_stands_where(self, cast, seed):
        crowd = make_crowd(cast, seed)
        people, answers = Person.objects.filter(pk__in=[person.pk for person in crowd]), clearances(crowd)
        for name, fits in FITS.items():
            judged = {pk for pk, answer in answers.items() if fits(answer)}
            assert {person.pk for person in standing_there(people, name)} == judged, name
            assert judged or name in ("paused", "exited"), name  # whoever is also suspended is neither

    def test_who_serves(self, cast, crowd):
        today = timezone.localdate()
        serving = set()
        for approval in Approval.objects.filter(valid_from__lte=today, valid_to__gte=today).select_related("decision"):
            exits = approval.person.exits.all()
            confirmed = approval.decision.confirmed_at
            if not any(item.recorded_at >= confirmed or item.left_on > approval.valid_from for item in exits):
                serving.add(approval.person_id)
        assert set(Person.objects.serving().values_list("pk", flat=True)) == serving

    @pytest.mark.parametrize("size", [1, 3, 4, 25, 40])
    def test_pages_from_the_nearer_end(self, crowd, size):
        people = Person.objects.order_by("family_name", "-pk")
        usual, nearer = Paginator(people, size), NearerEnd(people.values_list("pk", flat=True), size)
        for number in usual.page_range:
            assert list(nearer.page(number)) == [person.pk for person in usual.page(number)]

    def test_a_set_of_keys(self, cast):
        both = {cast.nurlan.pk, cast.yerbol.pk}
        assert set(Person.objects.filter(pk__in=among(both)).values_list("pk", flat=True)) == both
        assert set(Approval.objects.filter(person__in=among(both)).values_list("person", flat=True)) == both
        assert not Person.objects.filter(pk__in=among([])).exists()
        assert len(Person.objects.filter(pk__in=among(range(50_000)))) == Person.objects.count()

    @pytest.mark.parametrize("language", ["kk", "ru", "en"])
    def test_choices_of_forms(self, cast, language):
        with override(language):
            filled = [TrainingForm(key="a"), SuspendForm(key="b"), SupervisorForm(person=cast.nurlan, key="c")]
            own = [TrainingForm(key="a"), SuspendForm(key="b"), SupervisorForm(person=cast.nurlan, key="c")]
            fill_choices(filled)
            for one, other in zip(filled, own, strict=True):
                assert str(one) == str(other)

    def test_lines_of_a_mentor(self, cast, full):
        lines = lines_of(full)
        assert [line.key for line in lines.approvals] == [item.role_id for item in full.approvals.all()]
        assert [line.by for line in lines.supervisors] == [cast.aigul.display_name, cast.ivan.display_name]
        assert [line.flag for line in lines.supervisors] == [0, 1]
        records = full.training.select_related("module", "recorded_by")
        assert [(line.key, line.code, line.starts, line.at, line.by) for line in lines.trainings] == [
            (item.module_id, item.result, item.held_on, item.recorded_at, item.recorded_by.display_name)
            for item in records
        ]
        assert [line.code for line in lines.memberships] == ["confirmed", ""]
