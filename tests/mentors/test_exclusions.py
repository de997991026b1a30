"""What keeps a mentor from a school or from another mentor: who writes it, who reads why."""

from __future__ import annotations

import pytest

from mentors.models import Exclusion
from mentors.services import add_exclusion, end_exclusion
from portal.models import LogEntry
from portal.refusals import NotAllowed, Refused
from volunteers.models import Person

pytestmark = pytest.mark.django_db
WHY = "The head of the school asked for it."


def page(person) -> str:
    return f"/en/staff/people/{person.uuid}/exclusions/"


def test_a_coordinator_writes_it_and_only_the_lead_reads_why(cast, sign_in):
    data = {"kind": "school", "school": cast.school.pk, "why": WHY}
    assert sign_in(cast.aigul).post(page(cast.nurlan), data).status_code == 302
    exclusion = Exclusion.objects.get()
    assert (exclusion.school, exclusion.created_by, exclusion.why) == (cast.school, cast.aigul, WHY)
    assert WHY.encode() not in bytes(exclusion.why_sealed)
    shown = sign_in(cast.aigul).get(page(cast.nurlan)).content.decode()
    assert WHY not in shown and 'data-testid="read-why"' not in shown
    address = f"/en/staff/exclusions/{exclusion.uuid}/"
    assert sign_in(cast.aigul).get(address).status_code == 403
    assert WHY in sign_in(cast.dana).get(address).content.decode()
    entry = LogEntry.objects.get(kind="view", action="exclusion_why")
    assert (entry.actor, entry.object_code) == (cast.dana, exclusion.code)
    assert WHY not in str(list(LogEntry.objects.values_list("data", "reason")))


def test_another_mentor_is_found_by_name(cast, sign_in):
    client = sign_in(cast.aigul)
    html = client.get(page(cast.nurlan) + "?name=Сейітов").content.decode()
    assert str(cast.yerbol.uuid) in html
    data = {"kind": "apart", "other": str(cast.yerbol.uuid), "name": "Сейітов", "why": WHY}
    assert client.post(page(cast.nurlan), data).status_code == 302
    assert Exclusion.objects.get().other == cast.yerbol
    assert cast.nurlan.full_name in client.get(page(cast.yerbol)).content.decode()  # named from the other side too


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "school", "why": WHY},
        {"kind": "apart", "why": WHY},
        {"kind": "apart", "why": WHY, "other": "00000000-0000-0000-0000-000000000000", "name": "x"},
        {"kind": "nothing", "why": WHY},
        {"kind": "school", "why": "short"},
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_is_kept(cast, sign_in, data):
    if data["why"] == "short":
        data = {**data, "school": cast.school.pk}
    response = sign_in(cast.aigul).post(page(cast.nurlan), data)
    assert response.status_code == 422
    assert data["why"] in response.content.decode()
    assert not Exclusion.objects.exists()


def test_the_same_once_more_is_the_same_from_either_side(cast):
    first = add_exclusion(person=cast.nurlan, by=cast.dana, kind="apart", other=cast.yerbol, why=WHY)
    assert add_exclusion(person=cast.yerbol, by=cast.dana, kind="apart", other=cast.nurlan, why=WHY) == first
    relatives = add_exclusion(person=cast.yerbol, by=cast.dana, kind="relatives", other=cast.nurlan, why=WHY)
    assert relatives != first


def test_ended_it_stays_on_record_and_can_be_made_anew(cast, sign_in):
    first = add_exclusion(person=cast.nurlan, by=cast.dana, kind="school", school=cast.school, why=WHY)
    address = f"/en/staff/exclusions/{first.uuid}/end/"
    assert [sign_in(cast.aigul).post(address).status_code for _time in range(2)] == [302, 302]
    first.refresh_from_db()
    assert first.ended_by == cast.aigul
    assert LogEntry.objects.filter(action="exclusion.end").count() == 1
    assert add_exclusion(person=cast.nurlan, by=cast.dana, kind="school", school=cast.school, why=WHY) != first


def test_nobody_writes_of_himself_or_out_of_reach(cast):
    arguments = {"kind": "school", "school": cast.school, "why": WHY}
    for by in (cast.nurlan.user, cast.bolat, cast.gulnara, cast.root):
        with pytest.raises(NotAllowed):
            add_exclusion(person=cast.nurlan, by=by, **arguments)
    Person.objects.filter(pk=cast.yerbol.pk).update(user=None)
    Person.objects.filter(pk=cast.yerbol.pk).update(user=cast.dana)
    with pytest.raises(NotAllowed):
        add_exclusion(person=cast.nurlan, by=cast.dana, kind="apart", other=cast.yerbol, why=WHY)
    exclusion = add_exclusion(person=cast.nurlan, by=cast.marat, kind="apart", other=cast.yerbol, why=WHY)
    with pytest.raises(Exclusion.DoesNotExist):
        end_exclusion(exclusion=exclusion, by=cast.dana)  # it is about her as well
    assert not Exclusion.objects.visible_to(cast.nurlan.user).exists()


def test_a_school_and_a_mentor_at_once_is_neither(cast):
    with pytest.raises(Refused) as refused:
        add_exclusion(person=cast.nurlan, by=cast.dana, kind="school", school=cast.school, other=cast.yerbol, why=WHY)
    assert refused.value.codes == ["target"]
