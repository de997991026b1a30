import pytest

from mentors.models import Profile
from mentors.services import save_profile
from portal.models import LogEntry, Topic
from portal.refusals import NotAllowed

pytestmark = pytest.mark.django_db

PAGE = "/en/my/profile/"


def test_his_own_district_until_he_chooses(cast, sign_in):
    page = sign_in(cast.nurlan.user).get(PAGE)
    assert page.context["form"].initial["districts"] == {cast.taraz.pk}
    assert not Profile.objects.exists()  # reading writes nothing


def test_he_chooses(cast, sign_in):
    topic = Topic.objects.first()
    client = sign_in(cast.nurlan.user)
    response = client.post(PAGE, {"districts": [cast.taraz.pk, cast.zhambyl.pk], "topics": [topic.pk]})
    assert response.status_code == 302
    profile = Profile.for_person(cast.nurlan)
    assert profile.district_ids() == {cast.taraz.pk, cast.zhambyl.pk}
    assert profile.topic_ids() == {topic.pk}
    entry = LogEntry.objects.get(action="profile.save")
    assert entry.data == {"districts": 2, "topics": 1, "digest": False}
    client.post(PAGE, {})
    assert Profile.for_person(cast.nurlan).district_ids() == {cast.taraz.pk}


def test_a_district_that_is_not_there(cast, sign_in):
    response = sign_in(cast.nurlan.user).post(PAGE, {"districts": [999999]})
    assert response.status_code == 200
    assert 'data-testid="error-summary"' in response.content.decode()


def test_only_his_own(cast):
    for other in (cast.aigul, cast.yerbol.user, cast.root):
        with pytest.raises(NotAllowed):
            save_profile(person=cast.nurlan, by=other, districts=[], topics=[])


def test_who_may_see_it(cast):
    save_profile(person=cast.nurlan, by=cast.nurlan.user, districts=[], topics=[])
    assert Profile.objects.visible_to(cast.nurlan.user).exists()
    assert Profile.objects.visible_to(cast.aigul).exists()
    assert not Profile.objects.visible_to(cast.bolat).exists()
    assert not Profile.objects.visible_to(cast.yerbol.user).exists()
