from __future__ import annotations

from django import template
from django.utils import timezone

from events.certificates import hours_text
from events.services.reliability import facts_of
from portal import access

register = template.Library()


@register.filter
def as_hours(minutes: int) -> str:
    """Minutes as hours and minutes, in words."""
    return hours_text(minutes)


@register.inclusion_tag("events/_reliability.html")
def reliability(person, user):
    """What is known of how dependable a mentor is, for whoever may read it; nothing for anybody else."""
    if not access.allows(user, "reliability.view", person.reach):
        return {}
    return {"person": person, "facts": facts_of(person, timezone.now())}
