"""What somebody does with his own data: he reads what is kept, takes it along, takes back a consent, has it deleted."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from events.models import Booking
from events.services import book, cancel_booking, note_work
from events.states import HOLDING
from portal import audit, files, nightly
from portal.management.demo import builders, past
from portal.models import LogEntry, OutgoingMessage, User
from portal.services import grant_role
from tests.events.builders import at, make_session
from tests.events.visits import attended, hold
from tests.volunteers import drafts
from tests.volunteers.test_retention import everything_stored
from volunteers import clearance
from volunteers.models import (
    Application,
    Concern,
    DataArchive,
    Erasure,
    ErasureRequest,
    ExitRecord,
    Hold,
    Interest,
    Invitation,
    Person,
    ReasonCode,
    Suspension,
)
from volunteers.services import agreements, applications
from volunteers.services.own_data import archive, consents, deleting, ledger
from volunteers.services.own_data.contents import contents

pytestmark = pytest.mark.django_db
GRACE = settings.PROGRAMME["erasure_grace_days"]


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def night_after(request: ErasureRequest):
    return request.due_on + timedelta(days=1)


def packed(client) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(client.get(reverse("my_data_file")).streaming_content)))


class TestPage:
    def test_it_names_the_groups_of_what_is_kept(self, cast, sign_in):
        page = sign_in(cast.nurlan.user).get(reverse("my_data")).content.decode()
        for code in ("account", "person", "application", "papers", "references", "training", "service", "consents"):
            assert f'data-code="{code}"' in page
        assert cast.nurlan.family_name in page and cast.nurlan.user.email in page
        assert cast.nurlan.iin not in page and cast.nurlan.iin[-4:] in page

    def test_somebody_with_nothing_but_an_account(self, cast, sign_in):
        page = sign_in(cast.serik).get(reverse("my_data")).content.decode()
        assert 'data-code="account"' in page
        assert 'data-code="papers"' not in page

    def test_it_costs_the_same_for_much_and_for_little(self, cast, sign_in):
        costs = []
        for user in (cast.nurlan.user, cast.yerbol.user):
            client = sign_in(user)
            client.get(reverse("my_data"))
            with CaptureQueriesContext(connection) as queries:
                client.get(reverse("my_data"))
            costs.append(len(queries))
            if user == cast.nurlan.user:
                for _ in range(3):
                    OutgoingMessage.objects.create(
                        letter="x", channel="email", address="x@demo.example", recipient=cast.yerbol.user, language="kk",
                        dedupe_key=f"x{OutgoingMessage.objects.count()}", due_at=timezone.now(), state="sent",
                    )  # fmt: skip
        assert costs[0] == costs[1]

    @pytest.mark.parametrize("secret", ["concern", "hold"])
    def test_nothing_tells_of_a_secret(self, cast, sign_in, secret):
        """The page and the archive are the same, letter for letter, with a concern or a hold and without."""
        case = builders.make_application(
            builders.make_person(cast.serik, number=77, district=cast.taraz, family="Ә", given="С"), "screening"
        )
        client = sign_in(cast.serik)
        before = client.get(reverse("my_data")).content.decode()
        kept = archive_of(cast.serik)
        if secret == "concern":
            concern = Concern(person=case.person, source="staff", level="serious", raised_by=cast.aigul)
            concern.text = "x"
            concern.save()
            audit.viewed(concern, "concern", cast.dana)
        else:
            Hold.objects.create(application=case, reason="do_not_engage")
            Application.objects.filter(pk=case.pk).update(state="on_hold", return_to="screening")
        after = client.get(reverse("my_data")).content.decode()
        assert without_tokens(after) == without_tokens(before)
        assert archive_of(cast.serik) == kept


def without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]


def archive_of(user: User) -> dict:
    return {content.label: content.rows for content in contents(user)}


class TestArchive:
    def test_asked_for_made_and_taken_by_its_owner_alone(self, cast, sign_in):
        nurlan, yerbol = sign_in(cast.nurlan.user), sign_in(cast.yerbol.user)
        nurlan.post(reverse("my_data_archive"))
        made = nurlan.get(reverse("my_data_file"))
        assert made["Content-Type"] == "application/zip" and "no-store" in made["Cache-Control"]
        assert "sandbox" in made["Content-Security-Policy"]
        taken = zipfile.ZipFile(io.BytesIO(b"".join(made.streaming_content)))
        data = json.loads(taken.read("data.json"))
        assert data["tables"]["person"][0]["iin"] == cast.nurlan.iin
        assert cast.yerbol.family_name not in taken.read("data.json").decode()
        assert cast.nurlan.family_name in taken.read("index.html").decode()
        assert yerbol.get(reverse("my_data_file")).status_code == 404
        assert LogEntry.objects.filter(action="own_archive", actor=cast.nurlan.user).count() == 1

    def test_the_letter_holds_nothing(self, cast, sign_in):
        sign_in(cast.nurlan.user).post(reverse("my_data_archive"))
        letter = OutgoingMessage.objects.get(letter="volunteers/archive_ready")
        assert letter.address == cast.nurlan.user.email
        assert cast.nurlan.family_name not in letter.text and not letter.attachments

    def test_asking_again_gives_the_same(self, cast):
        first, new = archive.ask(user=cast.serik, language="kk")
        again, newer = archive.ask(user=cast.serik, language="ru")
        assert (first, new, newer) == (again, True, False)
        assert archive.make(first.pk) and not archive.make(first.pk)
        assert archive.ask(user=cast.serik, language="kk")[0] == first
        assert OutgoingMessage.objects.filter(letter="volunteers/archive_ready").count() == 1

    def test_after_its_hours_nobody_gets_it_and_it_is_deleted(
        self, cast, sign_in, settings, django_capture_on_commit_callbacks
    ):
        client = sign_in(cast.serik)
        client.post(reverse("my_data_archive"))
        made = DataArchive.objects.get()
        path = settings.PRIVATE_ROOT / made.stored_name[:2] / made.stored_name
        with django_capture_on_commit_callbacks(execute=True):
            archive.tidy(made.ends_at - timedelta(seconds=1))
        assert path.exists()
        DataArchive.objects.update(ready_at=timezone.now() - timedelta(days=2), ends_at=timezone.now())
        assert client.get(reverse("my_data_file")).status_code == 404
        with django_capture_on_commit_callbacks(execute=True):
            archive.tidy(timezone.now())
        assert not path.exists() and not DataArchive.objects.exists()

    def test_what_no_worker_took_is_made_by_the_regular_job(self, cast):
        made, _new = archive.ask(user=cast.serik, language="kk")
        archive.tidy(timezone.now())
        assert DataArchive.objects.get().ready_at is None  # a worker may still be at it
        archive.tidy(made.asked_at + archive.AGAIN_AFTER + timedelta(seconds=1))
        assert DataArchive.objects.get().ready_at

    def test_names_of_files_are_made_here(self, cast, sign_in):
        case = past.declined_long_ago(cast)
        client = sign_in(case.person.user)
        client.post(reverse("my_data_archive"))
        taken = packed(client)
        names = [name for name in taken.namelist() if name.startswith("files/")]
        assert names == [f"files/{case.checks.get(check_type__code='criminal_record').evidence.get().code}.pdf"]
        assert taken.read(names[0]) == past.PAPER

    def test_the_words_of_referees_and_of_staff_are_left_out(self, cast, sign_in):
        case = past.declined_long_ago(cast)
        client = sign_in(case.person.user)
        client.post(reverse("my_data_archive"))
        data = packed(client).read("data.json").decode()
        assert builders.REFERENCE["reliability"] not in data
        assert "an entry was found" not in data  # the verifier's note
        assert "does not meet a published condition" not in data  # the rationale
        assert "thank you for your time" in data  # what he was written

    def test_a_wicked_name_is_text(self, cast, sign_in):
        User.objects.filter(pk=cast.serik.pk).update(first_name='<script>alert(1)</script>"=1+1')
        client = sign_in(cast.serik)
        client.post(reverse("my_data_archive"))
        taken = packed(client)
        assert "<script>" not in taken.read("index.html").decode()
        assert json.loads(taken.read("data.json"))["tables"]["user"][0]["first_name"].startswith("<script>")

    @pytest.mark.parametrize("language", ["kk", "ru", "en"])
    def test_its_page_is_in_the_language_of_the_reader(self, cast, language):
        made, _new = archive.ask(user=cast.nurlan.user, language=language)
        archive.make(made.pk)
        made.refresh_from_db()
        content = b"".join(files.read(made.stored_name, made.sealed_key))
        page = zipfile.ZipFile(io.BytesIO(content)).read("index.html").decode()
        assert f'<html lang="{language}">' in page

    def test_staff_take_their_account_their_roles_and_the_count_of_their_acts(self, cast, sign_in):
        audit.record(cast.nurlan, "stay", cast.aigul)
        client = sign_in(cast.aigul)
        client.post(reverse("my_data_archive"))
        data = json.loads(packed(client).read("data.json"))
        assert data["tables"]["role_grant"][0]["role"] == "coordinator"
        assert data["own_acts"]["stay"] == 1
        assert "person" not in data["tables"]
        assert cast.nurlan.code not in json.dumps(data)


class TestConsents:
    def test_those_that_hold_are_shown_with_version_and_day(self, cast, sign_in):
        (consent,) = consents.given(cast.nurlan)
        assert (consent.code, consent.language, consent.needed) == ("code_of_conduct", "kk", True)
        assert 'data-code="code_of_conduct"' in sign_in(cast.nurlan.user).get(reverse("my_data")).content.decode()

    def test_without_a_needed_one_the_service_ends(self, cast, sign_in):
        booking = hold(cast.nurlan, make_session(cast, starts_at=at(9)))
        client = sign_in(cast.nurlan.user)
        page = client.get(reverse("my_data_consent", args=["code_of_conduct"])).content.decode()
        assert 'data-testid="ends"' in page
        client.post(reverse("my_data_consent", args=["code_of_conduct"]))
        booking.refresh_from_db()
        assert booking.state not in HOLDING
        assert cast.nurlan.exits.get().reason == ExitRecord.Reason.OWN_WISH
        assert consents.given(cast.nurlan) == []
        assert not clearance.clearance(cast.nurlan).ok
        assert OutgoingMessage.objects.filter(letter="volunteers/consent_withdrawn").count() == 1
        entry = LogEntry.objects.get(action="consent.withdraw")
        assert (entry.data["agreement"], entry.data["ends"]) == ("code_of_conduct", True)

    def test_without_a_needed_one_the_application_ends(self, cast):
        application = drafts.draft(cast.serik)
        applications.send(application=application, by=cast.serik)
        consents.withdraw_consent(person=application.person, code="data_consent", by=cast.serik)
        application.refresh_from_db()
        assert application.state == "withdrawn"

    def test_one_that_is_not_needed_ends_nothing_and_may_be_given_again(self, cast):
        version = agreements.version_to_read(cast.nurlan, agreements.MENTOR_AGREEMENT)
        agree = {"person": cast.nurlan, "version": version, "by": cast.nurlan.user, "language": "kk"}
        agreements.accept_agreement(**agree)
        consents.withdraw_consent(person=cast.nurlan, code=agreements.MENTOR_AGREEMENT, by=cast.nurlan.user)
        assert clearance.clearance(cast.nurlan).ok
        agreements.accept_agreement(**agree)
        assert {one.code for one in consents.given(cast.nurlan)} == {"code_of_conduct", agreements.MENTOR_AGREEMENT}

    def test_not_twice_and_not_for_another(self, cast, sign_in):
        assert sign_in(cast.serik).post(reverse("my_data_consent", args=["code_of_conduct"])).status_code == 404
        with pytest.raises(consents.NotAllowed):
            consents.withdraw_consent(person=cast.nurlan, code="code_of_conduct", by=cast.aigul)
        with pytest.raises(consents.Refused):
            consents.withdraw_consent(person=cast.nurlan, code="nothing", by=cast.nurlan.user)


class TestDeleting:
    def test_at_once_visits_are_released_and_nobody_books_him(self, cast, sign_in):
        booking = hold(cast.nurlan, make_session(cast, starts_at=at(9)))
        here = sign_in(cast.nurlan.user)
        here.post(reverse("my_data_delete"))
        booking.refresh_from_db()
        assert booking.state not in HOLDING
        assert not clearance.clearance(cast.nurlan).ok
        assert OutgoingMessage.objects.filter(letter="volunteers/erasure_asked").count() == 1
        assert 'data-testid="wish"' in here.get(reverse("my_data")).content.decode()

    def test_other_devices_are_signed_out(self, cast):
        here, elsewhere = Client(), Client()
        for client in (here, elsewhere):
            client.post(reverse("account_login"), {"login": cast.serik.email, "password": builders.PASSWORD})
            assert client.get(reverse("my_data")).status_code == 200
        here.post(reverse("my_data_delete"))
        assert here.get(reverse("my_data")).status_code == 200
        assert elsewhere.get(reverse("my_data")).status_code == 302

    def test_he_may_take_it_back(self, cast, sign_in):
        client = sign_in(cast.nurlan.user)
        client.post(reverse("my_data_delete"))
        client.post(reverse("my_data_keep"))
        request = ErasureRequest.objects.get()
        assert request.cancelled_at
        assert clearance.clearance(cast.nurlan).ok
        assert deleting.erase_due(night_after(request)) == []
        assert User.objects.get(pk=cast.nurlan.user_id).is_active
        with pytest.raises(deleting.Refused, match="nothing_asked"):
            deleting.cancel(user=cast.nurlan.user)
        deleting.ask(user=cast.nurlan.user)  # and ask again

    def test_asking_twice_is_once(self, cast):
        assert deleting.ask(user=cast.serik) == deleting.ask(user=cast.serik)

    def test_neither_a_day_early_nor_a_day_late(self, cast):
        request = deleting.ask(user=cast.serik)
        assert request.due_on == timezone.localdate() + timedelta(days=GRACE)
        assert deleting.erase_due(request.due_on) == []
        assert deleting.erase_due(night_after(request)) == [request.code]
        assert User.objects.get(pk=cast.serik.pk).is_closed

    def test_a_trial_deletes_nothing(self, cast):
        request = deleting.ask(user=cast.serik)
        lines = {code for line in nightly.run(night_after(request), trial=True) for code in line.codes}
        assert request.code in lines
        assert User.objects.get(pk=cast.serik.pk).is_active and ledger.read() == {}

    def test_what_came_before_an_application_goes_at_once(self, cast):
        """He asked to be called back and was invited, and never applied: no record of a person leads there."""
        user = builders.make_user("caller")
        user.phone = "+77010000009"
        user.save()
        role = cast.nurlan.approvals.get().role
        Interest.objects.create(name="Қ", phone=user.phone, district=cast.taraz, language="kk")
        invited = {
            "name": "Қ",
            "role": role,
            "district": cast.taraz,
            "sent_by": cast.aigul,
            "expires_at": timezone.now(),
        }
        Invitation.objects.create(email=user.email, token_hash="1", **invited)
        Invitation.objects.create(phone=user.phone, token_hash="2", **invited)
        Invitation.objects.create(email="other@demo.example", token_hash="3", **invited)
        assert deleting.carry_out(request=deleting.ask(user=user))
        assert not Interest.objects.exists()
        assert Invitation.objects.get().email == "other@demo.example"

    def test_who_works_here_gives_up_the_role_first(self, cast, sign_in):
        client = sign_in(cast.ivan)
        with pytest.raises(deleting.Refused, match="role_in_force"):
            deleting.ask(user=cast.ivan)
        assert client.post(reverse("my_data_delete")).status_code == 409
        assert 'data-code="role_in_force"' in client.get(reverse("my_data")).content.decode()

    def test_a_role_that_came_meanwhile_stops_it(self, cast):
        request = deleting.ask(user=cast.serik)
        grant_role(user=cast.serik, role="trainer", by=None)
        assert deleting.erase_due(night_after(request)) == []
        assert User.objects.get(pk=cast.serik.pk).is_active

    def test_somebody_who_applies(self, cast):
        application = drafts.draft(cast.serik)
        applications.send(application=application, by=cast.serik)
        request = deleting.ask(user=cast.serik)
        deleting.erase_due(night_after(request))
        application.refresh_from_db()
        assert (application.state, application.answers) == ("withdrawn", "")
        assert application.anonymised_at and application.revisions.get().answers == "{}"
        assert {one.name for one in application.referees.all()} == {""}

    def test_no_letter_or_log_of_anybody_names_him_afterwards(self, cast, sign_in):
        """After a life in the portal that went through the services: letters to school and staff, reasons, tasks."""
        person = builders.make_mentor(
            "qarlygash", number=98, staff=cast, district=cast.taraz, family="Қарлығашева", given="Тамара"
        )
        words = [person.family_name, person.given_name, person.email, person.phone, person.iin_hash]
        session = make_session(cast, starts_at=at(9), seats_max=2)
        hold(cast.yerbol, session, seat_no=2)
        booking = book(session=session, by=person.user, note=f"{person.family_name} asks")
        cancel_booking(booking=booking, by=person.user, reason=f"{person.given_name} is ill")
        written = note_work(by=person.user, day=timezone.localdate(), minutes=30, kind="other", note=person.family_name)
        assert written
        stored = everything_stored()
        assert all(word in stored for word in words)
        request = deleting.ask(user=person.user)
        deleting.erase_due(night_after(request))
        stored = everything_stored()
        assert [word for word in words if word in stored] == []

    @pytest.mark.parametrize("secret", ["open_concern", "suspension", "refusal"])
    def test_what_protects_children_stays_and_nobody_is_told_of_whom(self, cast, sign_in, secret):
        """The account goes in both cases; of him whom a rule keeps the name stays until the rule lets go."""
        person = cast.nurlan
        if secret == "open_concern":
            Concern.objects.create(person=person, source="staff", level="low")
        elif secret == "suspension":
            reason = ReasonCode.objects.all()[0]
            Suspension.objects.create(person=person, reason_code=reason, note="n", opened_by=cast.aigul)
        else:
            person = past.declined_long_ago(cast).person
            decision = person.applications.get().decisions.get()
            decision.reason_codes.set(ReasonCode.objects.filter(code="court_ban"))
            type(decision).objects.update(confirmed_at=timezone.now() - timedelta(days=3000))
        name, page = person.family_name, reverse("my_data_delete")
        words = without_tokens(sign_in(person.user).get(page).content.decode())
        assert words == without_tokens(sign_in(cast.yerbol.user).get(page).content.decode())
        request = deleting.ask(user=person.user)
        assert deleting.erase_due(night_after(request)) == [request.code]
        person.refresh_from_db()
        assert User.objects.get(pk=person.user_id).is_closed
        assert person.family_name == name and person.iin
        assert deleting.erase_due(night_after(request)) == []  # it waits
        if secret == "open_concern":
            Concern.objects.update(closed_at=timezone.now())
            assert deleting.erase_due(night_after(request)) == [request.code]
            person.refresh_from_db()
            assert (person.family_name, person.iin_hash) == ("", None)

    def test_hours_that_were_reported_stay_without_a_name(self, cast):
        attended(cast, starts_at=at(-40))
        minutes = [entry.minutes for entry in cast.nurlan.hours.all()]
        request = deleting.ask(user=cast.nurlan.user)
        deleting.erase_due(night_after(request))
        assert minutes and [entry.minutes for entry in cast.nurlan.hours.all()] == minutes
        assert Person.objects.get(pk=cast.nurlan.pk).full_name == ""

    def test_whoever_worked_here_once_keeps_his_name_in_records_of_office(self, cast):
        cast.gulnara.role_grants.update(ends_at=timezone.now())
        request = deleting.ask(user=User.objects.get(pk=cast.gulnara.pk))
        deleting.erase_due(night_after(request))
        gulnara = User.objects.get(pk=cast.gulnara.pk)
        assert gulnara.is_closed and gulnara.last_name == "Байжанова"


class TestStepUp:
    """Where the second factor is in force, a desk with an open browser is not enough."""

    @pytest.mark.parametrize("name", ["my_data_archive", "my_data_delete"])
    def test_archive_and_deletion_want_a_fresh_word(self, cast, sign_in, settings, name):
        settings.SECOND_FACTOR_REQUIRED = True
        answer = sign_in(cast.serik).post(reverse(name))
        assert answer.status_code == 302 and answer["Location"] != reverse("my_data")
        assert not DataArchive.objects.exists() and not ErasureRequest.objects.exists()

    def test_the_file_too(self, cast, sign_in, settings):
        client = sign_in(cast.serik)
        client.post(reverse("my_data_archive"))
        settings.SECOND_FACTOR_REQUIRED = True
        assert client.get(reverse("my_data_file")).status_code == 302


class TestAfterARestore:
    def erase(self, user, capture) -> ErasureRequest:
        with capture(execute=True):
            request = deleting.ask(user=user)
            deleting.erase_due(night_after(request))
        return request

    def test_a_restored_backup_brings_nobody_back(self, cast, django_capture_on_commit_callbacks):
        """The rows come back as they were, the ledger's table with them is empty; the file is not restored."""
        user, person = cast.nurlan.user, cast.nurlan
        rows = [(model, list(model.objects.filter(**own))) for model, own in self.copied(person)]
        request = self.erase(user, django_capture_on_commit_callbacks)
        Erasure.objects.all().delete()
        ErasureRequest.objects.filter(pk=request.pk).delete()
        for model, copies in rows:
            for copy in copies:
                columns = {field.attname: getattr(copy, field.attname) for field in model._meta.concrete_fields}
                model._base_manager.filter(pk=copy.pk).update(**columns)
        assert User.objects.get(pk=user.pk).email and Person.objects.get(pk=person.pk).family_name
        with django_capture_on_commit_callbacks(execute=True):
            call_command("replay_erasures")
        assert User.objects.get(pk=user.pk).is_closed
        assert Person.objects.get(pk=person.pk).family_name == ""
        assert deleting.replay() == (1, 0)

    def copied(self, person):
        return (
            (User, {"pk": person.user_id}),
            (Person, {"pk": person.pk}),
            (Application, {"person": person}),
            (Booking, {"person": person}),
        )

    def test_what_a_crash_kept_from_the_file_is_added_in_the_night(self, cast, django_capture_on_commit_callbacks):
        request = deleting.ask(user=cast.serik)
        deleting.erase_due(night_after(request))  # nothing runs after the commit
        assert ledger.read() == {}
        with django_capture_on_commit_callbacks(execute=True):
            assert ledger.complete() == [str(cast.serik.uuid)]
        assert set(ledger.read()) == {cast.serik.uuid}
        assert ledger.complete() == []

    def test_a_line_that_was_cut_off_is_written_anew(self, cast, settings, django_capture_on_commit_callbacks):
        self.erase(cast.serik, django_capture_on_commit_callbacks)
        settings.ERASURES_FILE.write_text(settings.ERASURES_FILE.read_text()[:50])
        assert ledger.read() == {}
        with django_capture_on_commit_callbacks(execute=True):
            ledger.complete()
        assert set(ledger.read()) == {cast.serik.uuid}

    def test_a_file_that_cannot_be_written_fails_the_job_of_the_night(
        self, cast, settings, tmp_path, django_capture_on_commit_callbacks
    ):
        """Also where nothing is missing in it yet."""
        settings.ERASURES_FILE = tmp_path / "not mounted" / "erasures.txt"
        with pytest.raises(FileNotFoundError), django_capture_on_commit_callbacks(execute=True):
            ledger.complete()

    def test_the_file_is_for_its_owner_only(self, cast, settings, django_capture_on_commit_callbacks):
        self.erase(cast.serik, django_capture_on_commit_callbacks)
        assert settings.ERASURES_FILE.stat().st_mode & 0o077 == 0
        assert "@" not in settings.ERASURES_FILE.read_text()
