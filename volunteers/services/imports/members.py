"""Members of organisations, who become invitations that wait."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.accounts import EMAIL_LENGTH, parse_phone
from portal.crypto import token_hash
from portal.imports import places
from portal.imports.kinds import Field, Kind, Row, Values, plain
from portal.models import District, User
from portal.names import name_alone
from volunteers.models import Invitation, Organisation, ProgrammeRole

from .organisations import BIN_FIELD, DISTRICT_HEADS, bin_of, names_of


class Members(Kind):
    """Who belongs to an organisation: each becomes an invitation that is not sent yet. Recognised by phone or e-mail within
    the organisation; somebody who is there already is left as he is, whatever became of his invitation. Whether the portal
    knows a person otherwise is not looked at, so that a list tells nothing of people."""

    code = "members"
    label = _("Members of organisations")
    about = _("Each becomes an invitation that waits until you send it. Nobody gets an account or a letter by this.")
    model = Invitation
    adds_only = True
    fields = (
        Field("name", _("Family name and given name"), "аты жөні|т а ә|таә|фио|ф и о|фамилия имя отчество|тегі аты әкесінің аты|full name"),
        Field("family_name", _("family name"), "тегі|фамилия|surname|last name", _("Instead of the name as a whole.")),
        Field("given_name", _("given name"), "аты|есімі|имя|first name"),
        Field("patronymic", _("patronymic"), "әкесінің аты|отчество|middle name"),
        Field("phone", _("phone"), "телефон|ұялы телефон|телефон нөмірі|мобильный|номер телефона|phone number|тел|моб"),
        Field(
            "email",
            _("e-mail"),
            "email|e mail|электрондық пошта|пошта|почта|электронная почта|эл почта|mail",
            _("Phone or e-mail: one of them is enough."),
        ),
        Field(
            "organisation",
            _("Organisation"),
            "ұйым|ұйым атауы|ұйымның атауы|организация|название организации|наименование организации|organization",
            _("Its name as the portal has it, or its BIN in a column of its own."),
        ),
        BIN_FIELD,
        Field("district", _("district"), DISTRICT_HEADS, _("Where two organisations have one name.")),
        Field("role", _("Role"), "рөлі|рөл|роль", _("Without it: the first role that is open.")),
        Field("language", _("Language of letters"), "тілі|тіл|язык|язык писем|хат тілі|language", _("kk, ru or en; without it kk.")),
    )  # fmt: skip
    attributes = ("name", "phone", "email", "organisation_id", "district_id", "role_id", "language", "is_waiting")
    samples = (
        ("Үлгіов Мысал (ойдан шығарылған)", "", "", "", "8 701 000 00 01", "", "Үлгі ардагерлер кеңесі (ойдан шығарылған)", "", "", "", "kk"),
        ("", "Примеров", "Образец", "", "", "primer@demo.example", "Совет ветеранов-пример (выдумано)", "", "", "", "ru"),
    )  # fmt: skip

    def __init__(self, by: User):
        super().__init__(by)
        mine = access.within(by, "import.members", district="district")
        self.districts = places.districts(District.objects.filter(access.within(by, "import.members", district="pk")))
        self.languages = {**places.languages(), **{code: code for code, _name in settings.LANGUAGES}}
        self.roles = {}
        self.role_id = None
        for role in ProgrammeRole.objects.filter(is_open=True):
            self.role_id = self.role_id or role.pk
            self.roles |= {
                plain(word): role.pk for word in (role.code, *(getattr(role, name) for name in places.NAMES))
            }
        self.district_of: dict[int, int] = {}
        self.organisations: dict[str, set[int]] = {}
        for organisation in Organisation.objects.filter(mine, is_active=True).only("bin", "district_id", *places.NAMES):
            self.district_of[organisation.pk] = organisation.district_id
            for word in names_of(organisation) | ({organisation.bin} if organisation.bin else set()):
                self.organisations.setdefault(word, set()).add(organisation.pk)
        self.ends = timezone.now() + timedelta(days=settings.PROGRAMME["invitation_days"])

    def clean(self, row: Row) -> Values:
        organisation = self._organisation(row)
        values = {
            "name": self._name(row),
            "phone": self._phone(row),
            "email": self._email(row),
            "organisation_id": organisation,
            "district_id": self.district_of.get(organisation),
            "role_id": row.choice("role", self.roles) or self.role_id,
            "language": row.choice("language", self.languages) or "kk",
        }
        if values["language"] not in dict(settings.LANGUAGES):
            row.wrong("choice", "language")
        if not row.problems and not values["phone"] and not values["email"]:
            row.wrong("contact", "phone")
        if values["role_id"] is None:
            row.wrong("no_role")
        return values

    @staticmethod
    def _name(row: Row) -> str:
        parts = [row.text(field, 100) for field in ("family_name", "given_name", "patronymic")]
        name = row.text("name", 100) or " ".join(filter(None, parts))
        if not name and not row.problems:
            row.wrong("missing", "name")
        if len(name) > 100:
            row.wrong("too_long", "name")
        try:
            name_alone(name)
        except ValidationError:
            row.wrong("address_in_name", "name")
        return name

    @staticmethod
    def _phone(row: Row) -> str:
        text = row.cells.get("phone", "")
        if "e+" in text.casefold():
            row.wrong("shortened", "phone")
            return ""
        phone = parse_phone(text) if text else ""
        if phone is None:
            row.wrong("phone", "phone")
        return phone or ""

    @staticmethod
    def _email(row: Row) -> str:
        text = row.cells.get("email", "").lower()
        if text:
            try:
                validate_email(text)
            except ValidationError:
                row.wrong("email", "email")
        if len(text) > EMAIL_LENGTH:
            row.wrong("too_long", "email")
        return text

    def _organisation(self, row: Row) -> int | None:
        """The one organisation in reach that fits; the BIN counts before the name."""
        field = "bin" if row.cells.get("bin") else "organisation"
        word = bin_of(row) if field == "bin" else plain(row.cells.get(field, ""))
        district = row.choice("district", self.districts, "district")
        fits = self.organisations.get(word or "", set())
        if district:
            fits = {pk for pk in fits if self.district_of[pk] == district.pk}
        if len(fits) == 1:
            return next(iter(fits))
        if not row.problems:
            row.wrong("missing" if not word else "several" if fits else "organisation", field)
        return None

    def keys(self, values: Values) -> list[str]:
        return [f"{values['organisation_id']} {values[name]}" for name in ("phone", "email") if values[name]]

    def find(self, keys: Collection[str]) -> dict[str, int]:
        of = {key: key.partition(" ")[::2] for key in keys}
        phones = [contact for _organisation, contact in of.values() if contact.startswith("+")]
        emails = [contact for _organisation, contact in of.values() if "@" in contact]
        organisations = {int(organisation) for organisation, _contact in of.values()}
        rows = Invitation.objects.filter(
            Q(phone__in=phones) | Q(email__in=emails), organisation__in=organisations
        ).order_by("-pk")
        found = {}
        for pk, organisation, phone, email in rows.values_list("pk", "organisation_id", "phone", "email"):
            found |= {f"{organisation} {contact}": pk for contact in (phone, email) if contact}
        return {key: pk for key, pk in found.items() if key in keys}

    def make(self, values: Values) -> Invitation:
        """Its link is nobody's: sending it makes one."""
        unknown = token_hash(secrets.token_urlsafe(32))
        return Invitation(**values, is_waiting=True, token_hash=unknown, sent_by=self.by, expires_at=self.ends)

    def kept_by(self, record: models.Model) -> str:
        return "" if record.is_waiting else "sent"


PROBLEMS = {
    "contact": _("Write an e-mail or a phone: we will send a link to it."),
    "email": _("This is not an e-mail address."),
    "no_role": _("This role takes no applications now."),
    "organisation": _("There is no such organisation in your districts."),
    "sent": _("The invitation was sent already, so it stays."),
    "several": _("Several organisations have this name. Write the BIN or the district."),
}
