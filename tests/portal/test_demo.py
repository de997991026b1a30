"""The demonstration has a filled page of each kind, and its nightly job finds nothing amiss."""

import pytest

from portal import nightly
from portal.management.commands.seed_demo import seed
from volunteers.models import Appeal, Application, Concern, DoNotEngage, Hold, Interest, Invitation
from volunteers.states import ApplicationState

pytestmark = pytest.mark.django_db


def test_there_is_one_of_each_and_the_night_goes_well():
    seed()
    states = set(Application.objects.values_list("state", flat=True))
    assert states >= set(ApplicationState) - {ApplicationState.LAPSED}
    assert set(Hold.objects.values_list("reason", flat=True)) >= {
        Hold.Reason.CONCERN,
        Hold.Reason.DO_NOT_ENGAGE,
        Hold.Reason.DUPLICATE,
    }
    assert set(Concern.objects.values_list("level", flat=True)) == set(Concern.Level)
    assert DoNotEngage.objects.in_force().exists() and DoNotEngage.objects.filter(confirmed_at=None).exists()
    assert Interest.objects.filter(called_at=None).exists() and Invitation.objects.filter(accepted_at=None).exists()
    assert Appeal.objects.filter(decided_at=None).exists()
    assert [line for line in nightly.run() if line.failure] == []
