"""Travel time by mode (S14)."""

import pytest

from mentors import services
from mentors.models import Limits
from mentors.travel import way_of
from portal.refusals import Refused
from tests.events.builders import make_session


@pytest.mark.parametrize(
    ("kilometres", "travels_by", "minutes"),
    [
        (12, "bus", 65),  # 15.6 km of way are 52 minutes, and 10 of waiting
        (12, "car", 30),
        (3, "foot", 55),
        (0, "car", 5),
        (0, "bus", 10),
        (100, "car", 225),
    ],
)
def test_s14_minutes_are_reckoned_from_the_line_and_rounded_up(kilometres, travels_by, minutes):
    assert way_of(kilometres, Limits(travels_by=travels_by)).minutes == minutes


def test_without_a_district_nothing_is_said():
    assert way_of(None, Limits()) is None


@pytest.mark.django_db
class TestPages:
    def test_he_chooses_how_he_travels_and_cards_say_how_long(self, cast, sign_in):
        session, client = make_session(cast), sign_in(cast.nurlan.user)
        by_bus = client.get("/en/sessions/").content.decode()
        assert "by bus" in by_bus
        assert "reckoned" in by_bus
        response = client.post("/en/my/times/limits/", {"limits-travels_by": "car"})
        assert response.status_code == 302
        assert "by car" in client.get("/en/sessions/").content.decode()
        assert "by car" in client.get(f"/en/sessions/{session.uuid}/").content.decode()
        services.save_limits(person=cast.nurlan, by=cast.nurlan.user, travels_by="foot")
        assert "on foot" in client.get(f"/en/sessions/{session.uuid}/").content.decode()

    def test_a_way_of_travelling_that_is_none(self, cast):
        with pytest.raises(Refused) as refused:
            services.save_limits(person=cast.nurlan, by=cast.nurlan.user, travels_by="horse")
        assert refused.value.codes == ["travel"]

    def test_staff_who_are_no_mentors_see_no_way(self, cast, sign_in):
        page = sign_in(cast.aigul).get(f"/en/sessions/{make_session(cast).uuid}/").content.decode()
        assert 'data-testid="distance"' not in page
