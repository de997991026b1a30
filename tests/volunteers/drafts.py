"""Drafts that are ready to be sent, made through the services that the pages use."""

from __future__ import annotations

from portal.management.demo.builders import iin_of
from portal.models import OutgoingMessage, User
from volunteers.models import Application, ProgrammeRole
from volunteers.services import answers, applications

ABOUT = {
    "family_name": "Әбенов",
    "given_name": "Серік",
    "patronymic": "Маратұлы",
    "birth_date": "1955-03-17",
    "iin": iin_of(501),
    "district": "taraz",
    "email": "serik@demo.example",
    "phone": "",
    "languages": ["kk", "ru"],
}
EXPERIENCE = {"life_work": "Отыз жыл орманшы болдым.", "motivation": "Балаларға керек.", "with_children": "Немерелер."}


HISTORY = {
    "entries": [
        {
            "kind": "work",
            "organisation": "Орман шаруашылығы",
            "with_children": False,
            "from": "1980-01",
            "to": "",
            "reason_left": "",
        }
    ],
    "gaps_explained": "",
}


def referee(number: int, **changes) -> dict:
    return {
        "name": f"Ұсынушы {number}",
        "relation": "colleague",
        "organisation": "Орман шаруашылығы",
        "email": f"ref{number}@demo.example",
        "phone": "",
        "saw_with_children": number == 1,
        "language": "ru",
        **changes,
    }


def draft(user: User, *, role: str = "school_mentor", referees: list[dict] | None = None, **about) -> Application:
    """A complete draft of `user`, not sent."""
    application = applications.start(by=user, role=ProgrammeRole.objects.get(code=role))
    versions = answers.current_versions(answers.CONSENTS)
    applications.save_draft(
        application=application,
        by=user,
        answers={
            "about": {**ABOUT, **about},
            "organisation": {"organisation": None, "other": ""},
            "experience": EXPERIENCE,
            "history": HISTORY,
            "referees": {"referees": referees or [referee(1), referee(2)]},
            "consents": {code: version.pk for code, version in versions.items()},
        },
    )
    return application


def newest_code(application: Application) -> str:
    """The contact code in the newest letter about `application`."""
    letter = OutgoingMessage.objects.filter(letter="volunteers/contact_code", about=application.code).first()
    return next(word for word in letter.text.split() if word.isdigit() and len(word) == 6)


def received(user: User, **more) -> Application:
    """An application in screening, its contact confirmed."""
    application = draft(user, **more)
    applications.send(application=application, by=user)
    applications.confirm_contact(application=application, by=user, code=newest_code(application))
    application.refresh_from_db()
    return application


def links(application: Application) -> dict[str, str]:
    """The path of each referee's link, by his e-mail."""
    letters = OutgoingMessage.objects.filter(letter="volunteers/reference_request", about=application.code)
    return {
        letter.address: next(word for word in letter.text.split() if "/reference/" in word).split("/", 3)[-1]
        for letter in letters
    }
