import pytest

from volunteers.clearance import SCHOOL_SESSION
from volunteers.models import AgreementVersion, CheckType, PolicyVersion, ProgrammeRole, ReasonCode, TrainingModule
from volunteers.reference import CHECK_RULES, eligibility_questions, load_reference

pytestmark = pytest.mark.django_db


def test_loading_twice_adds_nothing_and_overwrites_nothing(django_assert_max_num_queries):
    load_reference()
    CheckType.objects.filter(code="identity").update(name_en="Passport", validity_days=10)
    counts = [model.objects.count() for model in (CheckType, PolicyVersion, AgreementVersion, ReasonCode)]

    with django_assert_max_num_queries(12):
        load_reference()

    assert [model.objects.count() for model in (CheckType, PolicyVersion, AgreementVersion, ReasonCode)] == counts
    assert CheckType.objects.get(code="identity").name_en == "Passport"


def test_every_check_type_has_words_and_rules():
    load_reference()
    assert set(CheckType.objects.values_list("code", flat=True)) == set(CHECK_RULES)
    for check_type in CheckType.objects.all():
        assert check_type.name_kk and check_type.name_ru and check_type.name_en
        if check_type.kind == CheckType.Kind.CHECK:
            assert check_type.method_choices and check_type.verifiers and check_type.file_readers


@pytest.mark.parametrize("code", ["criminal_record", "self_disclosure", "court_ban"])
def test_only_the_safeguarding_lead_opens_sensitive_papers(code):
    load_reference()
    assert CheckType.objects.get(code=code).file_readers == ["safeguarding_lead"]


def test_roles_meet_children_in_school_sessions_and_never_one_to_one():
    load_reference()
    for role in ProgrammeRole.objects.all():
        assert role.formats == [SCHOOL_SESSION.format]
        assert role.texts["benefits"]["kk"] and role.texts["disqualifiers"]["ru"] and role.texts["time"]["en"]
        assert role.policies.get().requirements.filter(stage="onboarding").count() == 2


def test_a_teacher_brings_the_confirmation_of_his_school():
    load_reference()
    codes = PolicyVersion.objects.get(role__code="teacher_mentor").requirements.values_list(
        "check_type__code", flat=True
    )
    assert "employment" in codes


def test_one_record_of_one_module_is_the_induction():
    load_reference()
    assert TrainingModule.objects.get(code="induction").check_type.code == "induction"


def test_questions_stop_on_yes_or_no_in_three_languages():
    for question in eligibility_questions():
        assert question["stop_on"] in {"yes", "no"}
        assert set(question["text"]) == set(question["stop_text"]) == {"kk", "ru", "en"}
