"""Invitations by name, and "I am interested"."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.volunteers.links import newest_link
from volunteers.models import Application, Interest, Invitation, Organisation, ProgrammeRole
from volunteers.services import answers, outreach
from volunteers.views.public import eligible_key

ADDRESS = "ardager@demo.example"


@pytest.fixture
def role():
    return ProgrammeRole.objects.get(code="school_mentor")


@pytest.fixture
def veterans(cast) -> Organisation:
    return Organisation.objects.create(
        kind="veterans", district=cast.taraz, name_kk="Ардагерлер", name_ru="Ветераны", name_en="Veterans"
    )


@pytest.fixture
def invitation(cast, role, veterans) -> Invitation:
    return outreach.invite(
        by=cast.aigul, name="Қайрат Ахметов", email=ADDRESS, phone="", role=role, district=cast.taraz, language="ru",
        organisation=veterans,
    )  # fmt: skip


def test_the_link_leads_to_the_role_and_is_used_up_by_the_application(
    cast, invitation, role, sign_in, client, veterans
):
    link = newest_link("invitation", ADDRESS)
    assert link.startswith("/ru/invitation/")
    page = client.get(link)
    assert page.status_code == 200 and "no-store" in page["Cache-Control"] and "Ахметов" not in page.content.decode()
    client.get(link)  # a mail scanner opens it too
    serik = sign_in(cast.serik)
    answer = serik.post(link)
    assert answer.status_code == 302 and answer.url.endswith("/become-a-mentor/school_mentor/")
    session = serik.session
    session[eligible_key(role)] = True
    session.save()
    assert serik.post("/en/apply/start/school_mentor/").status_code == 302
    invitation.refresh_from_db()
    assert invitation.accepted_by == cast.serik and invitation.accepted_at
    application = Application.objects.get(person__user=cast.serik)
    assert answers.read(application)["organisation"]["organisation"] == veterans.pk
    assert client.get(link).status_code == 410


def test_a_new_link_replaces_the_old_one(cast, invitation, sign_in, client):
    link = newest_link("invitation", ADDRESS)
    assert sign_in(cast.aigul).post(f"/en/staff/invitations/{invitation.uuid}/again/").status_code == 302
    assert client.get(link).status_code == 410
    assert client.get(newest_link("invitation", ADDRESS)).status_code == 200


def test_an_invitation_ends_with_its_days(client, invitation):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    gone = client.get(newest_link("invitation", ADDRESS))
    assert gone.status_code == 410 and 'data-code="expired"' in gone.content.decode()


def test_the_page_invites_and_says_what_is_wrong(cast, role, sign_in):
    aigul = sign_in(cast.aigul)
    form = {"name": "Қайрат", "email": "", "phone": "", "role": role.pk, "district": cast.taraz.pk, "language": "kk"}
    wrong = aigul.post("/en/staff/invitations/", form)
    assert wrong.status_code == 422 and "Қайрат" in wrong.content.decode()
    assert aigul.post("/en/staff/invitations/", {**form, "phone": "8 701 222 33 44"}).status_code == 302
    assert OutgoingMessage.objects.get(letter="volunteers/invitation").channel == "sms"
    other = aigul.post("/en/staff/invitations/", {**form, "email": ADDRESS, "district": cast.zhambyl.pk})
    assert other.status_code == 422


def test_another_districts_coordinator_neither_sees_nor_resends(cast, invitation, sign_in):
    bolat = sign_in(cast.bolat)
    assert "Қайрат" not in bolat.get("/en/staff/invitations/").content.decode()
    assert bolat.post(f"/en/staff/invitations/{invitation.uuid}/again/").status_code == 404
    for somebody in (cast.dana, cast.gulnara, cast.root, cast.serik):
        assert sign_in(somebody).get("/en/staff/invitations/").status_code == 403
    with pytest.raises(NotAllowed):
        outreach.invite(
            by=cast.bolat, name="x", email=ADDRESS, phone="", role=invitation.role, district=cast.taraz, language="kk"
        )


def test_who_began_already_is_not_invited_again(cast, invitation):
    Invitation.objects.update(accepted_at=timezone.now(), accepted_by=cast.serik)
    with pytest.raises(Refused) as refused:
        outreach.invite_again(invitation=invitation, by=cast.aigul)
    assert refused.value.codes == ["accepted"]


# --- "I am interested" -------------------------------------------------------------------------------------------


def interested(client, cast, **changes):
    form = {
        "name": "Төлеген",
        "phone": "8 701 333 44 55",
        "district": cast.taraz.pk,
        "role": "school_mentor",
        **changes,
    }
    return client.post("/ru/become-a-mentor/call-me/", form)


def test_somebody_is_interested_and_the_coordinator_calls(cast, client, sign_in):
    assert 'data-testid="move-interest"' in client.get("/en/become-a-mentor/school_mentor/").content.decode()
    assert interested(client, cast).status_code == 302
    interest = Interest.objects.get()
    assert (interest.phone, interest.language, interest.role.code) == ("+77013334455", "ru", "school_mentor")
    task = StaffTask.objects.visible_to(cast.aigul).get(kind="interest")
    assert task.about == interest.code and not StaffTask.objects.visible_to(cast.bolat).filter(kind="interest").exists()
    aigul = sign_in(cast.aigul)
    assert "Төлеген" in aigul.get("/en/staff/interests/").content.decode()
    aigul.post(f"/en/staff/interests/{interest.uuid}/called/")
    interest.refresh_from_db()
    assert interest.called_by == cast.aigul
    bolat = sign_in(cast.bolat)
    assert "Төлеген" not in bolat.get("/en/staff/interests/").content.decode()
    assert bolat.post(f"/en/staff/interests/{interest.uuid}/called/").status_code == 404
    with pytest.raises(Interest.DoesNotExist):
        outreach.mark_called(interest=interest, by=cast.bolat)


def test_the_same_phone_asks_once(cast, client):
    interested(client, cast)
    interested(client, cast, name="Төлеген Б.")
    assert Interest.objects.count() == 1


def test_a_wrong_phone_is_explained_and_the_rest_kept(cast, client):
    page = interested(client, cast, phone="12")
    assert page.status_code == 422 and 'value="Төлеген"' in page.content.decode()
    assert not Interest.objects.exists()


def test_one_address_does_not_fill_the_desk(cast, client):
    statuses = [interested(client, cast, phone=f"8 701 333 44 {number:02d}").status_code for number in range(22)]
    assert statuses.count(302) == 20 and statuses[-1] == 429
    assert Interest.objects.count() == 20


def test_what_was_left_is_erased_after_its_days(cast, client, invitation):
    interested(client, cast)
    today = timezone.localdate()
    assert outreach.forget(today + timedelta(days=30)) == []
    interest = Interest.objects.get()
    assert outreach.forget(today + timedelta(days=31)) == [interest.code]
    assert not Interest.objects.exists() and Invitation.objects.exists()
    assert outreach.forget(today + timedelta(days=61)) == [invitation.code]
    assert OutgoingMessage.objects.get(letter="volunteers/invitation").address == ""


def test_both_lists_cost_the_same_for_one_and_many(cast, role, sign_in):
    aigul = sign_in(cast.aigul)

    def add(number: int) -> None:
        outreach.invite(
            by=cast.aigul, name="x", email=f"x{number}@demo.example", phone="", role=role, district=cast.taraz, language="kk"
        )  # fmt: skip
        outreach.ask_for_call(name="x", phone=f"+770100000{number:02d}", district=cast.taraz, language="kk", role=role)

    def queries() -> list[int]:
        counts = []
        for page in ("/en/staff/invitations/", "/en/staff/interests/"):
            with CaptureQueriesContext(connection) as captured:
                assert aigul.get(page).status_code == 200
            counts.append(len(captured))
        return counts

    add(0)
    queries()
    few = queries()
    for number in range(1, 20):
        add(number)
    assert queries() == few
