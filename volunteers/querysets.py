from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import access
from volunteers.states import OPEN, TRAINABLE, UNSEEN_BY_STAFF


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oneself, and for staff the people of their districts who have sent an application and confirmed the contact."""
        sent = models.Exists(
            self.model._meta.apps.get_model("volunteers", "Application")
            .objects.filter(person=models.OuterRef("pk"), submitted_at__isnull=False)
            .exclude(state__in=UNSEEN_BY_STAFF)
        )
        staff = access.within(user, "standing.view", district="district")
        staff &= models.Q(sent) & ~tied(self.model, user, "pk")
        return self.filter(models.Q(user=user) | models.Q(staff))

    def to_train(self, user):
        """Whom `user` may train: in his districts, in checks or approved, and not himself."""
        here = access.within(user, "training.record", district="district")
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects
        return self.filter(here, pk__in=applications.filter(state__in=TRAINABLE).values("person")).exclude(user=user)


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; for staff those of their districts once the contact is confirmed, and the drafts they type for
        somebody; for an interviewer his cases. Nobody sees a case of somebody he declared a tie to."""
        staff = access.within(user, "application.view", district="person__district")
        seen = ~models.Q(state__in=UNSEEN_BY_STAFF) & models.Q(submitted_at__isnull=False)
        typed = models.Q(assisted_by=user) & access.within(user, "application.assist", district="person__district")
        worked_on = (staff & seen) | (models.Q(interviewer=user) & seen) | typed
        others = ~models.Q(person__user=user) & ~tied(self.model, user, "person")
        return self.filter(models.Q(person__user=user) | (worked_on & others))

    def open(self):
        return self.filter(state__in=OPEN)


def tied(model, user, person: str) -> models.Q:
    """A condition: the person behind `person` is one to whom `user` declared a tie in any of his cases (G3)."""
    declarations = model._meta.apps.get_model("volunteers", "ConflictDeclaration").objects
    return models.Q(**{f"{person}__in": declarations.filter(user=user, exists=True).values("application__person")})


class OfPersonQuerySet(models.QuerySet):
    """Rows that belong to a person and are visible with him."""

    def visible_to(self, user):
        return self.filter(person__in=self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user))


class SupervisorAssignmentQuerySet(OfPersonQuerySet):
    def running(self, on=None):
        """Assignments on the day `on` (default today, inclusive), covers among them."""
        on = on or timezone.localdate()
        return self.filter(models.Q(ends_on=None) | models.Q(ends_on__gte=on), starts_on__lte=on)


class CheckQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff: those of the people in their districts; an interviewer: those of his cases that he verifies."""
        people = self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user)
        return self.filter(
            models.Q(person__in=people) | models.Q(application__interviewer=user, check_type__code="interview")
        )


class EvidenceQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; for staff the papers whose check type names one of their roles as a reader, in their districts."""
        readers = self.model._meta.apps.get_model("volunteers", "CheckType").objects.values_list("pk", "file_readers")
        readers = list(readers)
        seen = models.Q(evidence_of__person__user=user)
        for grant in user.grants:
            condition = models.Q(evidence_of__check_type__in=[pk for pk, roles in readers if grant.role in roles])
            if grant.district_id:
                condition &= models.Q(evidence_of__person__district=grant.district_id)
            seen |= condition & ~models.Q(evidence_of__person__user=user)
        return self.filter(seen, purged_at=None)


class RefereeRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects.visible_to(user)
        return self.filter(application__in=applications)


class OrganisationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Organisations are no secret: an applicant chooses his from the list."""
        return self.filter(is_active=True) if user.is_authenticated else self.none()


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
        return self.filter(here & ~own & ~took_part).exclude(decision__application__person__in=ties)


class ConcernQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The safeguarding lead's register; never one about oneself."""
        here = access.within(user, "concern.read", district="person__district")
        return self.filter(here).exclude(person__user=user)

    def open(self):
        return self.filter(closed_at=None)
