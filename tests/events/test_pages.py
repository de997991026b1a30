"""Lists, filters, scope, and what pages cost."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from events import services
from events.models import Booking
from mentors.services import save_profile
from portal.models import District, Language, Topic
from tests.events.builders import at, make_session
from tests.events.test_school import hold

pytestmark = pytest.mark.django_db


def shown(client, address: str) -> set[str]:
    page = client.get(address).content.decode()
    return set(re.findall(r'data-testid="session" data-uuid="([^"]+)"', page))


def test_the_list_shows_first_what_suits_him(cast, sign_in):
    uzbek = Language.objects.exclude(code__in=["kk", "ru"]).first()
    suits = make_session(cast, starts_at=at(10))
    others = [
        make_session(cast, starts_at=at(11), school=cast.far_school),
        make_session(cast, starts_at=at(12), language=uzbek),
        make_session(cast, starts_at=at(30)),  # his certificate ends before
        make_session(cast, starts_at=at(13), opens_at=at(12)),
    ]
    full = make_session(cast, starts_at=at(14))
    services.book(session=full, by=cast.yerbol.user)
    make_session(cast, starts_at=at(-3))
    make_session(cast, state="draft")
    client = sign_in(cast.nurlan.user)
    assert shown(client, "/en/sessions/") == {str(suits.uuid)}
    assert shown(client, "/en/sessions/?show=fit") == {str(suits.uuid)}
    everything = {str(session.uuid) for session in [suits, full, *others]}
    assert shown(client, "/en/sessions/?show=all") == everything
    page = client.get("/en/sessions/?show=all").content.decode()
    for code in ("full", "language", "expired:criminal_record", "not_open_yet"):
        assert f'data-code="{code}"' in page


def test_what_is_too_close_to_a_visit_of_his_does_not_suit_him(cast, sign_in):
    services.book(session=make_session(cast, starts_at=at(7, 10)), by=cast.nurlan.user)
    make_session(cast, starts_at=at(7, 11), school=cast.other_school)
    make_session(cast, starts_at=at(7, 10, 15))
    suits = {
        str(make_session(cast, starts_at=at(7, 10, 45)).uuid),
        str(make_session(cast, starts_at=at(7, 12), school=cast.other_school).uuid),
    }
    assert shown(sign_in(cast.nurlan.user), "/en/sessions/") == suits


def test_staff_read_the_next_session_first(cast, sign_in):
    for days in (9, -3, 7, -9):
        make_session(cast, starts_at=at(days))
    rows = sign_in(cast.aigul).get("/en/staff/sessions/").context["object_list"]
    assert [row.starts_at for row in rows] == [at(7), at(9), at(-3), at(-9)]


def test_his_wishes_narrow_the_list(cast, sign_in):
    topics = list(Topic.objects.filter(grade_to__gte=7)[:2])
    here = make_session(cast, topic=topics[0])
    there = make_session(cast, topic=topics[0], starts_at=at(8), school=cast.far_school)
    make_session(cast, topic=topics[1], starts_at=at(9))
    both = District.objects.filter(pk__in=[cast.taraz.pk, cast.zhambyl.pk])
    save_profile(person=cast.nurlan, by=cast.nurlan.user, districts=both, topics=topics[:1])
    assert shown(sign_in(cast.nurlan.user), "/en/sessions/") == {str(here.uuid), str(there.uuid)}


def test_filters(cast, sign_in):
    near, far = make_session(cast, starts_at=at(7)), make_session(cast, starts_at=at(9), school=cast.far_school)
    client = sign_in(cast.nurlan.user)
    assert shown(client, f"/en/sessions/?show=all&district={cast.zhambyl.pk}") == {str(far.uuid)}
    day = at(7).date().isoformat()
    assert shown(client, f"/en/sessions/?show=all&date_from={day}&date_to={day}") == {str(near.uuid)}
    assert (
        client.get("/en/sessions/?show=x&district=%00&date_from=2026-99-99&page=900&topic=9999999").status_code == 200
    )


def test_filters_ask_for_nothing(cast, sign_in):
    client = sign_in(cast.nurlan.user)
    assert "(optional)" not in client.get("/en/sessions/").content.decode()
    assert "(optional)" in client.get("/en/my/profile/").content.decode()


@pytest.mark.parametrize(
    ("language", "shown"),
    [
        ("kk", "2027 ж. 25 қараша, бейсенбі, "),
        ("ru", "Четверг, 25 ноября 2027, "),
        ("en", "Thursday, 25 November 2027, "),
    ],
)
def test_a_day_is_written_in_the_order_of_the_language(cast, sign_in, language, shown):
    begins = timezone.make_aware(datetime(2027, 11, 25, 0, 30))  # in Almaty; in Greenwich it is still the 24th
    session = make_session(cast, starts_at=begins)
    page = sign_in(cast.nurlan.user).get(f"/{language}/sessions/{session.uuid}/").content.decode()
    assert shown in page


def test_an_evening_in_almaty_is_filtered_by_its_own_day(cast, sign_in):
    """00:30 in Almaty belongs to that day, though in UTC it is the day before."""
    night = make_session(cast, starts_at=at(7, 0, 30))
    client, day = sign_in(cast.nurlan.user), at(7, 12).date().isoformat()
    assert shown(client, f"/en/sessions/?show=all&date_from={day}&date_to={day}") == {str(night.uuid)}


def test_who_is_no_mentor_is_told_so_kindly(cast, sign_in):
    session = make_session(cast)
    for user in (cast.serik, cast.aigul, cast.root):
        client = sign_in(user)
        for address in ("/en/sessions/", "/en/my/bookings/", "/en/my/profile/"):
            response = client.get(address)
            assert response.status_code == 403
            assert 'data-code="not_a_mentor"' in response.content.decode()
    assert sign_in(cast.serik).get(f"/en/sessions/{session.uuid}/").status_code == 404
    assert sign_in(cast.root).get(f"/en/sessions/{session.uuid}/").status_code == 404
    page = sign_in(cast.aigul).get(f"/en/sessions/{session.uuid}/").content.decode()
    assert 'data-testid="move-book"' not in page


@pytest.mark.parametrize("address", ["/en/sessions/", "/en/my/bookings/", "/en/school/", "/en/staff/sessions/"])
def test_strangers_are_led_to_the_door(client, db, address):
    response = client.get(address)
    assert response.status_code == 302
    assert "/account/login/" in response.url


def test_only_contact_persons_have_a_school_page(cast, sign_in):
    for user in (cast.aigul, cast.nurlan.user, cast.dana, cast.root):
        assert sign_in(user).get("/en/school/").status_code == 403
    far = make_session(cast, school=cast.far_school)
    own = make_session(cast)
    assert shown(sign_in(cast.gulnara), "/en/school/") == {str(own.uuid)}
    assert str(far.uuid) not in shown(sign_in(cast.gulnara), "/en/staff/sessions/")


def test_the_staff_list_and_its_filters(cast, sign_in):
    unnamed = make_session(cast, school_adult_name="")
    named = make_session(cast, starts_at=at(8))
    past = make_session(cast, starts_at=at(-2))
    hold(cast.nurlan, past)
    client = sign_in(cast.aigul)
    assert shown(client, "/en/staff/sessions/") == {str(row.uuid) for row in (unnamed, named, past)}
    assert shown(client, "/en/staff/sessions/?attention=adult") == {str(unnamed.uuid)}
    assert shown(client, "/en/staff/sessions/?attention=places") == {str(unnamed.uuid), str(named.uuid)}
    assert shown(client, "/en/staff/sessions/?attention=attendance") == {str(past.uuid)}
    assert shown(client, f"/en/staff/sessions/?school={cast.far_school.pk}") >= {str(named.uuid)}  # no choice of hers


def test_the_safeguarding_lead_sees_every_district(cast, sign_in):
    sessions = [make_session(cast), make_session(cast, school=cast.far_school, state="draft")]
    hold(cast.nurlan, sessions[0])
    client = sign_in(cast.dana)
    assert shown(client, "/en/staff/sessions/") == {str(session.uuid) for session in sessions}
    assert cast.nurlan.full_name in client.get(f"/en/staff/sessions/{sessions[0].uuid}/").content.decode()
    assert Booking.objects.visible_to(cast.dana).count() == 1
    assert not Booking.objects.visible_to(cast.root).exists()
    assert not Booking.objects.visible_to(cast.serik).exists()


def test_a_session_at_risk_is_marked_for_staff(cast, sign_in):
    session = make_session(cast, school_adult_name="")
    page = sign_in(cast.aigul).get(f"/en/staff/sessions/{session.uuid}/").content.decode()
    assert 'data-testid="at-risk"' in page


def cost(client, address: str) -> int:
    client.get(address)  # what is cached once is cached
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("who", "address"),
    [
        ("nurlan", "/en/sessions/?show=all"),
        ("nurlan", "/en/sessions/"),
        ("yerbol", "/en/my/bookings/"),
        ("gulnara", "/en/school/"),
        ("aigul", "/en/staff/sessions/"),
    ],
)
def test_one_row_and_thirty_cost_the_same(cast, sign_in, who, address):
    person = getattr(cast, who)
    client = sign_in(getattr(person, "user", person))

    def add(days: int) -> None:
        session = make_session(cast, starts_at=at(days), seats_max=2)
        hold(cast.yerbol, session)

    add(3), add(-40)
    before = cost(client, address)
    for days in range(15):
        add(4 + days), add(-2 - days)
    assert cost(client, address) == before
    assert before <= 12 or address == "/en/school/"  # there is more on it than a list


def test_what_he_held_and_cancelled_stays_in_his_list(cast, sign_in):
    booking = services.book(session=make_session(cast), by=cast.nurlan.user)
    services.cancel_booking(booking=booking, by=cast.nurlan.user)
    client = sign_in(cast.nurlan.user)
    assert 'data-state="cancelled_by_mentor"' in client.get("/en/my/bookings/").content.decode()
    assert 'data-testid="earlier"' in client.get(f"/en/sessions/{booking.session.uuid}/").content.decode()
    assert Booking.objects.get().state == "cancelled_by_mentor"


def test_opening_an_address_of_a_post_leads_back(cast, sign_in):
    session = make_session(cast)
    booking = services.book(session=session, by=cast.nurlan.user)
    mentor, school = sign_in(cast.nurlan.user), sign_in(cast.gulnara)
    assert mentor.get(f"/en/sessions/{session.uuid}/book/").url == f"/en/sessions/{session.uuid}/"
    assert mentor.get(f"/en/bookings/{booking.uuid}/cancel/").url == "/en/my/bookings/"
    assert school.get(f"/en/school/visits/{booking.uuid}/attendance/").url == "/en/school/"
