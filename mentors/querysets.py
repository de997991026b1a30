from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal import access
from volunteers.models import Approval, Person, SupervisorAssignment
from volunteers.querysets import cared_for


class ProfileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff see the profiles of the people they see."""
        return self.filter(person__in=Person.objects.visible_to(user))


class CheckInQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see the check-ins of the people they see, a supervisor those of the mentors he looks after now."""
        return self.filter(person__in=looked_after_by(user))


def looked_after_by(user):
    """The people whom `user` sees on the board: those of his districts, and the mentors he supervises or stands in for
    now; never himself."""
    mine = SupervisorAssignment.objects.running().by_serving().filter(supervisor=user).values("person")
    in_sight = cared_for(Person, user, person="pk", district="district")
    return Person.objects.filter(in_sight | models.Q(pk__in=mine)).exclude(user=user)


def on_the_board(user, check_ins, on=None):
    """Those of `looked_after_by` who serve on the day `on`, with `begun` (first day of this service), `held` and `due` (the
    last check-in since then and until when the next is due, None where there was none) and `alone` (no supervisor)."""
    on = on or timezone.localdate()
    kept = Approval.objects.kept().filter(person=models.OuterRef("pk")).order_by("valid_from").values("valid_from")
    newest = check_ins.filter(person=models.OuterRef("pk"), held_on__gte=models.OuterRef("begun"))
    newest = newest.order_by("-held_on", "-pk")
    running = SupervisorAssignment.objects.running(on).by_serving()
    people = (
        looked_after_by(user)
        .serving(on)
        .annotate(
            begun=models.Subquery(kept[:1]),
            held=models.Subquery(newest.values("held_on")[:1]),
            due=models.Subquery(newest.values("next_due")[:1]),
            alone=~models.Exists(running.filter(person=models.OuterRef("pk"))),
        )
    )
    supervision = models.Prefetch(
        "supervision", running.select_related("supervisor").order_by("cover_for", "pk"), to_attr="supervised_by"
    )
    return people.select_related("district").prefetch_related(supervision)


def overdue(people, on=None):
    """Of `on_the_board` those with whom a talk is overdue on the day `on` (default today)."""
    on = on or timezone.localdate()
    first = timedelta(days=settings.PROGRAMME["check_in_days"]["first_month"])
    return people.filter(models.Q(due__lt=on) | models.Q(due=None, begun__lt=on - first))


class OfPersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff see those of the people they see."""
        return self.filter(person__in=Person.objects.visible_to(user))


class ExclusionQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff of the mentors' districts, and never the one whom it is about."""
        mine = access.within(user, "exclusion.manage", district="person__district")
        return self.filter(mine).exclude(person__user=user).exclude(other__user=user)

    def in_force(self):
        return self.filter(ended_at=None)

    def about(self, ids):
        """Those that name one of these people, on either side."""
        return self.in_force().filter(models.Q(person__in=ids) | models.Q(other__in=ids))
