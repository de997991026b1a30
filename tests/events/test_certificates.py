"""Certificates of hours: the paper, the public check, and what takes one back (I27, scenario 38)."""

from __future__ import annotations

import re
import zlib
from datetime import date, timedelta

import pytest
from django.utils import timezone

from events import services
from events.certificates import as_pdf
from events.models import Certificate
from events.services import certificates
from portal.models import LogEntry
from portal.refusals import NotAllowed, Refused
from tests.events.visits import attended, on
from volunteers.models import Person

pytestmark = pytest.mark.django_db

YEAR = timezone.localdate().year - 1
FIRST, LAST = date(YEAR, 3, 1), date(YEAR, 3, 31)


@pytest.fixture
def visit(cast):
    """Nurlan's confirmed visit of 12 March, 45 minutes."""
    return attended(cast, starts_at=on(YEAR, 3, 12))


@pytest.fixture
def certificate(cast, visit) -> Certificate:
    return issue(cast)


def issue(cast, first_day=FIRST, last_day=LAST, by=None) -> Certificate:
    return services.issue_certificate(by=by or cast.nurlan.user, first_day=first_day, last_day=last_day)


def test_scenario_38_valid_until_a_correction(cast, client, visit, certificate):
    """Given a certificate, then its public check shows name initials, period, hours, valid; after a correction,
    "superseded"."""
    url = f"/en/verify/{certificate.serial}/"
    page = client.get(url).content.decode()
    assert 'data-state="valid"' in page
    assert 'data-testid="initials">Н. М.<' in page
    assert 'data-minutes="45"' in page
    services.correct_hours(booking=visit, by=cast.aigul, minutes=30, reason="He left earlier")
    page = client.get(url).content.decode()
    assert 'data-state="revoked"' in page
    assert "Superseded" in page
    assert 'data-state="valid"' not in page


def test_the_check_shows_nothing_else(cast, client, certificate):
    response = client.get(f"/en/verify/{certificate.serial}/")
    page, person = response.content.decode(), cast.nurlan
    assert "no-store" in response["Cache-Control"]
    hidden = [person.family_name, person.given_name, person.code, str(person.uuid), cast.school.name, person.email]
    assert not [word for word in hidden if word and word in page]


@pytest.mark.parametrize("serial", ["0000-0000-0000", "nonsense", "x" * 300, "=1+1", "..", "%00", "АВСЕ-НКМО-РТХ0"])
def test_an_unknown_number_has_a_clear_answer(client, certificate, serial):
    response = client.get(f"/en/verify/{serial}/")
    assert response.status_code in {302, 404} or serial == ".."
    if response.status_code == 404 and b"unknown" in response.content:
        assert 'data-testid="unknown"' in response.content.decode()
    asked = client.get("/en/verify/", {"serial": serial}, follow=True)
    assert 'data-state="valid"' not in asked.content.decode()


@pytest.mark.parametrize(
    "spell", [str.lower, lambda serial: serial.replace("-", " "), lambda s: f" {s.replace('-', '')} "]
)
def test_the_number_is_found_however_it_is_typed(client, certificate, spell):
    response = client.get("/en/verify/", {"serial": spell(certificate.serial)}, follow=True)
    assert 'data-state="valid"' in response.content.decode()


def test_look_alikes_and_cyrillic_letters_are_read_as_meant():
    assert certificates.tidy_serial("o1il-АВСЕ-нкмх") == "0111-ABCE-HKMX"
    assert certificates.tidy_serial("ABCD-EFGH") == ""
    assert certificates.tidy_serial("UUUU-UUUU-UUUU") == ""


def test_numbers_cannot_be_guessed(cast, visit):
    serials = {certificates._new_serial() for _number in range(200)}
    assert len(serials) == 200
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){2}", serial) for serial in serials)


def test_checks_are_limited_for_one_address(client, certificate):
    statuses = [client.get("/en/verify/0000-0000-0000/").status_code for _number in range(31)]
    assert statuses == [404] * 30 + [429]


def test_a_row_changed_behind_the_programs_back_is_no_certificate(client, certificate):
    Certificate.objects.update(minutes=45000)
    assert client.get(f"/en/verify/{certificate.serial}/").status_code == 404


def test_the_same_question_has_the_same_answer_until_the_hours_change(cast, visit, certificate):
    assert issue(cast) == certificate
    attended(cast, starts_at=on(YEAR, 3, 20))
    longer = issue(cast)
    assert (longer.visits, longer.minutes) == (2, 90)
    certificate.refresh_from_db()
    assert certificate.revoked_at is None  # a visit confirmed later takes nothing back: what it says was and is so
    services.correct_hours(booking=visit, by=cast.aigul, minutes=44, reason="x")
    assert not Certificate.objects.valid().exists()
    assert issue(cast).minutes == 89
    assert LogEntry.objects.filter(action="certificate.revoke").count() == 2


def test_a_correction_takes_back_only_what_covers_the_visit(cast, visit, certificate):
    other = attended(cast, starts_at=on(YEAR, 5, 12))
    may = issue(cast, date(YEAR, 5, 1), date(YEAR, 5, 31))
    others = attended(cast, cast.yerbol, starts_at=on(YEAR, 3, 12, 14))
    yerbols = issue(cast, by=cast.yerbol.user)
    services.correct_hours(booking=other, by=cast.aigul, minutes=0, reason="x")
    services.correct_hours(booking=others, by=cast.aigul, minutes=10, reason="x")
    revoked = set(Certificate.objects.exclude(revoked_at=None).values_list("pk", flat=True))
    assert revoked == {may.pk, yerbols.pk}


def test_only_the_visits_of_the_period_count(cast, visit):
    attended(cast, starts_at=on(YEAR, 2, 28, 19))
    attended(cast, starts_at=on(YEAR, 4, 1, 8))
    last = attended(cast, starts_at=on(YEAR, 3, 31, 19))
    certificate = issue(cast)
    assert (certificate.visits, certificate.minutes) == (2, 90)
    services.correct_hours(booking=last, by=cast.aigul, minutes=0, reason="x")
    assert (issue(cast).visits, issue(cast).minutes) == (1, 45)


@pytest.mark.parametrize(
    ("first", "last", "codes"),
    [
        (LAST, FIRST, ["order"]),
        (date(YEAR, 6, 1), date(YEAR, 6, 30), ["no_hours"]),
        (date.min, date(1, 1, 2), ["year"]),
        (date.min, date.max, ["future", "year"]),
    ],
)
def test_a_period_that_cannot_be(cast, sign_in, visit, first, last, codes):
    with pytest.raises(Refused) as refusal:
        issue(cast, first, last)
    assert refusal.value.codes == codes
    typed = {"first_day": first.isoformat(), "last_day": last.isoformat()}
    response = sign_in(cast.nurlan.user).post("/en/my/certificates/", typed)
    assert response.status_code == 422
    assert first.isoformat() in response.content.decode()
    assert not Certificate.objects.exists()


def test_no_certificate_of_the_future_and_none_for_others(cast, visit):
    with pytest.raises(Refused) as refusal:
        issue(cast, FIRST, timezone.localdate() + timedelta(days=1))
    assert refusal.value.codes == ["future"]
    with pytest.raises(NotAllowed):
        issue(cast, by=cast.serik)


def test_the_paper_has_kazakh_letters_the_number_and_one_page(cast, visit):
    """Every sign of the name is in the file's own table of signs (ToUnicode), so it is neither a box nor lost in a copy."""
    Person.objects.filter(pk=cast.nurlan.pk).update(family_name="Әбдіғұлов", given_name="Қаңбәк", patronymic="Өмірүлһы")
    certificate = issue(cast)
    certificate.person.refresh_from_db()
    pdf = as_pdf(certificate, "kk")
    assert pdf.startswith(b"%PDF-")
    assert _signs(pdf) >= set("ӘәғқҚңөӨүһіұ")
    assert re.findall(rb"/Type\s*/Pages.*?/Count (\d+)", pdf, re.DOTALL) == [b"1"]
    assert as_pdf(certificate, "kk") == pdf  # the same row, the same file
    assert as_pdf(certificate, "ru") != pdf


def _signs(pdf: bytes) -> set[str]:
    """The signs that the fonts of the file map to Unicode."""
    signs = set()
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL):
        try:
            text = zlib.decompress(stream)
        except zlib.error:
            continue
        if b"begincmap" in text:
            for found in re.findall(rb"<[0-9A-Fa-f]{4}>\s*<([0-9A-Fa-f]{4})>", text):
                signs.add(chr(int(found, 16)))
    return signs


@pytest.mark.parametrize("name", ['#panic("x")', "*bold* $a^2$ _x_", "</svg><script>", 'a"b\\c\n#let x = 1', "@x <y>"])
def test_a_name_is_never_read_as_markup(cast, visit, name):
    Person.objects.filter(pk=cast.nurlan.pk).update(family_name=name)
    certificate = issue(cast)
    certificate.person.refresh_from_db()
    assert as_pdf(certificate, "kk").startswith(b"%PDF-")


def test_a_mentor_takes_his_own_paper_home(cast, sign_in, visit):
    client = sign_in(cast.nurlan.user)
    typed = {"first_day": FIRST.isoformat(), "last_day": LAST.isoformat()}
    assert client.post("/en/my/certificates/", typed).status_code == 302
    certificate = Certificate.objects.get()
    page = client.get("/en/my/certificates/").content.decode()
    assert certificate.serial in page
    url = f"/en/my/certificates/{certificate.uuid}/"
    response = client.get(url)
    assert response["Content-Type"] == "application/pdf"
    assert "no-store" in response["Cache-Control"]
    assert sign_in(cast.yerbol.user).get(url).status_code == 404
    assert sign_in(cast.aigul).get(url).status_code == 404
    services.correct_hours(booking=visit, by=cast.aigul, minutes=30, reason="He left earlier")
    assert client.get(url).status_code == 410
    assert 'data-state="revoked"' in client.get("/en/my/certificates/").content.decode()
