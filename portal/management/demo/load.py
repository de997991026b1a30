"""A loaded database for measurements: invented rows by the thousand, the same on every machine, in bulk."""

from __future__ import annotations

import random
import uuid
from datetime import date, timedelta

from django.conf import settings
from django.utils import timezone

from portal.models import District
from volunteers.models import (
    Acceptance,
    AgreementVersion,
    Application,
    Approval,
    Check,
    CheckType,
    Decision,
    Person,
    PolicyVersion,
    ProgrammeRole,
    RefereeRequest,
    ReferenceResponse,
    SupervisorAssignment,
    TrainingModule,
    TrainingRecord,
)
from volunteers.states import ApplicationState, CheckState, RefereeState

from . import builders
from .cases import FAMILIES, GIVEN
from .cast import Cast

BATCH = 2000
STATES = [
    ApplicationState.SCREENING,
    ApplicationState.MORE_INFO,
    ApplicationState.ASSESSMENT,
    ApplicationState.ASSESSMENT,
    ApplicationState.ON_HOLD,
    ApplicationState.DECISION,
    ApplicationState.PROPOSED,
    ApplicationState.DECLINED,
    ApplicationState.WITHDRAWN,
    ApplicationState.LAPSED,
]


class Load:
    """Adds applications without accounts, and cleared mentors."""

    def __init__(self, cast: Cast):
        self.cast = cast
        self.chance = random.Random(2026)  # noqa: S311 - deterministic on purpose
        self.today = timezone.localdate()
        self.districts = list(District.objects.all())
        self.role = ProgrammeRole.objects.get(code="school_mentor")
        self.policy = PolicyVersion.objects.filter(role=self.role).latest("number")

    def _uuid(self) -> uuid.UUID:
        return uuid.UUID(int=self.chance.getrandbits(128), version=4)

    def people(self, count: int) -> list[Person]:
        return Person.objects.bulk_create(
            [
                Person(
                    uuid=self._uuid(),
                    family_name=self.chance.choice(FAMILIES),
                    given_name=self.chance.choice(GIVEN),
                    birth_date=date(1950 + index % 45, 1 + index % 12, 1 + index % 28),
                    email=f"load{index}@demo.example",
                    district=self.chance.choice(self.districts),
                )
                for index in range(count)
            ],
            BATCH,
        )

    def applications(self, people: list[Person], state: str | None = None) -> list[Application]:
        return Application.objects.bulk_create(
            [
                Application(
                    uuid=self._uuid(),
                    person=person,
                    role=self.role,
                    policy=self.policy,
                    state=state or self.chance.choice(STATES),
                    state_since=self._ago(60),
                    submitted_at=self._ago(90),
                    owner=self.chance.choice([None, self.cast.aigul, self.cast.bolat]),
                )
                for person in people
            ],
            BATCH,
        )

    def _ago(self, days: int):
        return builders.moment(self.today - timedelta(days=self.chance.randrange(days)))

    def mentors(self, count: int) -> list[Person]:
        """People with every fact that clearance asks for, approved within the last year; one in ten lost a check."""
        people = self.people(count)
        cases = self.applications(people, ApplicationState.APPROVED)
        on = {person.pk: self.today - timedelta(days=30 + index % 320) for index, person in enumerate(people)}
        self._approvals(cases, on)
        SupervisorAssignment.objects.bulk_create(
            [
                SupervisorAssignment(person=person, supervisor=self.cast.dana, starts_on=on[person.pk])
                for person in people
            ],
            BATCH,
        )
        self._checks(cases, on)
        self._references(cases, on)
        version = AgreementVersion.objects.filter(agreement__code="code_of_conduct").latest("number")
        accepted = [
            Acceptance(person=person, version=version, language="kk", at=builders.moment(on[person.pk]))
            for person in people
        ]
        Acceptance.objects.bulk_create(accepted, BATCH)
        modules = TrainingModule.objects.filter(check_type__code="induction")
        passed = {"result": "passed", "recorded_by": self.cast.ivan}
        TrainingRecord.objects.bulk_create(
            [
                TrainingRecord(person=person, module=module, held_on=on[person.pk], **passed)
                for person in people
                for module in modules
            ],
            BATCH,
        )
        return people

    def _approvals(self, cases: list[Application], on: dict[int, date]) -> None:
        two = {"proposed_by": self.cast.aigul, "confirmed_by": self.cast.marat, "snapshot_hash": "0" * 64}
        decisions = Decision.objects.bulk_create(
            [
                Decision(
                    uuid=self._uuid(),
                    application=case,
                    outcome=Decision.Outcome.APPROVE,
                    rationale="All checks are in order.",
                    confirmed_at=builders.moment(on[case.person_id]),
                    **two,
                )
                for case in cases
            ],
            BATCH,
        )
        days = timedelta(days=settings.PROGRAMME["approval_days"])
        Approval.objects.bulk_create(
            [
                Approval(
                    person=decision.application.person,
                    role=self.role,
                    decision=decision,
                    valid_from=on[decision.application.person_id],
                    valid_to=on[decision.application.person_id] + days,
                )
                for decision in decisions
            ],
            BATCH,
        )

    def _checks(self, cases: list[Application], on: dict[int, date]) -> None:
        types = [
            requirement.check_type
            for requirement in self.policy.requirements.select_related("check_type")
            if requirement.check_type.kind == CheckType.Kind.CHECK
        ]
        rows = []
        for index, case in enumerate(cases):
            day = on[case.person_id]
            for check_type in types:
                if index % 10 == 0 and check_type.code == "criminal_record":
                    continue
                rows.append(
                    Check(
                        uuid=self._uuid(),
                        person=case.person,
                        application=case,
                        check_type=check_type,
                        state=CheckState.VERIFIED,
                        issued_on=day,
                        expires_on=day + timedelta(days=check_type.validity_days) if check_type.validity_days else None,
                        method=check_type.methods[0],
                        verified_by=self.cast.aigul,
                        verified_at=builders.moment(day),
                    )
                )
        Check.objects.bulk_create(rows, BATCH)

    def _references(self, cases: list[Application], on: dict[int, date]) -> None:
        requests = RefereeRequest.objects.bulk_create(
            [
                RefereeRequest(
                    uuid=self._uuid(),
                    application=case,
                    name="Роза Есімова",
                    relation="colleague",
                    email=f"referee{index}@demo.example",
                    state=RefereeState.COMPLETED,
                )
                for case in cases
                for index in range(2)
            ],
            BATCH,
        )
        responses = []
        for request in requests:
            response = ReferenceResponse(
                uuid=self._uuid(),
                request=request,
                names_a_reason=False,
                result="accepted",
                assessed_by=self.cast.dana,
                assessed_at=builders.moment(on[request.application.person_id]),
            )
            response.answers = "{}"
            responses.append(response)
        ReferenceResponse.objects.bulk_create(responses, BATCH)
