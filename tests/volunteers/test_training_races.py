"""Two people and the last place of a training: real threads and connections, both engines."""

from __future__ import annotations

from collections import Counter

import pytest

from portal.models import OutgoingMessage
from tests.people import make_cast
from tests.racing import together
from tests.volunteers.test_meetings import page, plan
from tests.volunteers.test_training import answers, module
from volunteers.models import QuizAttempt
from volunteers.services import training

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def committed(transactional_db):
    return make_cast()


def taking(client, meeting):
    return lambda: client.post(page("my_training_take", meeting.uuid)).status_code


def test_the_last_place_is_given_once(committed, sign_in):
    for turn in range(3):
        meeting = plan(committed, days=5 + turn, seats=1)
        people = (committed.nurlan, committed.yerbol)
        results = Counter(together(*(taking(sign_in(person.user), meeting) for person in people)))
        assert results == {302: 1, 409: 1}
        assert meeting.places.holding().count() == 1
    assert OutgoingMessage.objects.filter(letter="volunteers/training_place").count() == 3


def test_one_form_sent_twice_is_one_try(committed):
    person, quiz = committed.nurlan, module()
    call = {"person": person, "module": quiz, "by": person.user, "answers": answers(quiz, 10)}
    first, second = together(*(lambda: training.take_quiz(**call).pk for _turn in range(2)))
    assert first == second
    assert QuizAttempt.objects.count() == 1
