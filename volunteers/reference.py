"""Reference data of vetting: roles, kinds of checks, policies, texts to accept, reasons. Words come from the TOML
files in `reference/`, rules from the tables here. Loading adds what is missing and never touches what exists."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from django.db import transaction

from portal.access import Role
from volunteers.models import (
    Agreement,
    AgreementVersion,
    CheckType,
    PolicyVersion,
    ProgrammeRole,
    ReasonCode,
    Requirement,
    TrainingModule,
)

FOLDER = Path(__file__).parent / "reference"
IN_FORCE_FROM = date(2026, 1, 1)
LANGUAGES = ("kk", "ru", "en")

_CO, _SL, _IV = Role.COORDINATOR.value, Role.SAFEGUARDING_LEAD.value, Role.INTERVIEWER.value
_KIND, _METHOD = CheckType.Kind, CheckType.Method

# Papers about health: the lead alone opens the file.
_HEALTH = {
    "needs_number": True,
    "validity_days": 365,
    "methods": [_METHOD.ORIGINAL_SIGHTED, _METHOD.STATE_SERVICE],
    "verifiers": [_SL],
    "file_readers": [_SL],
}

# The rules of each kind of check; their order is the order on every page.
CHECK_RULES: dict[str, dict] = {
    "identity": {
        "needs_number": True,
        "methods": [_METHOD.ORIGINAL_SIGHTED, _METHOD.STATE_SERVICE],
        "verifiers": [_CO, _SL],
        "file_readers": [_CO, _SL],
    },
    "criminal_record": {
        "needs_number": True,
        "validity_days": 365,
        "max_age_days": 30,
        "deciding": True,
        "methods": [_METHOD.STATE_SERVICE, _METHOD.ORIGINAL_SIGHTED],
        "verifiers": [_CO, _SL],
        "file_readers": [_SL],
    },
    "court_ban": {
        "provided_by_applicant": False,
        "validity_days": 365,
        "deciding": True,
        "methods": [_METHOD.REGISTER_SEARCHED],
        "verifiers": [_CO, _SL],
        "file_readers": [_SL],
    },
    "offenders_register": {
        "provided_by_applicant": False,
        "validity_days": 365,
        "deciding": True,
        "methods": [_METHOD.REGISTER_SEARCHED],
        "verifiers": [_CO, _SL],
        "file_readers": [_SL],
    },
    "self_disclosure": {
        "validity_days": 365,
        "methods": [_METHOD.DECLARATION_READ, _METHOD.ORIGINAL_SIGHTED],
        "verifiers": [_SL],
        "file_readers": [_SL],
    },
    "references": {"kind": _KIND.REFERENCES, "provided_by_applicant": False, "validity_days": 730},
    "interview": {
        "provided_by_applicant": False,
        "validity_days": 1095,
        "methods": [_METHOD.MEETING_HELD],
        "verifiers": [_IV],
        "file_readers": [_SL],
    },
    "endorsement": {
        "provided_by_applicant": False,
        "validity_days": 365,
        "methods": [_METHOD.ORIGINAL_SIGHTED, _METHOD.ORGANISATION_CONFIRMED],
        "verifiers": [_CO, _SL],
        "file_readers": [_CO, _SL],
    },
    "employment": {
        "validity_days": 365,
        "max_age_days": 30,
        "methods": [_METHOD.EMPLOYER_LETTER, _METHOD.ORGANISATION_CONFIRMED],
        "verifiers": [_CO, _SL],
        "file_readers": [_CO, _SL],
    },
    "induction": {"kind": _KIND.TRAINING, "provided_by_applicant": False},
    "code_of_conduct": {"kind": _KIND.AGREEMENT, "validity_days": 365},
    # Asked for only where a policy names them: policy 1 of no role does.
    "medical": _HEALTH,
    "narcology": _HEALTH | {"max_age_days": 30},
    "psychoneurology": _HEALTH | {"max_age_days": 30},
    "photo": {
        "validity_days": 1826,
        "methods": [_METHOD.ORIGINAL_SIGHTED],
        "verifiers": [_CO, _SL],
        "file_readers": [_CO, _SL],
    },
}

_MENTOR = [
    "identity",
    "criminal_record",
    "court_ban",
    "offenders_register",
    "self_disclosure",
    "references",
    "interview",
]
_ONBOARDING = ["induction", "code_of_conduct"]
# One-to-one is no format of anybody.
FORMATS = {
    "school_mentor": ["school_session"],
    "teacher_mentor": ["school_session"],
    "supervised_speaker": ["school_session"],
}
POLICIES: dict[str, dict[str, list[str]]] = {
    "school_mentor": {"approval": _MENTOR, "onboarding": _ONBOARDING},
    "teacher_mentor": {"approval": [*_MENTOR, "employment"], "onboarding": _ONBOARDING},
    "supervised_speaker": {
        "approval": ["identity", "criminal_record", "court_ban", "offenders_register", "references"],
        "onboarding": _ONBOARDING,
    },
}
# What a trainer teaches in person; the modules to be read alone are in `reference/training/`, a file each.
INDUCTION = {
    "code": "induction",
    "minutes": 225,
    "name_kk": "Кіріспе оқыту",
    "name_ru": "Вводное обучение",
    "name_en": "Induction training",
}


@cache
def _read(name: str) -> dict:
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _spread(field: str, words: dict[str, str]) -> dict[str, str]:
    return {f"{field}_{language}": words[language].strip() for language in LANGUAGES}


@cache
def eligibility_questions() -> list[dict]:
    """The yes/no questions before the form, in order: `code`, `stop_on` ("yes" or "no"), and `text`, `help` and
    `stop_text` by language. Nothing that is answered here is stored."""
    return _read("eligibility")["question"]


@cache
def disclosure_questions() -> list[dict]:
    """The yes/no questions of the self-declaration, in order: `code`, and `text` by language."""
    return _read("disclosure")["question"]


@cache
def interview_protocol() -> dict:
    """`version`, and under `question` the standard questions in order: `code`, and `text` and `listen` (what to listen
    for) by language."""
    return _read("interview")


@transaction.atomic
def load_reference() -> None:
    """Adds the roles, check types, policies, texts, reasons and training modules that are not there yet.

    Safe to repeat at any time: a row that exists, edited or not, is left as it is.
    """
    _load_check_types()
    _load_roles()
    _load_agreements()
    _load_reasons()
    _load_modules()


def _add_missing(model, key: str, rows: list[dict]) -> list:
    """Creates the rows whose `key` no row has; returns the new ones."""
    known = set(model.objects.values_list(key, flat=True))
    return model.objects.bulk_create(model(**row) for row in rows if row[key] not in known)


def _load_check_types() -> None:
    positions = {code: number for number, code in enumerate(CHECK_RULES, start=1)}
    _add_missing(
        CheckType,
        "code",
        [
            {
                "code": row["code"],
                **_spread("name", row["name"]),
                **_spread("hint", row["hint"]),
                **CHECK_RULES[row["code"]],
                "position": positions[row["code"]],
            }
            for row in _read("check_types")["check_type"]
        ],
    )


def _load_roles() -> None:
    rows = [
        {
            "code": row["code"],
            **_spread("name", row["name"]),
            **_spread("summary", row["summary"]),
            "texts": {key: row[key] for key in ("benefits", "demands", "disqualifiers", "checked", "time")},
            "formats": FORMATS[row["code"]],
            "position": number,
        }
        for number, row in enumerate(_read("roles")["role"], start=1)
    ]
    for role in _add_missing(ProgrammeRole, "code", rows):
        _publish_first_policy(role)


def _publish_first_policy(role: ProgrammeRole) -> None:
    """Policy 1 comes with the program, so nobody in it published it; every later one needs its two people."""
    policy = PolicyVersion.objects.create(
        role=role,
        number=1,
        effective_from=IN_FORCE_FROM,
        published_at=datetime(IN_FORCE_FROM.year, IN_FORCE_FROM.month, IN_FORCE_FROM.day, tzinfo=UTC),
    )
    types = {check_type.code: check_type for check_type in CheckType.objects.all()}
    Requirement.objects.bulk_create(
        Requirement(policy=policy, check_type=types[code], stage=stage)
        for stage, codes in POLICIES[role.code].items()
        for code in codes
    )


def _load_agreements() -> None:
    rows = _read("agreements")["agreement"]
    _add_missing(Agreement, "code", [{"code": row["code"]} for row in rows])
    agreements = {agreement.code: agreement for agreement in Agreement.objects.all()}
    known = set(AgreementVersion.objects.values_list("agreement__code", "number"))
    AgreementVersion.objects.bulk_create(
        AgreementVersion(
            agreement=agreements[row["code"]],
            number=row["version"],
            valid_from=IN_FORCE_FROM,
            **_spread("title", row["title"]),
            **_spread("html", row["html"]),
        )
        for row in rows
        if (row["code"], row["version"]) not in known
    )


def _load_reasons() -> None:
    _add_missing(
        ReasonCode,
        "code",
        [
            {
                "code": row["code"],
                **_spread("text", row["text"]),
                "disclosable": row["disclosable"],
                "published_disqualifier": row["published_disqualifier"],
            }
            for row in _read("reason_codes")["reason"]
        ],
    )


def _load_modules() -> None:
    induction = CheckType.objects.filter(code=INDUCTION["code"]).first()
    taught = [INDUCTION | {"check_type": induction}] if induction else []
    _add_missing(TrainingModule, "code", taught + [_module(words) for words in training_files()])


def training_files() -> list[dict]:
    """The modules that are read alone, as their files say, in order."""
    return [_read(f"training/{path.stem}") for path in sorted((FOLDER / "training").glob("*.toml"))]


def _module(words: dict) -> dict:
    module = {field: words[field] for field in ("code", "position", "minutes", "mandatory")}
    for field in ("name", "outcome", "html"):
        module |= _spread(field, words[field])
    quiz = [{"text": question["text"], "answers": question["answer"]} for question in words["question"]]
    return module | {"quiz": quiz}
