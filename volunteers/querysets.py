from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import access
from portal.models import RoleGrant
from volunteers.states import LEARNING, OPEN, TRAINABLE, UNSEEN_BY_STAFF


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oneself, and for staff the people of their districts who have sent an application and confirmed the contact."""
        return self.filter(models.Q(user=user) | cared_for(self.model, user, person="pk", district="district"))

    def for_staff(self, user):
        """Those of `visible_to` whom he looks after: without himself."""
        return self.filter(cared_for(self.model, user, person="pk", district="district")).exclude(user=user)

    def on_record(self, user):
        """Those whose lines in the single central record `user` may read: in his districts, never himself nor somebody
        he declared a tie to. Who has a line is said by the record's filter."""
        here = access.within(user, "record.view", district="district")
        return self.filter(here & ~tied(self.model, user, "pk")).exclude(user=user)

    def serving(self, on=None):
        """Approved for the day `on` (default today) and not gone since. Says nothing of clearance on that day."""
        on = on or timezone.localdate()
        approvals = self.model._meta.apps.get_model("volunteers", "Approval").objects.kept()
        return self.filter(
            models.Exists(approvals.filter(person=models.OuterRef("pk"), valid_from__lte=on, valid_to__gte=on))
        )

    def to_train(self, user):
        """Whom `user` may train: in his districts, in checks or approved, and not himself."""
        here = access.within(user, "training.record", district="district")
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects
        return self.filter(here, pk__in=applications.filter(state__in=TRAINABLE).values("person")).exclude(user=user)

    def learning(self):
        """Who may read the training modules and take their quizzes: an application is on its way, or was approved."""
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects
        return self.filter(pk__in=applications.filter(state__in=LEARNING).values("person"))


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own, and those that he works on."""
        return self.filter(models.Q(person__user=user) | self._worked_on(user))

    def for_staff(self, user):
        """Without one's own: those of one's districts once the contact is confirmed, and the drafts one types for
        somebody; for an interviewer his cases. Nobody sees a case of somebody he declared a tie to."""
        return self.filter(self._worked_on(user))

    def _worked_on(self, user):
        """A condition. Only what a role of `user` opens is in it, and nothing that joins: it is asked of every row."""
        seen = ~models.Q(state__in=UNSEEN_BY_STAFF) & models.Q(submitted_at__isnull=False)
        worked_on = access.within(user, "application.view", district="person__district") & seen
        if access.has_role(user, access.Role.INTERVIEWER):
            here = access.within(user, "interview.protocol", district="person__district")
            worked_on |= models.Q(interviewer=user) & seen & here
        if access.allows(user, "application.assist"):
            here = access.within(user, "application.assist", district="person__district")
            worked_on |= models.Q(assisted_by=user) & here
        own = self.model._meta.apps.get_model("volunteers", "Person").objects.filter(user=user).values("pk")
        return worked_on & ~models.Q(person__in=own) & ~tied(self.model, user, "person")

    def open(self):
        return self.filter(state__in=OPEN)


def tied(model, user, person: str) -> models.Q:
    """A condition: the person behind `person` is one to whom `user` declared a tie in any of his cases (G3)."""
    declarations = model._meta.apps.get_model("volunteers", "ConflictDeclaration").objects
    return models.Q(**{f"{person}__in": declarations.filter(user=user, exists=True).values("application__person")})


def cared_for(model, user, *, person: str, district: str) -> models.Q:
    """A condition: the person behind `person` lives in a district of `user`'s, has sent an application and confirmed the
    contact, and `user` declared no tie to him. Asked of each row, so that one person's rows cost no look at all people."""
    sent = model._meta.apps.get_model("volunteers", "Application").objects.filter(
        person=models.OuterRef(person), submitted_at__isnull=False
    )
    here = access.within(user, "standing.view", district=district)
    return here & models.Q(models.Exists(sent.exclude(state__in=UNSEEN_BY_STAFF))) & ~tied(model, user, person)


class OfPersonQuerySet(models.QuerySet):
    """Rows that belong to a person and are visible with him."""

    def visible_to(self, user):
        return self.filter(person__in=self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user))


class ConfirmedQuerySet(OfPersonQuerySet):
    """Rows that one signs and another confirms, that count from day to day inclusive and that either may revoke."""

    def standing(self):
        """Not revoked; those that wait for the second person among them."""
        return self.filter(revoked_at=None)

    def in_force(self, on=None):
        """Confirmed, not revoked, and counting on the day `on` (default today)."""
        on = on or timezone.localdate()
        return self.standing().filter(confirmed_at__isnull=False, starts_on__lte=on, ends_on__gte=on)


class PolicyVersionQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__isnull=False)

    def in_force(self, role, on=None):
        """The version that holds for `role` on the day `on` (default today); None when there is none."""
        effective = self.published().filter(role=role, effective_from__lte=on or timezone.localdate())
        return effective.order_by("-effective_from", "-number").first()


class SupervisorAssignmentQuerySet(OfPersonQuerySet):
    def running(self, on=None):
        """Assignments on the day `on` (default today, inclusive), covers among them."""
        on = on or timezone.localdate()
        return self.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=on), starts_on__lte=on)

    def by_serving(self):
        """Those whose supervisor may still be one: his account works and one of his roles, in force now, reaches the
        mentor's district. Whoever lost his role supervises nobody from that moment."""
        grants = RoleGrant.objects.in_force().filter(
            models.Q(district=None) | models.Q(district=models.OuterRef("person__district")),
            user=models.OuterRef("supervisor"),
            role__in=access.PERMISSIONS["supervision.view"],
        )
        return self.filter(models.Exists(grants))


class ApprovalQuerySet(OfPersonQuerySet):
    def with_leaving(self):
        """Adds `left_on`: the day on which its holder left after it was decided, or None. Whoever leaves ends all that
        was decided before, also what begins later; what is decided afterwards counts anew."""
        left = self._exits().order_by().values("person").annotate(first=models.Min("left_on")).values("first")
        return self.annotate(left_on=models.Subquery(left))

    def kept(self):
        """Those that no exit has ended."""
        return self.filter(~models.Exists(self._exits()))

    def _exits(self):
        return self.model._meta.apps.get_model("volunteers", "ExitRecord").objects.filter(
            models.Q(recorded_at__gte=models.OuterRef("decision__confirmed_at"))
            | models.Q(left_on__gt=models.OuterRef("valid_from")),
            person=models.OuterRef("person"),
        )


class SuspensionQuerySet(OfPersonQuerySet):
    def open(self):
        """Neither lifted by two nor ended by leaving."""
        return self.filter(lifted_at=None, ended_in_exit_at=None)


class CheckQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff: those of the people in their districts; an interviewer: those of his cases that he verifies."""
        staff = cared_for(self.model, user, person="person", district="person__district")
        held = models.Q(application__interviewer=user, check_type__code="interview")
        held &= access.within(user, "interview.protocol", district="person__district")
        return self.filter(models.Q(person__user=user) | staff | held)


class EvidenceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; for staff the papers whose check type names one of their roles as a reader, in their districts; never
        those of somebody they declared a tie to."""
        readers = self.model._meta.apps.get_model("volunteers", "CheckType").objects.values_list("pk", "file_readers")
        readers = list(readers)
        seen = models.Q(evidence_of__person__user=user)
        for grant in user.grants:
            condition = models.Q(evidence_of__check_type__in=[pk for pk, roles in readers if grant.role in roles])
            if grant.district_id:
                condition &= models.Q(evidence_of__person__district=grant.district_id)
            own = models.Q(evidence_of__person__user=user)
            seen |= condition & ~own & ~tied(self.model, user, "evidence_of__person")
        return self.filter(seen, purged_at=None)


class RefereeRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects.visible_to(user)
        return self.filter(application__in=applications)


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff see those of the people they see; an endorser those of his organisations."""
        people = self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user)
        return self.filter(models.Q(person__in=people) | models.Q(pk__in=self.of_endorser(user).values("pk")))

    def of_endorser(self, user):
        """Of others who named an organisation that `user` speaks for and whose application has come in, with what he
        learns of them: whether the person `serves` or is `in_checks`. Those without an answer first."""
        get_model = self.model._meta.apps.get_model
        cases = get_model("volunteers", "Application").objects.filter(
            person=models.OuterRef("person"), submitted_at__isnull=False
        )
        cases = cases.exclude(state__in=UNSEEN_BY_STAFF)
        rows = self.filter(models.Exists(cases), organisation__endorser=user, organisation__is_active=True).exclude(
            person__user=user
        )
        people = get_model("volunteers", "Person").objects.annotate(
            serves=models.Exists(get_model("volunteers", "Person").objects.serving().filter(pk=models.OuterRef("pk"))),
            in_checks=models.Exists(
                get_model("volunteers", "Application").objects.open().filter(person=models.OuterRef("pk"))
            ),
        )
        answered = models.Q(confirmed_at__isnull=False) | models.Q(refused_at__isnull=False)
        return (
            rows.annotate(answered=models.ExpressionWrapper(answered, models.BooleanField()))
            .select_related("organisation")
            .prefetch_related(models.Prefetch("person", people))
            .order_by("answered", "person__family_name", "person__given_name", "pk")
        )


class OrganisationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Organisations are no secret: an applicant chooses his from the list."""
        return self.filter(is_active=True) if user.is_authenticated else self.none()

    def to_arrange(self, user):
        """Those for which `user` names who speaks for them."""
        return self.filter(access.within(user, "organisation.name_endorser", district="district"), is_active=True)


class OfDistrictQuerySet(models.QuerySet):
    """Rows with a `district`, for those who work there. `permission` is that of the desk that keeps them."""

    PERMISSIONS = {
        "Interest": "interest.view",
        "Invitation": "invitation.send",
        "TrainingMeeting": "training.record",
    }

    def visible_to(self, user):
        return self.filter(access.within(user, self.PERMISSIONS[self.model.__name__], district="district"))


class AppealQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff who may decide appeals, without those of cases they decided, are the subject of, or are tied to."""
        here = access.within(user, "appeal.decide", district="decision__application__person__district")
        own = models.Q(decision__application__person__user=user)
        people = self.model._meta.apps.get_model("volunteers", "ConflictDeclaration").objects
        ties = people.filter(user=user, exists=True).values("application__person")
        took_part = models.Q(first_proposed_by=user) | models.Q(first_confirmed_by=user)
        took_part |= models.Q(decision__closed_by=user)
        return self.filter(here & ~own & ~took_part).exclude(decision__application__person__in=ties)


class ConcernQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The safeguarding lead's register; never one about oneself, or about somebody to whom he declared a tie."""
        here = access.within(user, "concern.read", district="person__district")
        return self.filter(here & ~tied(self.model, user, "person")).exclude(person__user=user)

    def open(self):
        return self.filter(closed_at=None)


class DoNotEngageQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The whole list for a safeguarding lead of the oblast; never the entry about oneself."""
        here = access.within(user, "do_not_engage.decide")
        own = self.model._meta.apps.get_model("volunteers", "Person").objects.filter(user=user)
        return self.filter(here).exclude(iin_hash__in=own.exclude(iin_hash=None).values("iin_hash"))

    def listed(self):
        """Entries that nobody has lifted, those that wait for the second person among them."""
        return self.filter(lifted_at=None)

    def in_force(self):
        """Confirmed by a second person and not lifted by two."""
        return self.listed().filter(confirmed_at__isnull=False)


class TrainingMeetingQuerySet(OfDistrictQuerySet):
    def with_taken(self):
        """Adds `taken`, the number of places that somebody holds."""
        return self.annotate(taken=models.Count("places", filter=models.Q(places__given_up_at=None)))

    def coming(self, now=None):
        """What applicants and mentors may come to, wherever it is held."""
        return self.filter(starts_at__gt=now or timezone.now(), cancelled_at=None)

    def nearest_first(self, now=None):
        """What lies ahead, the next one first; then what is over, the last one first."""
        over = models.Q(starts_at__lte=now or timezone.now())
        ahead = models.Case(models.When(over, then=None), default="starts_at", output_field=models.DateTimeField())
        return self.order_by(models.OrderBy(ahead, nulls_last=True), "-starts_at", "-pk")


class TrainingPlaceQuerySet(OfPersonQuerySet):
    def holding(self):
        return self.filter(given_up_at=None)
