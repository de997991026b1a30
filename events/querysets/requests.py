from __future__ import annotations

from django.db import models

from events.states import UNPLANNED, RequestState
from portal import access


class SessionRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Staff: those of their districts or school. A draft is the school's alone."""
        mine = access.within(user, "request.view", district="school__district", school="school")
        writes = access.within(user, "request.write", district="school__district", school="school")
        return self.filter(mine).filter(~models.Q(state=RequestState.DRAFT) | writes)

    def written_for(self, user):
        """Those of the schools whose contact person `user` is, drafts with them."""
        return self.filter(access.within(user, "request.write", district="school__district", school="school"))

    def unplanned(self):
        return self.filter(state__in=UNPLANNED)

    def for_rows(self):
        return self.select_related("school__district", "topic", "language", "owner").prefetch_related("windows")


class OfRequestQuerySet(models.QuerySet):
    def visible_to(self, user):
        requests = self.model._meta.apps.get_model("events", "SessionRequest").objects.visible_to(user)
        return self.filter(request__in=requests)
