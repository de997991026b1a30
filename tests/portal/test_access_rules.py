"""The reach of a grant: what lies nowhere is not everybody's, and a school's grant opens no people."""

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from portal import access, services
from portal.access import Reach, Role
from portal.models import RoleGrant
from portal.refusals import NotAllowed
from volunteers.models import Person

pytestmark = pytest.mark.django_db


def test_a_grant_reaches_its_district_and_no_further(cast):
    taraz, zhambyl = Reach(district_id=cast.taraz.pk), Reach(district_id=cast.zhambyl.pk)
    assert access.allows(cast.aigul, "application.accept", taraz)
    assert not access.allows(cast.aigul, "application.accept", zhambyl)
    assert access.allows(cast.dana, "application.confirm", zhambyl)


def test_a_record_without_a_district_is_the_oblasts_only(cast):
    nowhere = Reach(subject_id=None)
    assert not access.allows(cast.aigul, "standing.suspend", nowhere)
    assert access.allows(cast.dana, "standing.suspend", nowhere)


def test_nobody_has_a_permission_over_himself(cast):
    assert not access.allows(cast.dana, "application.confirm", Reach(subject_id=cast.dana.pk))


def test_a_school_goes_with_its_contact_person_only(cast):
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(user=cast.serik, role=Role.COORDINATOR, school=cast.school)
    with pytest.raises(IntegrityError), transaction.atomic():
        RoleGrant.objects.create(user=cast.serik, role=Role.SCHOOL_CONTACT)
    with pytest.raises(CommandError):
        call_command("grant_role", cast.serik.email, Role.COORDINATOR, school=cast.school.number)


def test_a_contact_person_reaches_no_people(cast):
    assert not Person.objects.visible_to(cast.gulnara).exists()


def test_a_role_given_and_taken_back_counts_at_once(cast, sign_in):
    call_command("grant_role", cast.serik.email, Role.COORDINATOR, district="zhambyl")
    assert sign_in(cast.serik).get("/ru/staff/applications/").status_code == 200
    call_command("grant_role", cast.serik.email, Role.COORDINATOR, district="zhambyl", end=True)
    assert sign_in(cast.serik).get("/ru/staff/applications/").status_code == 403


def test_nobody_grants_a_role_to_himself_and_only_an_administrator_grants(cast):
    for by in (cast.serik, cast.aigul):
        with pytest.raises(NotAllowed):
            services.grant_role(user=cast.serik, role=Role.EDITOR, by=by)
    with pytest.raises(NotAllowed):
        services.grant_role(user=cast.root, role=Role.EDITOR, by=cast.root)
    assert services.grant_role(user=cast.serik, role=Role.EDITOR, by=cast.root).granted_by == cast.root
