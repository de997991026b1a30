"""Dangerous and good files from the applicant's side, and who gets his file back."""

import io
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pikepdf import Encryption, ObjectStreamMode
from PIL import Image

from portal import audit
from portal.models import LogEntry
from portal.refusals import Refused
from tests.papers import a_pdf, written
from tests.people import Cast
from tests.volunteers.drafts import received
from volunteers.models import Check, CheckEvidence
from volunteers.services import checks, decisions
from volunteers.services.checks import papers

PDF = a_pdf()
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def check(cast: Cast) -> Check:
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    return application.checks.get(check_type__code="criminal_record")


@pytest.fixture
def client(sign_in, cast):
    return sign_in(cast.serik)


def send(client, check, content: bytes | None, name="paper.pdf", **changes):
    data = {"number": "AB-123456", "issuer": "eGov", "issued_on": timezone.localdate().isoformat(), **changes}
    if content is not None:
        data["upload"] = SimpleUploadedFile(name, content)
    return client.post(f"/en/my/checks/{check.uuid}/", data)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("exe.pdf", b"MZ\x90\x00" + b"\x00" * 500),
        ("eicar.pdf", EICAR),
        ("empty.pdf", b""),
        ("page.pdf", b"<html><script>alert(1)</script>%%EOF"),
        ("script.pdf", a_pdf(b"/OpenAction<</S/JavaScript/JS(x)>>")),
        ("packed.pdf", written(a_pdf(b"/AA<<>>"), object_stream_mode=ObjectStreamMode.generate)),
        ("locked.pdf", written(a_pdf(), encryption=Encryption(owner="o", user="u"))),
        ("IMG_0001.HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"),
        ("broken.jpg", b"\xff\xd8\xff\xe0" + b"\x00" * 200),
        ("paper.docx", b"PK\x03\x04" + b"\x00" * 200),
        ("big.pdf", PDF[:9] + b"\x00" * (settings.EVIDENCE_MAX_BYTES + 1) + b"%%EOF"),
    ],
)
def test_a_dangerous_file_is_refused_at_its_field_and_the_rest_is_kept(client, check, name, content):
    page = send(client, check, content, name)
    text = page.content.decode()
    assert page.status_code == 200
    assert '<a href="#id_upload">' in text and 'value="AB-123456"' in text
    check.refresh_from_db()
    assert check.state == "requested"
    assert not CheckEvidence.objects.exists()
    assert not [path for path in settings.PRIVATE_ROOT.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "content"), [("Анықтама.PDF", PDF), ("photo.jpeg", jpeg())])
def test_a_good_file_is_kept_encrypted_and_given_back_to_its_owner_with_a_log_entry(client, check, name, content):
    assert send(client, check, content, name).status_code == 302
    check.refresh_from_db()
    assert check.state == "provided"
    evidence = check.evidence.get()
    stored = settings.PRIVATE_ROOT / evidence.stored_name[:2] / evidence.stored_name
    assert content[:20] not in stored.read_bytes()
    answer = client.get(f"/en/my/evidence/{evidence.uuid}/")
    assert answer.status_code == 200 and b"".join(answer.streaming_content)
    assert answer["Content-Disposition"].startswith("attachment") and "no-store" in answer["Cache-Control"]
    assert audit.history(evidence, LogEntry.Kind.VIEW).count() == 1


def test_nobody_else_gets_his_check_or_his_file_by_these_addresses(client, check, cast, sign_in):
    send(client, check, PDF)
    evidence = check.evidence.get()
    for other in (cast.aigul, cast.bolat, cast.dana, cast.root, cast.nurlan.user):
        assert sign_in(other).get(f"/en/my/evidence/{evidence.uuid}/").status_code == 404
        assert sign_in(other).get(f"/en/my/checks/{check.uuid}/").status_code == 404
        assert send(sign_in(other), check, PDF).status_code == 404


def test_a_paper_needs_its_file_number_and_a_day_that_was(client, check):
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    text = send(client, check, None, number="", issued_on=tomorrow).content.decode()
    for field in ("upload", "number", "issued_on"):
        assert f'<a href="#id_{field}">' in text


def test_a_correction_needs_no_second_file(client, check):
    send(client, check, PDF)
    assert send(client, check, None, number="AB-777").status_code == 302
    check.refresh_from_db()
    assert (check.number, check.evidence.count()) == ("AB-777", 1)


def test_what_the_programme_checks_itself_takes_nothing_from_him(client, check):
    register = check.person.checks.get(check_type__code="offenders_register")
    assert b'type="file"' not in client.get(f"/en/my/checks/{register.uuid}/").content
    assert send(client, register, PDF).status_code == 403


def test_correcting_a_verified_paper_takes_its_verification_away(cast, sign_in):
    check = cast.nurlan.checks.get(check_type__code="criminal_record")
    client = sign_in(cast.nurlan.user)
    assert "must be verified anew" in client.get(f"/en/my/checks/{check.uuid}/").content.decode()
    assert send(client, check, PDF).status_code == 302
    check.refresh_from_db()
    assert (check.state, check.verified_by) == ("provided", None)


def test_early_renewal_leaves_the_old_paper_in_force(cast, sign_in):
    check = cast.nurlan.checks.get(check_type__code="criminal_record")
    client = sign_in(cast.nurlan.user)
    assert 'data-testid="move-renew"' in client.get("/en/my/").content.decode()
    answer = client.post(f"/en/my/checks/{check.uuid}/renew/")
    fresh = cast.nurlan.checks.get(check_type__code="criminal_record", state="requested")
    assert answer.url == f"/en/my/checks/{fresh.uuid}/"
    check.refresh_from_db()
    assert check.state == "verified"
    assert 'data-testid="move-renew"' not in client.get("/en/my/").content.decode()


class TestQuota:
    @pytest.fixture
    def full(self, monkeypatch):
        monkeypatch.setattr(papers, "MOST_FILES", 2)

    def test_one_account_uploads_until_it_is_refused_at_the_field(self, client, check, full):
        answers = [send(client, check, jpeg(), "a.jpg") for _time in range(3)]
        assert [answer.status_code for answer in answers] == [302, 302, 200]
        assert [error.code for error in answers[2].context["form"].errors.as_data()["upload"]] == ["no_room"]
        assert CheckEvidence.objects.count() == 2

    def test_the_service_refuses_too(self, cast, check, full):
        words = {"number": "1", "issuer": "", "issued_on": timezone.localdate(), "upload": (jpeg(), "image/jpeg")}
        for _time in range(2):
            checks.provide(check=check, by=cast.serik, **words)
        with pytest.raises(Refused) as refused:
            checks.provide(check=check, by=cast.serik, **words)
        assert refused.value.codes == ["no_room"]

    def test_bytes_count_and_what_was_erased_does_not(self, client, check):
        send(client, check, jpeg(), "a.jpg")
        paper = CheckEvidence.objects.get()
        CheckEvidence.objects.update(size=papers.MOST_BYTES)
        assert checks.no_room(check, 1).code == "no_room"
        checks.purge(paper.pk)
        assert checks.no_room(check, 1) is None
