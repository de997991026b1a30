"""What follows from visits, in the demonstration: feedback of both sides, a correction, closed months, a certificate, work
outside sessions, and a visit that Nurlan cancelled close to its day."""

from __future__ import annotations

from datetime import date, time, timedelta

from django.utils import timezone

from events import services
from events.models import Booking, WorkEntry
from events.services.hours import month_of
from events.states import BookingState
from portal.models import Topic, User
from volunteers.models import Person

from .cast import Cast
from .sessions import make_session, teaching_days

WORDS = [
    ("school", 4, "Балалар көп сұрақ қойды, уақыт жетпей қалды."),
    ("school", 3, ""),
    ("school", 2, "Микрофон жұмыс істемеді, соңғы қатарға естілмеді."),
    ("mentor", 4, "Сынып өте белсенді болды."),
    ("mentor", 3, ""),
    ("mentor", 3, "Проектор дайын болмады."),
]


def make_hours(cast: Cast) -> None:
    """Runs after the visits of the last months were made."""
    visits = list(
        Booking.objects.filter(person=cast.nurlan, state=BookingState.COMPLETED)
        .select_related("session__school")
        .order_by("-starts_at")
    )
    in_own_school = [visit for visit in visits if visit.session.school_id == cast.school.pk]
    for visit, (side, mark, text) in zip((in_own_school * 3)[:3] + visits[:3], WORDS, strict=False):
        _say(cast, visit, side, mark, text)
    in_taraz = [visit for visit in visits if visit.session.school.district_id == cast.taraz.pk]
    services.correct_hours(booking=in_taraz[-1], by=cast.aigul, minutes=30, reason="Сабақ ерте аяқталды")
    _close(cast, month_of(timezone.localdate()))
    last_day = timezone.localdate() - timedelta(days=1)
    services.issue_certificate(by=cast.nurlan.user, first_day=last_day - timedelta(days=180), last_day=last_day)
    _work(cast)
    _cancelled_late(cast)


def _work(cast: Cast) -> None:
    """Of Nurlan: what counts, what does not, what waits; of Yerbol what waits."""
    noted = [
        _note(cast.nurlan, 12, 90, "preparing", "Алаяқтық туралы сабаққа слайдтар дайындадым"),
        _note(cast.nurlan, 9, 45, "other", "Мектепке бардым"),
        _note(cast.nurlan, 3, 120, "event", "Тәлімгерлер күнінде орындықтарды қойып, қонақтарды қарсы алдым"),
        _note(cast.yerbol, 5, 60, "training", "Жаңа тәлімгерлермен кездесу"),
    ]
    services.confirm_work(entry=noted[0], by=cast.aigul)
    services.decline_work(entry=noted[1], by=cast.aigul, reason="Бұл сапар сағаттарда есептелді.")


def _note(person: Person, days_ago: int, minutes: int, kind: str, note: str) -> WorkEntry:
    day = timezone.localdate() - timedelta(days=days_ago)
    return services.note_work(by=person.user, day=day, minutes=minutes, kind=kind, note=note)


def _say(cast: Cast, visit: Booking, side: str, mark: int, text: str) -> None:
    by: User = cast.gulnara if side == "school" else cast.nurlan.user
    services.give_feedback(booking=visit, by=by, mark=mark, prepared=mark > 2, again=True, text=text)


def _close(cast: Cast, this_month: date) -> None:
    """The two months before the last one, in Taraz."""
    last = month_of(this_month - timedelta(days=1))
    for month in (month_of(last - timedelta(days=1)), month_of(last - timedelta(days=40))):
        services.close_month(month=month, district=cast.taraz, by=cast.aigul)


def _cancelled_late(cast: Cast) -> None:
    day = teaching_days(timezone.localdate() - timedelta(days=60), 40)[0]
    session = make_session(cast, cast.school, Topic.objects.exclude(parent=None)[0], day, time(15))
    Booking.objects.create(
        session=session,
        person=cast.nurlan,
        seat_no=1,
        state=BookingState.CANCELLED_BY_MENTOR,
        state_since=session.starts_at - timedelta(hours=20),
        reason="Суық тиіп қалдым.",
        starts_at=session.starts_at,
        ends_at=session.ends_at,
        confirmed_version=1,
    )
