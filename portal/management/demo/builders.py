"""Builders of invented people, used by `seed_demo`, `seed_load` and the tests' cast. Nobody here is real: e-mails end
in @demo.example, phones are +7 700 000 xx xx, identification numbers have an impossible month in their date part."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime, time, timedelta
from functools import cache

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from portal import crypto
from portal.models import District, Language, School, User
from portal.services.roles import give
from volunteers.iin import valid_iin
from volunteers.models import (
    Acceptance,
    AgreementVersion,
    Application,
    ApplicationRevision,
    Approval,
    Check,
    CheckType,
    Decision,
    Organisation,
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

PASSWORD = "Tirek-demo-2026"  # noqa: S105 - printed by `make run`, refused by check --deploy with the demo mode

REFERENCE = {  # what every referee of the demonstration says
    "can_give": "yes", "known": "Бір мекемеде он екі жыл бірге жұмыс істедік.", "since": "2008", "related": "no",
    "names_a_reason": "no", "warned": "no", "reliable": "good", "boundaries": "good", "stress": "mixed",
    "reliability": "Уәдесінде тұрады, кешікпейді (үлгі).",
}  # fmt: skip


@cache
def _password() -> str:
    return make_password(PASSWORD)


def email_of(name: str) -> str:
    return f"{name}@demo.example"


def make_user(
    name: str,
    *roles: str,
    family: str = "",
    given: str = "",
    district: District | None = None,
    school: School | None = None,
    language: str = "kk",
    is_superuser: bool = False,
) -> User:
    """Somebody who can sign in at once as `<name>@demo.example`; his roles reach as far as `district` or `school`."""
    user, created = User.objects.get_or_create(
        email=email_of(name),
        defaults={
            "last_name": family,
            "first_name": given or name.capitalize(),
            "password": _password(),
            "language": language,
            "district": district or getattr(school, "district", None),
            "is_superuser": is_superuser,
            "is_staff": is_superuser,
        },
    )
    if created:
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    for role in roles:
        give(user=user, role=role, district=None if school else district, school=school)
    return user


def iin_of(number: int) -> str:
    """The valid identification number that follows `801399` and `number`: month 13 belongs to nobody."""
    for candidate in range(number * 10, number * 10 + 10):
        text = f"801399{candidate:06d}"
        if valid_iin(text):
            return text
    return iin_of(number + 50_000)


def make_person(
    user: User,
    *,
    number: int,
    district: District,
    family: str,
    given: str,
    patronymic: str = "",
    languages: tuple[str, ...] = ("kk", "ru"),
    born: date = date(1958, 5, 9),
) -> Person:
    person = Person(
        user=user,
        family_name=family,
        given_name=given,
        patronymic=patronymic,
        birth_date=born,
        email=user.email or "",
        phone=f"+7700000{number:04d}",
        district=district,
        contact_confirmed_at=timezone.now(),
        iin_hash=crypto.lookup_hash(iin_of(number), "iin"),
    )
    person.iin = iin_of(number)
    person.save()
    person.languages.set(Language.objects.filter(code__in=languages))
    return person


def make_application(
    person: Person,
    state: str,
    *,
    role: str = "school_mentor",
    since: date | None = None,
    organisation: Organisation | None = None,
    owner: User | None = None,
    interviewer: User | None = None,
    answers: dict | None = None,
) -> Application:
    """A case that stands in `state`, without the history that services would have written; `answers` were sent with it."""
    programme_role = ProgrammeRole.objects.get(code=role)
    entered = moment(since or timezone.localdate())
    application = Application.objects.create(
        person=person,
        role=programme_role,
        policy=PolicyVersion.objects.filter(role=programme_role).latest("number"),
        state=state,
        state_since=entered,
        submitted_at=None if state == ApplicationState.DRAFT else entered,
        organisation=organisation,
        owner=owner,
        interviewer=interviewer,
    )
    if state != ApplicationState.DRAFT:
        revision = ApplicationRevision(application=application, number=1, author=person.user)
        revision.answers = json.dumps(answers or {}, ensure_ascii=False)
        revision.save()
    return application


def moment(day: date) -> datetime:
    """Ten in the morning of `day` in Almaty."""
    return timezone.make_aware(datetime.combine(day, time(10)))


def verify(application: Application, code: str, by: User, issued_on: date, expires_on: date | None = None) -> Check:
    """A verified check; without `expires_on` it runs for the type's validity."""
    check_type = CheckType.objects.get(code=code)
    if expires_on is None and check_type.validity_days:
        expires_on = issued_on + timedelta(days=check_type.validity_days)
    person = application.person
    return Check.objects.create(
        person=person,
        subject=person.user,
        application=application,
        check_type=check_type,
        state=CheckState.VERIFIED,
        number=f"DEMO-{person.code[2:6]}" if check_type.needs_number else "",
        issued_on=issued_on,
        expires_on=expires_on,
        method=check_type.methods[0],
        verified_by=by,
        verified_at=moment(issued_on),
    )


def give_references(application: Application, assessed_by: User, on: date, count: int = 2) -> list[RefereeRequest]:
    """Accepted references of invented referees, the first called back and one who saw him with children."""
    requests = []
    for index in range(count):
        request = RefereeRequest.objects.create(
            application=application,
            name=("Сәуле Әбенова", "Талғат Мұсаев", "Ғалым Сейітов")[index],
            relation=RefereeRequest.Relation.COLLEAGUE,
            email=f"referee{application.pk}x{index}@demo.example",
            saw_with_children=index == 0,
            state=RefereeState.COMPLETED,
            sent_at=moment(on),
        )
        response = ReferenceResponse(
            request=request,
            names_a_reason=False,
            shareable=index == 0,
            result=ReferenceResponse.Result.ACCEPTED,
            called_back=index == 0,
            assessed_by=assessed_by,
            assessed_at=moment(on),
        )
        said = {**REFERENCE, "saw_with_children": "yes" if request.saw_with_children else "no"}
        response.answers = json.dumps(said, ensure_ascii=False)
        response.save()
        requests.append(request)
    return requests


def onboard(person: Person, trainer: User, supervisor: User | None, on: date) -> None:
    """Induction passed, code of conduct accepted, supervisor named, all on `on`."""
    for module in TrainingModule.objects.filter(check_type__code="induction"):
        TrainingRecord.objects.create(
            person=person,
            subject=person.user,
            module=module,
            held_on=on,
            result="passed",
            in_person=True,
            recorded_by=trainer,
        )
    version = AgreementVersion.objects.filter(agreement__code="code_of_conduct").latest("number")
    Acceptance.objects.create(person=person, version=version, language="kk", at=moment(on))
    if supervisor:
        SupervisorAssignment.objects.create(person=person, supervisor=supervisor, starts_on=on)


def approve(
    application: Application, proposer: User, confirmer: User, on: date, *, probation_visits: int = 0
) -> Approval:
    snapshot = {"demo": application.code}
    decision = Decision.objects.create(
        application=application,
        outcome=Decision.Outcome.APPROVE,
        rationale="Барлық тексеру дұрыс (үлгі).",
        proposed_by=proposer,
        confirmed_by=confirmer,
        confirmed_at=moment(on),
        snapshot=snapshot,
        snapshot_hash=hashlib.sha256(str(snapshot).encode()).hexdigest(),
    )
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.APPROVED)
    return Approval.objects.create(
        person=application.person,
        role=application.role,
        decision=decision,
        valid_from=on,
        valid_to=on + timedelta(days=settings.PROGRAMME["approval_days"]),
        probation_visits=probation_visits,
    )


def check_all(application: Application, *, staff, on: date, certificate_ends: date | None = None) -> None:
    """Every approval-stage requirement of the policy is met on `on`: checks by the coordinator and the lead, interview, references."""
    for requirement in application.policy.requirements.select_related("check_type"):
        kind = requirement.check_type
        if kind.kind == CheckType.Kind.REFERENCES:
            give_references(application, staff.dana, on)
        elif kind.kind == CheckType.Kind.CHECK:
            by = (
                staff.ivan
                if kind.code == "interview"
                else staff.dana
                if kind.code == "self_disclosure"
                else staff.aigul
            )
            ends = certificate_ends if kind.code == "criminal_record" else None
            verify(application, kind.code, by, on, ends)


def make_mentor(
    name: str,
    *,
    number: int,
    staff,
    district: District,
    family: str,
    given: str,
    role: str = "school_mentor",
    since: date | None = None,
    certificate_ends: date | None = None,
    supervisor: User | None = None,
    **person,
) -> Person:
    """A cleared mentor since `since` (default 60 days ago), with every fact that the policy demands."""
    on = since or timezone.localdate() - timedelta(days=60)
    user = make_user(name, family=family, given=given, district=district)
    if standing_already := Person.objects.filter(user=user).first():
        return standing_already
    made = make_person(user, number=number, district=district, family=family, given=given, **person)
    application = make_application(made, ApplicationState.DECISION, role=role, since=on, owner=staff.aigul)
    check_all(application, staff=staff, on=on, certificate_ends=certificate_ends)
    approve(application, staff.aigul, staff.marat, on)
    nearby = {staff.taraz: staff.aigul, staff.zhambyl: staff.bolat}
    onboard(made, staff.ivan, supervisor or nearby.get(district, staff.dana), on)
    return made
