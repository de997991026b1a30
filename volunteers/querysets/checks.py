"""The dated records and their papers."""

from __future__ import annotations

from django.db import models

from portal import access

from .people import cared_for, tied


class CheckQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff: those of the people in their districts; an interviewer: those of his cases that he verifies."""
        staff = cared_for(self.model, user, person="person", district="person__district")
        held = models.Q(application__interviewer=user, check_type__code="interview")
        held &= access.within(user, "interview.protocol", district="person__district")
        return self.filter(models.Q(person__user=user) | staff | held)


class EvidenceQuerySet(models.QuerySet):
    def visible_to(self, user, check_types=None):
        """One's own; for staff the papers whose check type names one of their roles as a reader, in their districts; never
        those of somebody they declared a tie to. `check_types`, where the caller has loaded those that he asks about,
        leave out the papers of all others."""
        if check_types is None:
            check_types = self.model._meta.apps.get_model("volunteers", "CheckType").objects.only("file_readers")
        readers = [(check_type.pk, check_type.file_readers) for check_type in check_types]
        seen = models.Q(evidence_of__person__user=user)
        for grant in user.grants:
            condition = models.Q(evidence_of__check_type__in=[pk for pk, roles in readers if grant.role in roles])
            if grant.district_id:
                condition &= models.Q(evidence_of__person__district=grant.district_id)
            own = models.Q(evidence_of__person__user=user)
            seen |= condition & ~own & ~tied(self.model, user, "evidence_of__person")
        return self.filter(seen, purged_at=None)
