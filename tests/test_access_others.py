"""What is not mine does not exist: 404 for the record of another person, district or school, no word of it anywhere, and
nothing changes in it, by whatever number it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import transaction
from django.forms import ModelChoiceField
from django.test import Client

from tests.access.addresses import address
from tests.access.asking import ask, client_of, text_of, watching
from tests.access.forms import Form, forms_of
from tests.access.judging import Judge, Rows, secrets
from tests.access.rows import (
    ACCESS,
    APPLIED,
    EVERYBODY,
    FAR_PEOPLE,
    LEADS,
    MENTORS,
    NONE,
    OBLAST,
    SIGNED_IN,
    Row,
    form,
    reads,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("plain_refusals", "in_demo_mode")]

NEAR_PEOPLE = EVERYBODY - FAR_PEOPLE
BY_LINK = {"coming"}  # tells whoever is signed in as somebody else that the link is not his
# Far away more get in than the people of the oblast: a link is for whoever has it, sessions and training meetings are open
# to every mentor, certificates and badges to everybody.
OPEN: dict[str, Row] = {
    "badge": ACCESS["badge"],
    "certificate_check": ACCESS["certificate_check"],
    "coming": form({"nobody"}),
    "digest_stop": ACCESS["digest_stop"],
    "my_training_give_up": reads(APPLIED),
    "my_training_take": form(APPLIED),
    "session_book": form(SIGNED_IN, post=MENTORS),
    "session_detail": reads(MENTORS | LEADS),
    "session_join": form(MENTORS | LEADS, post=MENTORS),
    # They lead on to a page of one's own, whatever record they name.
    "booking_cancel": reads(SIGNED_IN),
    "my_work_withdraw": reads(SIGNED_IN),
    "school_request_discard": form(NONE, post={"gulnara"}),
}


@pytest.fixture(scope="module")
def judge(far) -> Judge:
    return Judge(far["rows"], secrets(far))


def let_in_far_away(name: str) -> Row:
    """Who of the near people gets in where the record is far away."""
    if name in OPEN:
        return OPEN[name]
    people = OBLAST | ({"ivan"} if "tolkyn" in ACCESS[name].get else NONE)  # he trains everywhere
    return Row(ACCESS[name].get & people, ACCESS[name].post & people)


def names_with_a_record(near: dict, far: dict) -> list[str]:
    return [name for name in sorted(ACCESS) if address(name, near) != address(name, far)]


@pytest.mark.parametrize("person", sorted(NEAR_PEOPLE))
def test_a_record_of_others_is_not_there(person, world, far, keys, judge):
    client, wrong = client_of(keys[person]), []
    for name in names_with_a_record(world, far):
        allowed, own = let_in_far_away(name), ACCESS[name]
        for method, may, has_role in (
            ("GET", person in allowed.get, person in own.get),
            ("POST", person in allowed.post, person in own.post),
        ):
            if may:
                continue
            answer = ask(
                client, method, address(name, far), {"reason": "x", "no_conflict": "on"} if method == "POST" else None
            )
            if not answer.refused:
                wrong.append((name, method, answer.status))
            elif has_role and answer.status != 404 and name not in BY_LINK:
                wrong.append((name, method, f"{answer.status}, not 404"))
            if told := judge.told(answer.text):
                wrong.append((name, method, told))
            if answer.wrote:
                wrong.append((name, method, set(answer.wrote)))
    assert not wrong


def offered(client: Client, url: str) -> tuple[list[Form], dict[str, type]]:
    """The forms of a page, and the models from which their lists choose."""
    response = client.get(url)
    if response.status_code != 200 or "html" not in response.headers.get("Content-Type", ""):
        return [], {}
    chosen_from = {}
    for layer in response.context or []:
        for value in layer.dicts if hasattr(layer, "dicts") else [layer]:
            for found in value.values() if isinstance(value, dict) else []:
                fields = getattr(found, "fields", None)
                if isinstance(fields, dict):
                    chosen_from |= {
                        name: field.queryset.model
                        for name, field in fields.items()
                        if isinstance(field, ModelChoiceField)
                    }
    return forms_of(text_of(response), url), chosen_from


def exchanged(form: Form, models: dict[str, type], near: dict, far: dict) -> Iterator[dict]:
    """The form filled in, once for each field that names a record and each record of others that could stand there."""
    pairs = {}
    for key, record in near.items():
        if hasattr(record, "pk") and key in far:
            pairs |= {
                str(record.pk): str(far[key].pk),
                str(getattr(record, "uuid", "")): str(getattr(far[key], "uuid", "")),
            }
    rows: Rows = far["rows"]
    for field in form.fields:
        instead = {pairs[value] for value in field.values if value in pairs}
        model = models.get(field.name)
        if model is not None and (others := rows.get(model._meta.db_table)):
            found = model._base_manager.filter(pk__in=others)
            instead |= {str(row.pk) for row in found} | {str(row.uuid) for row in found if hasattr(row, "uuid")}
        for value in sorted(instead - set(field.values)):  # what the page offers him is his to choose
            yield form.filled() | {field.name: [value]}


@pytest.mark.parametrize("person", sorted(NEAR_PEOPLE - OBLAST - {"nobody"}))
def test_a_number_of_others_in_a_form_ties_nothing_to_them(person, world, far, keys, judge):
    client, wrong = client_of(keys[person]), []
    for name in sorted(ACCESS):
        if person not in ACCESS[name].get or name in {"exit", "account_logout"}:
            continue
        forms, models = offered(client, address(name, world))
        for found in forms:
            for sent in exchanged(found, models, world, far):
                with transaction.atomic():
                    with watching() as written:
                        response = getattr(client_of(keys[person]), found.method)(found.url, sent)
                        told = judge.told(text_of(response)) if response.status_code < 300 else []
                    wrong += [(name, found.url, what) for what in [*judge.harm(written), *told]]
                    transaction.set_rollback(True)
    assert not wrong
