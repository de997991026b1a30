"""Who looks after somebody, and what keeps him away."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import access
from portal.models import RoleGrant

from .people import OfPersonQuerySet, tied


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


class SuspensionQuerySet(OfPersonQuerySet):
    def open(self):
        """Neither lifted by two nor ended by leaving."""
        return self.filter(lifted_at=None, ended_in_exit_at=None)


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
