"""What is done while a referee does not answer: new links, reminders, bounces, answers by phone; another referee."""

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.models import OutgoingMessage, StaffTask
from portal.refusals import NotAllowed, Refused
from tests.people import Cast
from tests.volunteers.drafts import received, referee
from tests.volunteers.links import newest_link
from tests.volunteers.test_references import BAD, GOOD, REASON
from volunteers.models import Application, RefereeRequest, ReferenceResponse
from volunteers.services import applications, chasing, decisions, references, replacing
from volunteers.services.guards import missing_for_approval
from volunteers.states import ApplicationState

OFFLINE = {**GOOD, "channel": "phone"}


@pytest.fixture
def application(cast: Cast) -> Application:
    application = received(cast.serik)
    decisions.accept(application=application, by=cast.aigul, no_conflict=True)
    application.refresh_from_db()
    return application


@pytest.fixture
def request_(application) -> RefereeRequest:
    return application.referees.get(email="ref1@demo.example")


@pytest.fixture
def link(request_) -> str:
    return newest_link("reference_request", "ref1@demo.example")


def at(request_: RefereeRequest, step: str) -> str:
    return f"/en/staff/references/{request_.uuid}/{step}/"


def in_days(days: int):
    return timezone.localdate() + timedelta(days=days)


def test_scenario_18_a_resent_link_replaces_the_old_one(sign_in, client, cast, request_, link):
    assert sign_in(cast.aigul).post(at(request_, "resend")).status_code == 302
    fresh = newest_link("reference_request", "ref1@demo.example")
    assert fresh != link and fresh.startswith("/ru/reference/")
    gone = client.get(link)
    assert gone.status_code == 410 and "newest letter" in client.get(link.replace("/ru/", "/en/")).content.decode()
    assert client.get(fresh).status_code == 200
    assert client.post(fresh, GOOD).status_code == 200


def test_scenario_18_aigul_replaces_a_referee_and_the_old_link_dies(sign_in, client, cast, request_, link):
    aigul = sign_in(cast.aigul)
    assert aigul.get(at(request_, "replace")).status_code == 200
    assert aigul.post(at(request_, "replace"), referee(3)).status_code == 302
    request_.refresh_from_db()
    assert request_.state == "replaced" and request_.replaced_by.email == "ref3@demo.example"
    assert client.get(link).status_code == 410
    assert client.get(newest_link("reference_request", "ref3@demo.example")).status_code == 200


def test_staff_do_not_name_a_colleague_as_a_referee(sign_in, cast, request_):
    page = sign_in(cast.aigul).post(at(request_, "replace"), referee(3, email="BOLAT@demo.example"))
    assert page.status_code == 422 and "belongs to a member of staff" in page.content.decode()
    with pytest.raises(Refused) as refused:
        replacing.replace(request=request_, by=cast.aigul, referee=referee(3, email="aigul@demo.example"))
    assert refused.value.codes == ["referee:email"]


def test_only_staff_of_the_case_arrange_references(cast, request_):
    for somebody in (cast.bolat, cast.ivan, cast.saule, cast.gulnara, cast.root, cast.serik):
        for act in (chasing.resend, chasing.mark_bounced):
            with pytest.raises((NotAllowed, Application.DoesNotExist)):
                act(request=request_, by=somebody)
    request_.refresh_from_db()
    assert request_.state == "sent"


def test_an_answered_request_is_not_sent_again(client, cast, request_, link):
    client.post(link, GOOD)
    with pytest.raises(Refused) as refused:
        chasing.resend(request=request_, by=cast.aigul)
    assert refused.value.codes == ["answered"]


def test_a_letter_that_came_back_asks_the_applicant_for_another_referee(sign_in, client, cast, request_, link):
    sign_in(cast.aigul).post(at(request_, "bounced"))
    request_.refresh_from_db()
    assert request_.state == "bounced" and request_.bounced_at
    assert client.get(link).status_code == 410
    assert OutgoingMessage.objects.filter(letter="volunteers/another_referee_needed", recipient=cast.serik).exists()
    assert "Please name another referee" in sign_in(cast.serik).get("/en/my/").content.decode()


def fail(request_: RefereeRequest, failure: str, state: str = "failed") -> None:
    """What became of the letter with his link."""
    letters = OutgoingMessage.objects.filter(letter="volunteers/reference_request", address=request_.email)
    assert letters.update(state=state, failure=failure) == 1


@pytest.mark.parametrize(("state", "failure"), [("failed", "SMTPRecipientsRefused"), ("bounced", "5.1.1")])
def test_a_letter_that_cannot_be_delivered_counts_as_come_back_the_next_night(cast, request_, state, failure):
    fail(request_, failure, state)
    assert chasing.chase_referees(timezone.localdate()) == [request_.code]
    request_.refresh_from_db()
    assert request_.state == "bounced"
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="referee_bounced").count() == 1
    assert chasing.chase_referees(timezone.localdate()) == []


@pytest.mark.parametrize("failure", ["ConnectionRefusedError", "421", "NotTaken"])
def test_a_mail_server_of_our_own_that_is_away_is_no_wrong_address(request_, failure):
    fail(request_, failure)
    assert chasing.chase_referees(timezone.localdate()) == []
    request_.refresh_from_db()
    assert request_.state == "sent"
    assert not OutgoingMessage.objects.filter(letter="volunteers/another_referee_needed").exists()


def test_reminders_come_after_7_and_14_days_with_a_new_link_and_the_same_last_day(client, request_, link):
    first, second = timezone.localdate(request_.sent_at) + timedelta(7), in_days(14)
    assert chasing.chase_referees(first - timedelta(days=1)) == []
    assert len(chasing.chase_referees(first)) == 2
    assert chasing.chase_referees(first) == []
    fresh = newest_link("reference_reminder", "ref1@demo.example")
    letter = OutgoingMessage.objects.filter(letter="volunteers/reference_reminder", address="ref1@demo.example").get()
    assert letter.language == "ru" and letter.is_secret
    assert client.get(link).status_code == 410 and client.get(fresh).status_code == 200
    before = request_.expires_at
    assert len(chasing.chase_referees(second + timedelta(days=1))) == 2
    request_.refresh_from_db()
    assert (request_.reminders, request_.expires_at) == (2, before)


def test_missed_nights_are_not_made_up_for(request_):
    assert len(chasing.chase_referees(in_days(15))) == 2
    assert chasing.chase_referees(in_days(15)) == []
    assert OutgoingMessage.objects.filter(letter="volunteers/reference_reminder").count() == 2


def test_a_link_is_given_up_on_the_day_after_its_last(cast, request_):
    last = timezone.localdate(request_.expires_at)
    chasing.chase_referees(last)
    request_.refresh_from_db()
    assert request_.state == "sent"
    chasing.chase_referees(last + timedelta(days=1))
    request_.refresh_from_db()
    assert request_.state == "expired"
    assert StaffTask.objects.visible_to(cast.aigul).filter(kind="referee_bounced").count() == 2
    chasing.resend(request=request_, by=cast.aigul)
    request_.refresh_from_db()
    assert request_.state == "sent" and timezone.localdate(request_.expires_at) >= in_days(21)


def test_nobody_is_chased_in_a_closed_case(application, cast):
    applications.withdraw(application=application, by=cast.serik)
    assert chasing.chase_referees(in_days(30)) == []


def test_scenario_20_a_reference_by_phone_is_marked_and_assessed_by_somebody_else(
    sign_in, cast, request_, link, client
):
    aigul = sign_in(cast.aigul)
    assert aigul.get(at(request_, "offline")).status_code == 200
    assert aigul.post(at(request_, "offline"), OFFLINE).status_code == 302
    assert client.get(link).status_code == 410
    response = ReferenceResponse.objects.get(request=request_)
    assert (response.channel, response.recorded_by, response.request.state) == ("phone", cast.aigul, "offline")
    page = aigul.get(f"/en/staff/applications/{request_.application.uuid}/").content.decode()
    assert 'data-channel="phone"' in page and "by phone" in page and "үйірмесінде" not in page
    with pytest.raises(NotAllowed):
        references.assess(response=response, by=cast.aigul, result="accepted", called_back=True)
    references.assess(response=response, by=cast.dana, result="accepted", called_back=True)
    response.refresh_from_db()
    assert response.assessed_by == cast.dana


def test_a_lead_who_wrote_it_down_does_not_assess_it(cast, request_, sign_in):
    references.record_offline(request=request_, by=cast.dana, channel="paper", data=GOOD)
    response = ReferenceResponse.objects.get(request=request_)
    with pytest.raises(NotAllowed) as refused:
        references.assess(response=response, by=cast.dana, result="accepted", called_back=True)
    assert refused.value.codes == ["recorded_by_you"]
    assert "move-assess" not in sign_in(cast.dana).get(f"/en/staff/references/{request_.uuid}/").content.decode()
    references.assess(response=response, by=cast.marat, result="accepted", called_back=True)


def test_a_reference_by_phone_counts_like_any_other(cast, application):
    for request in application.referees.all():
        references.record_offline(request=request, by=cast.aigul, channel="phone", data=GOOD)
        response = ReferenceResponse.objects.get(request=request)
        references.assess(response=response, by=cast.dana, result="accepted", called_back=True)
    assert not any("reference" in reason.code for reason in missing_for_approval(application))


def test_i_cannot_by_phone_asks_for_another_referee(sign_in, cast, request_):
    answer = sign_in(cast.aigul).post(
        at(request_, "offline"), {"channel": "phone", "can_give": "no", "reason": "уақыты жоқ"}
    )
    assert answer.status_code == 302
    request_.refresh_from_db()
    assert (request_.state, request_.response.channel) == ("declined", "phone")


@pytest.mark.parametrize("channel", ["form", "", "sms"])
def test_an_unknown_way_is_refused(cast, request_, channel):
    with pytest.raises(Refused) as refused:
        references.record_offline(request=request_, by=cast.aigul, channel=channel, data=GOOD)
    assert refused.value.codes == ["channel_unknown"]


def test_scenario_16_a_named_reason_opens_a_concern_and_holds_the_case(client, cast, application, link, sign_in):
    assert client.post(link, {**BAD, "reason_details": " "}).status_code == 422
    client.post(link, BAD)
    application.refresh_from_db()
    assert application.state == ApplicationState.ON_HOLD
    concern = application.concerns.get()
    assert (concern.source, concern.level, concern.text) == ("referee", "serious", "")
    page = sign_in(cast.aigul).get(f"/en/staff/applications/{application.uuid}/").content.decode()
    assert REASON[:20] not in page and concern.code not in page and "a concern was raised" not in page
    his = sign_in(cast.serik).get("/en/my/").content.decode()
    assert "Checks are under way" in his and "concern" not in his


def test_a_reason_by_phone_is_a_concern_that_its_writer_does_not_close(cast, request_, application):
    references.record_offline(request=request_, by=cast.dana, channel="phone", data=BAD)
    assert application.concerns.get().raised_by == cast.dana


def test_the_referee_may_let_the_applicant_read_his_answers(client, link, request_):
    client.post(link, {**GOOD, "shareable": "on"})
    response = ReferenceResponse.objects.get(request=request_)
    assert response.shareable and "shareable" not in response.answers


@pytest.mark.parametrize("field", ["warned", "reliable", "boundaries", "stress"])
def test_every_question_is_asked(client, link, field):
    page = client.post(link, {**GOOD, field: ""})
    assert page.status_code == 422 and f'<a href="#id_{field}' in page.content.decode()


def test_a_warning_needs_its_words(client, link):
    assert client.post(link, {**GOOD, "warned": "yes"}).status_code == 422
    assert client.post(link, {**GOOD, "warned": "yes", "warned_details": "2011, ескерту"}).status_code == 200


def entry(organisation: str, *, with_children: bool = True) -> dict:
    return {"kind": "volunteering", "organisation": organisation, "with_children": with_children}


@pytest.mark.parametrize(
    ("entries", "heard", "unheard"),
    [
        ([], [], []),
        ([entry("№ 8 мектеп")], [], ["№ 8 мектеп"]),
        ([entry("№ 8 мектеп")], ["  № 8  МЕКТЕП, мұғалім"], []),
        ([entry("№ 8 мектеп", with_children=False)], [], []),
        ([entry("Үйірме"), entry("үйірме")], [""], ["Үйірме"]),
        ([entry("")], [], []),
    ],
)
def test_an_organisation_with_children_from_which_no_referee_comes_is_pointed_out(entries, heard, unheard):
    assert replacing.unheard_organisations(entries, heard) == unheard
