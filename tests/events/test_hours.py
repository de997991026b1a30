"""Hours after they were entered: corrections, closed months, the register's file, the mentor's page (I21)."""

from __future__ import annotations

from datetime import date, timedelta
from io import BytesIO
from zipfile import ZipFile

import pytest
from django.utils import timezone

from events import services
from events.models import ClosedMonth, Feedback, HoursEntry
from events.services import hours
from events.services.forgetting import forget_visits
from events.services.guards.situation import counted_visits
from portal.models import LogEntry, OutgoingMessage
from portal.refusals import NotAllowed, Refused
from tests.events.builders import at, make_session
from tests.events.test_booking import reasons
from tests.events.visits import attended, hold, on
from tests.lists import take, words_of
from volunteers.models import Concern, Person
from volunteers.service_record import service_records

pytestmark = pytest.mark.django_db

YEAR = timezone.localdate().year - 1
MARCH, NOW = date(YEAR, 3, 1), on(YEAR, 4, 10)
APRIL = date(YEAR, 4, 1)


@pytest.fixture
def visit(cast):
    """Nurlan's confirmed visit of 12 March, 45 minutes."""
    return attended(cast, starts_at=on(YEAR, 3, 12))


def correct(visit, by, minutes, reason="He left earlier", now=NOW):
    return services.correct_hours(booking=visit, by=by, minutes=minutes, reason=reason, now=now)


def close(cast, month=MARCH, by=None, district=None, now=NOW):
    return services.close_month(month=month, district=district or cast.taraz, by=by or cast.aigul, now=now)


def total(visit) -> int:
    return visit.hours.minutes()


def test_a_correction_is_a_counter_entry(cast, visit):
    first = visit.hours.get()
    correction = correct(visit, cast.aigul, 30)
    assert (correction.minutes, correction.corrects, correction.month) == (-15, first, MARCH)
    assert total(visit) == 30
    first.refresh_from_db()
    assert first.minutes == 45  # what was entered stays
    assert correct(visit, cast.aigul, 30) == correction  # the same word again
    assert correct(visit, cast.aigul, 60).minutes == 30
    assert correct(visit, cast.aigul, 0).minutes == -60
    assert total(visit) == 0
    entry = LogEntry.objects.filter(action="correct_hours").latest("pk")
    assert (entry.data["before"], entry.data["after"]) == (60, 0)
    assert OutgoingMessage.objects.filter(letter="events/hours_corrected", recipient=cast.nurlan.user).count() == 3


@pytest.mark.parametrize(
    ("minutes", "reason", "codes"),
    [
        (-1, "x", ["minutes"]),
        (61, "x", ["minutes"]),
        (30, "  ", ["reason_missing"]),
        (999, "", ["minutes", "reason_missing"]),
    ],
)
def test_a_correction_that_cannot_be(cast, visit, minutes, reason, codes):
    with pytest.raises(Refused) as refusal:
        correct(visit, cast.aigul, minutes, reason)
    assert refusal.value.codes == codes
    assert total(visit) == 45


def test_where_nothing_was_entered_nothing_is_corrected(cast):
    booking = hold(cast.nurlan, make_session(cast, starts_at=at(-1)))
    with pytest.raises(Refused) as refusal:
        correct(booking, cast.aigul, 30)
    assert refusal.value.codes == ["no_hours"]


def test_only_the_coordinator_of_the_district_corrects(cast, visit):
    for by in (cast.gulnara, cast.dana):
        with pytest.raises(NotAllowed):
            correct(visit, by, 30)
    assert total(visit) == 45


def test_what_was_typed_stays_on_the_page(cast, sign_in, visit):
    client, url = sign_in(cast.aigul), f"/en/staff/visits/{visit.uuid}/hours/"
    response = client.post(url, {"minutes": "900", "reason": "He stayed for tea"})
    page = response.content.decode()
    assert response.status_code == 422
    assert 'value="900"' in page
    assert "He stayed for tea" in page
    assert client.post(url, {"minutes": "20", "reason": "He left earlier"}).status_code == 302
    assert 'data-minutes="20"' in client.get(f"/en/staff/visits/{visit.uuid}/").content.decode()


def test_a_closed_month_changes_only_by_an_entry_in_the_current_one(cast, visit):
    """I21: closed months are immutable except by counter-entry."""
    assert close(cast) == close(cast)
    assert correct(visit, cast.aigul, 30).month == APRIL
    late = attended(cast, starts_at=on(YEAR, 3, 20))
    assert late.hours.get().month == timezone.localdate().replace(day=1)
    assert HoursEntry.objects.filter(month=MARCH).minutes() == 45
    assert ClosedMonth.objects.count() == 1
    assert LogEntry.objects.get(action="close_month").data == {"district": "taraz", "entries": 1, "minutes": 45}


def test_a_month_is_not_closed_while_attendance_is_missing(cast, sign_in, visit):
    missing = hold(cast.yerbol, make_session(cast, starts_at=on(YEAR, 3, 31, 17)))
    hold(cast.yerbol, make_session(cast, starts_at=on(YEAR, 4, 1, 8)))  # of another month
    hold(cast.nurlan, make_session(cast, starts_at=on(YEAR, 3, 2), school=cast.far_school))  # of another district
    with pytest.raises(Refused) as refusal:
        close(cast)
    assert refusal.value.codes == ["attendance_missing"]
    assert missing.code in refusal.value.reasons[0].text
    services.confirm_attendance(booking=missing, by=cast.aigul, result="excused")
    assert close(cast)


def test_only_months_that_are_over_are_closed(cast):
    for now, codes in ((on(YEAR, 3, 31, 23), ["not_over"]), (on(YEAR, 2, 1), ["not_over"])):
        with pytest.raises(Refused) as refusal:
            close(cast, now=now)
        assert refusal.value.codes == codes
    assert close(cast, now=on(YEAR, 4, 1, 0))


def test_a_coordinator_closes_the_months_of_his_district_only(cast, sign_in):
    for by in (cast.bolat, cast.dana, cast.gulnara):
        with pytest.raises(NotAllowed):
            close(cast, by=by)
    close(cast, by=cast.bolat, district=cast.zhambyl)
    assert sign_in(cast.bolat).post(f"/en/staff/hours/{YEAR}-03/taraz/close/").status_code == 404
    assert sign_in(cast.aigul).post(f"/en/staff/hours/{YEAR}-13/taraz/close/").status_code == 404
    for month, status in (("2099-01", 409), ("9999-12", 409), ("0001-01", 404)):
        assert sign_in(cast.aigul).post(f"/en/staff/hours/{month}/taraz/close/").status_code == status
    assert ClosedMonth.objects.get().district == cast.zhambyl


@pytest.fixture
def last_month():
    return (timezone.localdate().replace(day=1) - timedelta(days=1)).replace(day=1)


def of_last_month(cast, last_month, person=None, day=3, **more):
    return attended(cast, person, starts_at=on(last_month.year, last_month.month, day), **more)


def test_the_page_of_the_months(cast, sign_in, last_month):
    visit = of_last_month(cast, last_month)
    of_last_month(cast, last_month, cast.yerbol, day=4, minutes=60)
    of_last_month(cast, last_month, cast.yerbol, day=5, school=cast.far_school)
    client = sign_in(cast.aigul)
    page = client.get("/en/staff/hours/").content.decode()
    assert 'data-slug="taraz" data-minutes="105"' in page
    assert 'data-slug="zhambyl"' not in page
    assert 'data-slug="zhambyl" data-minutes="45"' in sign_in(cast.raushan).get("/en/staff/hours/").content.decode()
    assert client.post(f"/en/staff/hours/{last_month:%Y-%m}/taraz/close/").status_code == 302
    page = client.get(f"/en/staff/hours/?month={last_month:%Y-%m}").content.decode()
    assert 'data-state="closed"' in page
    assert "move-close_month" not in page
    assert client.get("/en/staff/hours/?month=nonsense").status_code == 200
    assert visit.session.code not in page


def test_the_pages_cost_the_same_for_one_visit_and_for_many(cast, sign_in, last_month, django_assert_max_num_queries):
    of_last_month(cast, last_month)
    for day in range(4, 14):
        of_last_month(cast, last_month, cast.yerbol if day % 2 else cast.nurlan, day=day)
    for user, url in ((cast.raushan, "/en/staff/hours/"), (cast.nurlan.user, "/en/my/hours/")):
        client = sign_in(user)
        client.get(url)
        with django_assert_max_num_queries(16):
            assert client.get(url).status_code == 200


def test_the_file_for_the_register(cast, sign_in, last_month):
    """Names, codes and sums, safe from formulas, in the log before it leaves; nothing of concerns or feedback (I28)."""
    Person.objects.filter(pk=cast.yerbol.pk).update(family_name="=HYPERLINK(1)")
    of_last_month(cast, last_month)
    of_last_month(cast, last_month, day=4)
    of_last_month(cast, last_month, cast.yerbol, day=5, minutes=60)
    of_last_month(cast, last_month, cast.yerbol, day=6, school=cast.far_school)  # not of Aigul's district
    client = sign_in(cast.aigul)
    url = f"/en/staff/hours/export/?month={last_month:%Y-%m}"
    text = words_of(take(client, url))
    lines = text.strip().splitlines()
    assert len(lines) == 3
    assert f"Мұсаев;Нұрлан;;{cast.nurlan.code};2;90;1 h 30 min" in text
    assert "'=HYPERLINK(1);" in text
    assert ";1;60;1 h 0 min" in text
    entry = LogEntry.objects.get(action="export")
    assert entry.data == {"what": "hours", "count": 2, "month": f"{last_month:%Y-%m}"}
    book = take(client, url, "xlsx")
    with ZipFile(BytesIO(b"".join(book.streaming_content))) as parts:
        assert "<f>" not in parts.read("xl/worksheets/sheet1.xml").decode()
    assert take(client, url, "exe").status_code == 422
    assert take(client, url, why="").status_code == 422
    assert client.get(url).url == f"/en/staff/hours/?month={last_month:%Y-%m}"
    assert LogEntry.objects.filter(action="export").count() == 2


def test_my_hours_by_month_with_corrections(cast, sign_in, visit):
    attended(cast, starts_at=on(YEAR, 2, 5))
    attended(cast, cast.yerbol, starts_at=on(YEAR, 2, 6))
    close(cast)
    correct(visit, cast.aigul, 30)
    page = sign_in(cast.nurlan.user).get("/en/my/hours/").content.decode()
    assert 'data-testid="hours" data-minutes="75"' in page
    assert f'data-month="{YEAR}-03" data-minutes="45"' in page
    assert f'data-month="{YEAR}-04" data-minutes="-15"' in page
    assert f'data-month="{YEAR}-02" data-minutes="45"' in page
    assert "He left earlier" in page


def test_a_visit_emptied_by_a_correction_is_none(cast, visit):
    attended(cast, starts_at=on(YEAR, 3, 20))
    correct(visit, cast.aigul, 0)
    found = hours.sums(HoursEntry.objects.filter(person=cast.nurlan), "person")[cast.nurlan.pk]
    assert (found.visits, found.minutes) == (1, 45)
    record = service_records([cast.nurlan.pk])[cast.nurlan.pk]
    assert (record.visits, record.minutes) == (1, 45)
    assert counted_visits([cast.nurlan.pk, cast.yerbol.pk]) == {
        cast.nurlan.pk: 1
    }  # nor one of the first ones behind him


def test_a_refused_closing_lists_the_visits_with_their_pages(cast, sign_in, last_month):
    missing = hold(cast.nurlan, make_session(cast, starts_at=on(last_month.year, last_month.month, 3)))
    response = sign_in(cast.aigul).post(f"/en/staff/hours/{last_month:%Y-%m}/taraz/close/")
    assert (response.status_code, reasons(response)) == (409, {"attendance_missing"})
    assert str(missing.session.uuid) in response.content.decode()


def test_concerns_are_outside_every_export_and_every_page_of_hours(cast, sign_in, client, last_month):
    """I28, for what is made of visits: neither the concern nor that there is one."""
    visit = of_last_month(cast, last_month)
    concern = Concern(person=cast.nurlan, source="staff", level="low", raised_by=cast.gulnara)
    concern.text = "He was seen alone with a pupil"
    concern.save()
    services.give_feedback(
        booking=visit, by=cast.gulnara, mark=2, prepared=True, again=False, text="Feedback stays here"
    )
    day = visit.session.day
    certificate = services.issue_certificate(by=cast.nurlan.user, first_day=day, last_day=day)
    readers = {
        cast.nurlan.user: [f"/en/my/certificates/{certificate.uuid}/", "/en/my/hours/", "/en/my/bookings/"],
        cast.raushan: ["/en/staff/hours/"],
        cast.aigul: [
            f"/en/staff/visits/{visit.uuid}/",
            f"/en/staff/people/{cast.nurlan.uuid}/visits/",
        ],
    }
    pages = [sign_in(user).get(url) for user, urls in readers.items() for url in urls]
    pages.append(client.get(f"/en/verify/{certificate.serial}/"))
    export = f"/en/staff/hours/export/?month={last_month:%Y-%m}"
    pages += [take(sign_in(user), export) for user in (cast.raushan, cast.aigul)]
    for page in pages:
        body = page.getvalue()
        assert page.status_code == 200
        assert b"alone with a pupil" not in body
        assert concern.code.encode() not in body
        if page["Content-Type"].startswith("text/csv"):
            assert cast.nurlan.code.encode() in body
            assert b"Feedback stays here" not in body


def test_a_forgotten_mentor_leaves_sums_and_no_words(cast, visit):
    correct(visit, cast.aigul, 30, reason="Nurlan was ill")
    services.give_feedback(booking=visit, by=cast.gulnara, mark=4, prepared=True, again=True, text="Nurlan is our hero")
    forget_visits(cast.nurlan)
    assert total(visit) == 30
    words = [*HoursEntry.objects.values_list("reason", flat=True), *Feedback.objects.values_list("text", flat=True)]
    assert not [word for word in words if "Nurlan" in word]
