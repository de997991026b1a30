from __future__ import annotations

from django.db import models

from volunteers.models import Person


class ProfileQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff see the profiles of the people they see."""
        return self.filter(person__in=Person.objects.visible_to(user))
