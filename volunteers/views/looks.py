"""One's own record: who looked at it."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.views.generic import ListView

from portal.staff import NearestPage
from volunteers.models import CheckEvidence, Person
from volunteers.services.traces import looks_told


class MyLooks(NearestPage, ListView):
    """When others looked at his papers and answers, in which role, and at what; no names, and nothing of concerns, holds
    and the do-not-engage list (`traces.TOLD`): he must not learn here that there is one. 404 for whoever has no record."""

    paginate_by = 25
    template_name = "volunteers/looks.html"

    def get_queryset(self):
        return looks_told(get_object_or_404(Person, user=self.request.user))

    def get_context_data(self, **kwargs):
        """Names the paper beside each look at one."""
        context = super().get_context_data(**kwargs)
        looks = list(context["object_list"])
        shown = [look.object_id for look in looks if look.action == "evidence"]
        papers = CheckEvidence.objects.filter(pk__in=shown).select_related("evidence_of__check_type")
        names = {str(paper.pk): paper.evidence_of.check_type.name for paper in papers}
        return context | {
            "looks": [(look, names.get(look.object_id, "") if look.action == "evidence" else "") for look in looks]
        }
