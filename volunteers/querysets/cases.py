"""Applications and what is decided about them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Cast, Concat, Substr, Upper
from django.utils import timezone

from portal import access
from volunteers.states import OPEN, UNSEEN_BY_STAFF

from .people import OfPersonQuerySet, tied


def coded(rows):
    """With `coded`: the code of each row (`Coded.code`), for a look from rows that name it."""
    head = Upper(Substr(Cast("uuid", models.CharField()), 1, 8))
    return rows.order_by().annotate(coded=Concat(models.Value(f"{rows.model.CODE_PREFIX}-"), head))


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


class RefereeRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects.visible_to(user)
        return self.filter(application__in=applications)


class PolicyVersionQuerySet(models.QuerySet):
    def published(self):
        return self.filter(published_at__isnull=False)

    def in_force(self, role, on=None):
        """The version that holds for `role` on the day `on` (default today); None when there is none."""
        effective = self.published().filter(role=role, effective_from__lte=on or timezone.localdate())
        return effective.order_by("-effective_from", "-number").first()


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
        """Asks for the decision only of somebody who left: few do."""
        get_model = self.model._meta.apps.get_model
        decisions = get_model("volunteers", "Decision").objects.order_by()
        decision = decisions.filter(pk=models.OuterRef(models.OuterRef("decision")))
        return get_model("volunteers", "ExitRecord").objects.filter(
            models.Q(left_on__gt=models.OuterRef("valid_from"))
            | models.Q(recorded_at__gte=models.Subquery(decision.values("confirmed_at"))),
            person=models.OuterRef("person"),
        )


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
