"""A published session is changed: time, place, places (I1, I4, I8, I9, I13, I16, I18; scenario 23)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from icalendar import Calendar

from events import services
from events.models import Booking, SessionRequest, WaitlistEntry
from events.services.reconfirming import report_silence
from events.states import BookingState
from mentors.models import Exclusion, Limits
from portal.management.demo import builders
from portal.models import Language, LogEntry, OutgoingMessage, School, StaffTask, Topic
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session

pytestmark = pytest.mark.django_db


def lesson(days: int = 0, hour: int = 10, minute: int = 0) -> datetime:
    return at(7 + days, hour, minute)


def planned(cast, **more):
    """A published session in a week, on whatever day that is: somebody wrote why."""
    return make_session(cast, **({"starts_at": lesson(), "calendar_reason": "Agreed"} | more))


@pytest.fixture
def session(cast):
    return planned(cast, seats_max=3)


@pytest.fixture
def booking(cast, session) -> Booking:
    return services.book(session=session, by=cast.nurlan.user)


def move(session, by, hour: int = 12, **more) -> services.Changed:
    begins = lesson(0, hour)
    values = {"starts_at": begins, "ends_at": begins + timedelta(minutes=45)} | more.pop("values", {})
    return services.change_session(session=session, by=by, values=values, **more)


def fresh(record):
    return type(record).objects.get(pk=record.pk)


def codes(caught) -> set[str]:
    return set(caught.value.codes)


def letters(name: str) -> int:
    return OutgoingMessage.objects.filter(letter=f"events/{name}").count()


def test_a_move_asks_everybody_again(cast, session, booking):
    other = services.book(session=session, by=cast.yerbol.user)
    changed = move(session, cast.aigul)
    assert (changed.sessions, changed.asked, changed.released) == (1, 2, 0)
    session = fresh(session)
    assert (session.version, session.ical_sequence) == (2, 1)
    for row in (fresh(booking), fresh(other)):
        assert (row.state, row.awaits_mentor) == (BookingState.RECONFIRM_NEEDED, True)
        assert (row.starts_at, row.ends_at) == (session.starts_at, session.ends_at)
    assert letters("session_changed") == 2
    assert letters("to_school_session_changed") == 1
    told = OutgoingMessage.objects.filter(letter="events/session_changed").values_list("text", flat=True)
    assert all(text.count("10:00") == 1 for text in told), list(told)  # when it was to begin, too


def test_the_calendar_keeps_its_identifier_and_counts_up(cast, session, booking):
    """I18: the same UID, a higher SEQUENCE, the new beginning in UTC."""

    def event(letter: str):
        (file,) = OutgoingMessage.objects.get(letter=f"events/{letter}").attachments
        assert "method=REQUEST" in file["mime"]
        return Calendar.from_ical(file["content"]).walk("VEVENT")[0]

    move(session, cast.aigul)
    before, after = event("booked"), event("session_changed")
    assert before["UID"] == after["UID"]
    assert after["SEQUENCE"] > before["SEQUENCE"]
    assert (
        after["DTSTART"].to_ical()
        == lesson(0, 12).astimezone(timezone.get_fixed_timezone(0)).strftime("%Y%m%dT%H%M%SZ").encode()
    )


def test_the_same_change_twice_is_one(cast, session, booking):
    move(session, cast.aigul)
    assert move(session, cast.aigul).sessions == 0
    assert fresh(session).version == 2
    assert letters("session_changed") == 1
    assert LogEntry.objects.filter(action="change").count() == 1


def test_an_old_form_does_not_move_it_back(cast, session):
    move(session, cast.aigul, 12, seen=1)
    with pytest.raises(Refused) as caught:
        move(session, cast.aigul, 14, seen=1)
    assert codes(caught) == {"changed_meanwhile"}


def test_a_change_of_the_class_is_told_and_the_visit_stands(cast, session, booking):
    services.change_session(session=session, by=cast.aigul, values={"group_size": 20, "notes_for_mentor": "Door 2"})
    assert fresh(booking).state == BookingState.CONFIRMED
    assert (fresh(session).version, fresh(session).ical_sequence) == (1, 1)
    assert letters("details_changed") == 1
    assert letters("session_changed") == letters("to_school_session_changed") == 0


def test_who_would_be_in_two_places_is_released(cast, session, booking):
    """I1: the clash is found before the database has to, and the coordinator gets a task."""
    services.book(session=planned(cast, starts_at=lesson(0, 12, 30)), by=cast.nurlan.user)
    services.book(session=session, by=cast.yerbol.user)
    changed = move(session, cast.aigul)
    assert (changed.asked, changed.released) == (1, 1)
    assert fresh(booking).state == BookingState.RELEASED
    assert fresh(booking).starts_at == lesson()  # as it was
    assert StaffTask.objects.get(kind=StaffTask.Kind.CLASH).about == booking.code
    assert letters("released_by_change") == 1
    (file,) = OutgoingMessage.objects.get(letter="events/released_by_change").attachments
    assert "method=CANCEL" in file["mime"]


def test_the_way_between_two_schools_counts(cast, session, booking):
    elsewhere = planned(cast, starts_at=lesson(0, 13), school=cast.other_school)
    services.book(session=elsewhere, by=cast.nurlan.user)
    assert move(session, cast.aigul).released == 1  # ends at 12:45, fifteen minutes before


def test_who_is_not_cleared_on_the_new_day_is_released(cast, session, booking):
    """I4: Nurlan's certificate ends before."""
    begins = lesson(21)
    assert begins.date() > timezone.localdate() + timedelta(days=20)
    values = {"starts_at": begins, "ends_at": begins + timedelta(minutes=45)}
    services.change_session(session=session, by=cast.aigul, values=values)
    assert fresh(booking).state == BookingState.REVOKED
    assert StaffTask.objects.filter(kind=StaffTask.Kind.BOOKING_RELEASED).count() == 1


def test_exclusions_and_caps_hold_for_a_changed_session(cast, session, booking):
    """I8, I9."""
    Exclusion.objects.create(person=cast.nurlan, kind="school", school=cast.other_school, created_by=cast.dana)
    other = services.book(session=session, by=cast.yerbol.user)
    Limits.objects.create(person=cast.yerbol, per_day=1)
    services.change_session(session=session, by=cast.aigul, values={"school": cast.other_school})
    assert fresh(booking).state == BookingState.RELEASED
    assert fresh(other).state == BookingState.RECONFIRM_NEEDED  # his one visit a day is this one


def test_a_cap_on_the_new_day(cast, session, booking):
    later = lesson(1)
    services.book(session=planned(cast, starts_at=later.replace(hour=15)), by=cast.nurlan.user)
    Limits.objects.create(person=cast.nurlan, per_day=1)
    values = {"starts_at": later, "ends_at": later + timedelta(minutes=45)}
    assert services.change_session(session=session, by=cast.aigul, values=values).released == 1


def test_who_does_not_speak_the_new_language_is_released(cast, session, booking):
    uzbek = Language.objects.exclude(code__in=["kk", "ru"]).first()
    assert services.change_session(session=session, by=cast.aigul, values={"language": uzbek}).released == 1


def test_another_school_names_its_own_adult(cast, session, booking):
    builders.make_user("kamila", "school_contact", school=cast.other_school)
    services.change_session(session=session, by=cast.aigul, values={"school": cast.other_school})
    assert fresh(session).school_adult_name == ""
    assert letters("to_school_session_elsewhere") == 1  # Gulnara's
    assert letters("to_school_session_changed") == 1  # Kamila's
    services.confirm_again(booking=booking, by=cast.nurlan.user)
    assert fresh(booking).state == BookingState.PENDING  # nobody is named yet


def test_i_still_come(cast, session, booking, sign_in):
    move(session, cast.aigul)
    nurlan = sign_in(cast.nurlan.user)
    for page in (f"/en/sessions/{session.uuid}/", "/en/my/bookings/"):
        assert 'data-testid="move-confirm_again"' in nurlan.get(page).content.decode()
    address = f"/en/bookings/{booking.uuid}/again/"
    assert nurlan.get(address).url == f"/en/sessions/{session.uuid}/"
    assert sign_in(cast.yerbol.user).post(address).status_code == 404
    for _click in range(2):
        assert nurlan.post(address).status_code == 302
    row = fresh(booking)
    assert (row.state, row.confirmed_version) == (BookingState.CONFIRMED, 2)
    assert LogEntry.objects.filter(action="confirm_again").count() == 1
    assert 'data-testid="move-confirm_again"' not in nurlan.get(f"/en/sessions/{session.uuid}/").content.decode()


def test_the_school_does_not_answer_for_the_mentor(cast, session, booking):
    move(session, cast.aigul)
    with pytest.raises(Refused) as caught:
        services.confirm_visit(booking=booking, by=cast.gulnara)
    assert codes(caught) == {"mentor_silent"}


def test_who_was_not_asked_has_nothing_to_answer(cast, session, booking):
    Booking.objects.filter(pk=booking.pk).update(state=BookingState.RECONFIRM_NEEDED)  # his partner left
    with pytest.raises(Refused) as caught:
        services.confirm_again(booking=booking, by=cast.nurlan.user)
    assert codes(caught) == {"not_asked"}


def test_no_answer_in_48_hours_is_seen_at_risk(cast, session, booking, sign_in):
    """Scenario 23."""
    move(session, cast.aigul)
    now = timezone.now()
    page = f"/en/staff/sessions/{session.uuid}/"
    report_silence(now + timedelta(hours=47))
    assert not StaffTask.objects.filter(kind=StaffTask.Kind.NOT_CONFIRMED_AGAIN).exists()
    for _run in range(2):
        report_silence(now + timedelta(hours=49))
    task = StaffTask.objects.get(kind=StaffTask.Kind.NOT_CONFIRMED_AGAIN)
    assert (task.about, task.district) == (booking.code, cast.taraz)
    Booking.objects.update(state_since=now - timedelta(hours=49))
    aigul = sign_in(cast.aigul)
    assert 'data-code="not_confirmed_again"' in aigul.get(page).content.decode()
    assert 'data-testid="move-release"' in aigul.get(page).content.decode()
    assert 'data-testid="move-release"' not in sign_in(cast.gulnara).get("/en/school/").content.decode()
    release = f"/en/staff/visits/{booking.uuid}/release/"
    aigul.post(release, {"reason": " "})
    assert fresh(booking).state == BookingState.RECONFIRM_NEEDED
    for user in (cast.gulnara, cast.bolat, cast.dana):
        assert sign_in(user).post(release, {"reason": "x"}).status_code in {403, 404}
    for _click in range(2):
        assert aigul.post(release, {"reason": "No answer"}).status_code == 302
    assert fresh(booking).state == BookingState.RELEASED
    assert fresh(task).done_at
    assert letters("booking_cancelled") == 1


def test_an_answer_settles_the_task(cast, session, booking):
    move(session, cast.aigul)
    report_silence(timezone.now() + timedelta(hours=49))
    services.confirm_again(booking=booking, by=cast.nurlan.user)
    assert StaffTask.objects.get(kind=StaffTask.Kind.NOT_CONFIRMED_AGAIN).done_at
    report_silence(timezone.now() + timedelta(hours=60))
    assert StaffTask.objects.filter(kind=StaffTask.Kind.NOT_CONFIRMED_AGAIN).count() == 1


def test_silence_shortly_before_the_session_is_reported_at_once(cast, session, booking):
    move(session, cast.aigul)
    assert report_silence(lesson(0, 12) - timedelta(hours=23)) == 1


def test_fewer_places_than_mentors_are_refused(cast, session, booking, sign_in):
    """I13."""
    other = services.book(session=session, by=cast.yerbol.user)
    with pytest.raises(Refused) as caught:
        services.change_session(session=session, by=cast.aigul, values={"seats_max": 1})
    assert codes(caught) == {"below_bookings"}
    with pytest.raises(Refused) as caught:
        services.change_session(session=session, by=cast.aigul, values={"seats_max": 1}, release=[other])
    assert codes(caught) == {"reason_missing"}
    plan = {"seats_max": 1, "adults_min": 2}
    changed = services.change_session(session=session, by=cast.aigul, values=plan, release=[other], reason="Small room")
    assert (changed.asked, changed.released) == (0, 1)
    assert fresh(other).state == BookingState.CANCELLED_BY_COORDINATOR
    assert fresh(booking).state == BookingState.CONFIRMED
    assert fresh(session).seats_max == 1


def test_more_places_are_offered_to_who_waits(cast):
    """Scenario 17, seen from the change."""
    session = planned(cast)
    services.book(session=session, by=cast.yerbol.user)
    entry = WaitlistEntry.objects.create(session=session, person=cast.nurlan)
    services.change_session(session=session, by=cast.aigul, values={"seats_max": 2})
    assert fresh(entry).state == "offered"


def test_two_sessions_change_places(cast, session, booking):
    """The mentor's later visit moves away first, then the earlier one into its time: no constraint is hurt."""
    second = planned(cast, starts_at=lesson(0, 15))
    services.book(session=second, by=cast.nurlan.user)
    move(second, cast.aigul, 17)
    move(session, cast.aigul, 15)
    assert Booking.objects.holding().filter(person=cast.nurlan).count() == 2


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"starts_at": at(-3), "ends_at": at(-3, 11)}, "past"),
        ({"ends_at": at(7, 1)}, "order"),
        ({"group_size": 0}, "group_size"),
        ({"group_size": 900}, "group_size"),
        ({"grade": 15}, "topic_grade"),
        ({"seats_max": 11}, "seats"),
        ({"adults_min": 1}, "adults"),
        ({"closes_at": at(300)}, "booking_window"),
        ({"starts_at": at(700), "ends_at": at(700, 11)}, "too_far"),
    ],
)
def test_what_cannot_be_changes_nothing(cast, session, booking, values, code):
    before = fresh(session)
    with pytest.raises(Refused) as caught:
        services.change_session(session=session, by=cast.aigul, values=values)
    assert code in codes(caught)
    assert fresh(session).version == before.version
    assert fresh(booking).state == BookingState.CONFIRMED
    assert letters("session_changed") == 0


def test_what_has_begun_is_not_changed(cast):
    session = make_session(cast, starts_at=at(-1))
    with pytest.raises(Refused) as caught:
        move(session, cast.aigul)
    assert "past" in codes(caught)
    closed = make_session(cast, starts_at=at(-5), state="closed")
    with pytest.raises(Refused) as caught:
        move(closed, cast.aigul)
    assert codes(caught) == {"wrong_state"}


def test_who_may_change(cast, session):
    for user in (cast.gulnara, cast.dana, cast.nurlan.user):
        with pytest.raises(NotAllowed):
            move(session, user)
    with pytest.raises(type(session).DoesNotExist):
        move(session, cast.bolat)
    with pytest.raises(NotAllowed):
        services.change_session(session=session, by=cast.aigul, values={"school": cast.far_school})


def test_what_a_school_asked_for_stays_there(cast, session):
    asked = SessionRequest.objects.create(
        school=cast.school, topic=session.topic, grade=7, group_size=20, language=session.language, state="scheduled",
        created_by=cast.gulnara,
    )  # fmt: skip
    type(session).objects.filter(pk=session.pk).update(request=asked)
    with pytest.raises(Refused) as caught:
        services.change_session(session=session, by=cast.aigul, values={"school": cast.other_school})
    assert codes(caught) == {"of_a_request"}


def typed(session, **more) -> dict:
    """What the form of the change posts."""
    begins, ends = timezone.localtime(session.starts_at), timezone.localtime(session.ends_at)
    return {
        "seen": session.version,
        "school": session.school_id,
        "topic": session.topic_id,
        "grade": session.grade,
        "group_size": session.group_size,
        "language": session.language_id,
        "day": begins.date().isoformat(),
        "starts": f"{begins:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "seats_min": session.seats_min,
        "seats_max": session.seats_max,
        "adults_min": session.adults_min,
        "calendar_reason": "Agreed",
    } | more


def test_the_page_of_the_change(cast, session, booking, sign_in):
    aigul, page = sign_in(cast.aigul), f"/en/staff/sessions/{session.uuid}/change/"
    assert 'data-testid="move-change"' in aigul.get(f"/en/staff/sessions/{session.uuid}/").content.decode()
    shown = aigul.get(page)
    assert 'value="10:00"' in shown.content.decode()
    assert 'data-testid="holders"' in shown.content.decode()
    response = aigul.post(page, typed(session, starts="12:00", ends="12:45"))
    assert response.url == f"/en/staff/sessions/{session.uuid}/"
    timeline = aigul.get(response.url).content.decode()
    assert 'data-testid="log-details"' in timeline
    assert "10:00 → " in timeline
    assert aigul.post(page, typed(session, starts="12:00", ends="12:45")).status_code == 302  # again: nothing happens
    assert letters("session_changed") == 1


def test_errors_keep_what_was_typed(cast, session, booking, sign_in):
    aigul, page = sign_in(cast.aigul), f"/en/staff/sessions/{session.uuid}/change/"
    response = aigul.post(page, typed(session, group_size=900, notes_for_mentor="Door 2"))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"group_size"}
    assert "Door 2" in response.content.decode()
    services.book(session=session, by=cast.yerbol.user)
    response = aigul.post(page, typed(session, seats_max=1, notes_for_mentor="Door 3"))
    assert response.status_code == 422
    assert 'data-code="below_bookings"' in response.content.decode()
    assert "Door 3" in response.content.decode()
    response = aigul.post(page, typed(session, seats_max=1, release=[booking.pk]))
    assert set(response.context["form"].errors) == {"reason"}
    response = aigul.post(page, typed(session, seats_max=1, release=[booking.pk], reason="Small room"))
    assert response.status_code == 302
    assert fresh(booking).state == BookingState.CANCELLED_BY_COORDINATOR


def test_crafted_posts(cast, session, sign_in):
    page = f"/en/staff/sessions/{session.uuid}/change/"
    foreign = services.book(session=planned(cast, starts_at=lesson(0, 15)), by=cast.yerbol.user)
    aigul = sign_in(cast.aigul)
    for bad in (
        {"school": cast.far_school.pk},
        {"release": [foreign.pk], "reason": "x"},
        {"seen": "x"},
        {"scope": "following", "day": "2026-02-30"},
        {"topic": Topic.objects.order_by("-pk")[0].pk + 1},
        {"starts": "\x00"},
    ):
        assert aigul.post(page, typed(session, **bad)).status_code == (302 if "release" in bad else 422), bad
    assert fresh(foreign).holds
    for user in (cast.gulnara, cast.dana, cast.nurlan.user, cast.raushan, cast.root):
        assert sign_in(user).get(page).status_code == 403
        assert sign_in(user).post(page, typed(session, starts="12:00", ends="12:45")).status_code == 403
    assert sign_in(cast.bolat).get(page).status_code == 404
    assert fresh(session).version == 1


def test_a_clone_begins_with_the_same_plan(cast, session, sign_in):
    aigul, page = sign_in(cast.aigul), f"/en/staff/sessions/{session.uuid}/clone/"
    form = aigul.get(page).context["form"]
    assert form["grade"].value() == session.grade
    assert form["day"].value() == session.day + timedelta(weeks=1)
    response = aigul.post(page, typed(session, starts="15:00", ends="15:45", school_adult_name="Б. Есімова"))
    made = type(session).objects.get(state="draft")
    assert response.url == f"/en/staff/sessions/{made.uuid}/"
    assert made.topic == session.topic
    assert sign_in(cast.bolat).get(page).status_code == 404


def test_a_cancelled_session_is_told_once_to_who_waits(cast, sign_in):
    """Scenario 24, the waiters' part."""
    session = planned(cast)
    services.book(session=session, by=cast.yerbol.user)
    WaitlistEntry.objects.create(session=session, person=cast.nurlan)
    for _click in range(2):
        services.cancel_session(session=session, by=cast.aigul, reason="Quarantine")
    assert letters("off_the_list") == letters("session_cancelled") == 1


def test_the_list_of_schools_is_short(cast, session, sign_in):
    """Only those of her district can be chosen."""
    form = sign_in(cast.aigul).get(f"/en/staff/sessions/{session.uuid}/change/").context["form"]
    assert set(form.fields["school"].queryset) == set(School.objects.filter(district=cast.taraz))
