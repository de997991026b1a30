"""What a coordinator plans: a series, a template, days without lessons, and a session that was moved."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import uuid4

from django.utils import timezone

from events import services
from events.services.batches import days_of
from events.services.session_templates import template_from
from portal.management.demo.cast import Cast
from portal.management.demo.sessions import make_session, teaching_days
from portal.models import NonTeachingPeriod, Topic


def make_plans(cast: Cast) -> None:
    """A series of four visits at Gulnara's school, its plan as a template, two days of exams at another school, and a
    visit of Yerbol's whose time changed: he has yet to say whether he comes."""
    topic = Topic.objects.exclude(parent=None).order_by("pk")[1]
    soon = teaching_days(timezone.localdate() + timedelta(days=10), 6)
    begins = timezone.make_aware(datetime.combine(soon[0], time(16)))
    moved = make_session(cast, cast.school, topic, soon[0], time(16), seats_max=2)
    services.book(session=moved, by=cast.yerbol.user)
    later = {"starts_at": begins + timedelta(hours=1), "ends_at": begins + timedelta(hours=1, minutes=45)}
    services.change_session(session=moved, by=cast.aigul, values=later)
    _make_series(cast, moved)
    template = template_from(moved)
    template.title = f"{topic.name_kk}: бір сабақ"
    services.keep_template(template=template, by=cast.aigul)
    exams = NonTeachingPeriod(kind="exam", first_day=soon[4], last_day=soon[5], school=cast.other_school)
    services.keep_period(period=exams, by=cast.aigul)


def _make_series(cast: Cast, session) -> None:
    plan = type(session)(
        school=cast.school,
        topic=session.topic,
        grade=session.grade,
        group_size=24,
        language=session.language,
        starts_at=session.starts_at + timedelta(days=1),
        ends_at=session.ends_at + timedelta(days=1),
        seats_max=2,
    )
    days = [row.day for row in days_of(plan, weeks=1, count=4, move_on=True) if row.ok]
    services.make_series(plan=plan, days=days, weeks=1, by=cast.aigul, key=uuid4(), at_once=True)
