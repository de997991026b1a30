from __future__ import annotations

from django.db import models

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
        return self.filter(models.Q(user=user) | models.Q(staff & models.Q(sent)))

    def to_train(self, user):
        """Whom `user` may train: in his districts, in checks or approved, and not himself."""
        here = access.within(user, "training.record", district="district")
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects
        return self.filter(here, pk__in=applications.filter(state__in=TRAINABLE).values("person")).exclude(user=user)


class ApplicationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; for staff those of their districts once the contact is confirmed; for an interviewer his cases."""
        staff = access.within(user, "application.view", district="person__district")
        seen = ~models.Q(state__in=UNSEEN_BY_STAFF) & models.Q(submitted_at__isnull=False)
        assigned = models.Q(interviewer=user) & seen
        return self.filter(models.Q(person__user=user) | (staff & seen & ~models.Q(person__user=user)) | assigned)

    def open(self):
        return self.filter(state__in=OPEN)


class OfPersonQuerySet(models.QuerySet):
    """Rows that belong to a person and are visible with him."""

    def visible_to(self, user):
        return self.filter(person__in=self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user))


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
