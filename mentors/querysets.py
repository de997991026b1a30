from __future__ import annotations

from django.db import models

from volunteers.models import Person, SupervisorAssignment


class ProfileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff see the profiles of the people they see."""
        return self.filter(person__in=Person.objects.visible_to(user))


class CheckInQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff see the check-ins of the people they see, a supervisor those of the mentors he looks after now."""
        mine = Person.objects.filter(
            supervision__in=SupervisorAssignment.objects.running(), supervision__supervisor=user
        )
        people = Person.objects.visible_to(user).exclude(user=user)
        return self.filter(models.Q(person__in=people) | models.Q(person__in=mine))
