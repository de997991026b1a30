from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from portal import access
from volunteers.models import Approval, Person, SupervisorAssignment
from volunteers.querysets import cared_for, tied


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
    return _reached(user, cared_for(Person, user, person="pk", district="district"))


def on_the_board(user, on=None):
    """Those of `looked_after_by` who serve on the day `on` (default today), those without a supervisor first. Whoever was
    approved has sent an application: with thousands of them that is not asked again."""
    on = on or timezone.localdate()
    here = access.within(user, "standing.view", district="district") & ~tied(Person, user, "pk")
    looked_after = SupervisorAssignment.objects.running(on).by_serving().values("person")
    alone = models.ExpressionWrapper(~models.Q(pk__in=looked_after), models.BooleanField())
    people = _reached(user, here).serving(on).annotate(alone=alone)
    return people.order_by("-alone", "family_name", "given_name", "pk")


def _reached(user, here):
    """People for whom the condition `here` holds, or whom `user` looks after by name; never himself."""
    may_still = access.within(user, "supervision.view", district="person__district")  # `by_serving`, of him alone
    mine = SupervisorAssignment.objects.running().filter(may_still, supervisor=user).values("person")
    own = Person.objects.filter(user=user).values("pk")
    return Person.objects.filter(~models.Q(pk__in=own) & (here | models.Q(pk__in=mine)))


def with_talks(people, check_ins, on=None):
    """Adds `begun` (first day of this service), `held` and `due` (the last check-in since then and until when the next is
    due, None where there was none) and `supervised_by` (who looks after him on the day `on`, default today)."""
    kept = Approval.objects.kept().filter(person=models.OuterRef("pk")).order_by("valid_from").values("valid_from")
    newest = check_ins.filter(person=models.OuterRef("pk"), held_on__gte=models.OuterRef("begun"))
    newest = newest.order_by("-held_on", "-pk")
    running = SupervisorAssignment.objects.running(on).by_serving().select_related("supervisor")
    return (
        people.annotate(
            begun=models.Subquery(kept[:1]),
            held=models.Subquery(newest.values("held_on")[:1]),
            due=models.Subquery(newest.values("next_due")[:1]),
        )
        .select_related("district")
        .prefetch_related(models.Prefetch("supervision", running.order_by("cover_for", "pk"), to_attr="supervised_by"))
    )


def overdue(people, check_ins, on=None):
    """Of people who serve those with whom a talk is overdue on the day `on` (default today): the next one is due since the
    last talk of this service, or the first one since it began. What is left out are two sets, and not a question to each."""
    on = on or timezone.localdate()
    first_month = on - timedelta(days=settings.PROGRAMME["check_in_days"]["first_month"])
    kept, of_person = Approval.objects.kept().order_by(), {"person": models.OuterRef("person")}
    of_service = check_ins.order_by().filter(
        models.Exists(kept.filter(**of_person, valid_from__lte=models.OuterRef("held_on")))
    )
    same_day = models.Q(held_on=models.OuterRef("held_on"), pk__gt=models.OuterRef("pk"))
    newer = check_ins.order_by().filter(models.Q(held_on__gt=models.OuterRef("held_on")) | same_day, **of_person)
    in_time = of_service.filter(~models.Exists(newer), next_due__gte=on)
    before = kept.filter(**of_person, valid_from__lt=first_month)
    new = kept.filter(~models.Exists(before), valid_from__gte=first_month)
    new = new.exclude(person__in=of_service.values("person"))
    return people.exclude(pk__in=in_time.values("person")).exclude(pk__in=new.values("person"))


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
