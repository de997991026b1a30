"""Somebody with a row in every table that can hold a person, and a word of his own in every column that can hold words."""

from __future__ import annotations

import json
from datetime import date, datetime, time
from itertools import count

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone
from wagtail.models import Page

from portal import audit, crypto, files, personal
from portal.management.demo import builders
from portal.models import User
from volunteers.models import Person

# Tables whose rows nobody gets here: the reason why each needs none.
NOT_MADE = {
    "portal.LogEntry": "written by everything else",
    "portal.User_user_permissions": "nothing gives one",
    "portal.RoleGrant": "who holds a role is not deleted (tests/volunteers/test_my_data.py)",
    "portal.RoleProposal": "the same",
    "sessions.Session": "made by signing in",
    "usersessions.UserSession": "made by signing in",
    "volunteers.DataArchive": "made by asking for it",
    "volunteers.ErasureRequest": "made by asking for it",
    "volunteers.Erasure": "made by deleting",
    "volunteers.Hold": "holds back the deletion (tests/volunteers/test_my_data.py)",
    "volunteers.DoNotEngage": "the same",
}
OFFICE = {
    label: "keeps the names of those who work here"
    for label, table in personal.tables().items()
    if table.because in {personal.tables()[of].because for of in ("portal.RoleGrant", "wagtailcore.Page")}
}
FIXED = {  # what the database demands of a row
    "volunteers.Concern": {"level": "low", "closed_at": timezone.now},
    "volunteers.Suspension": {"ended_in_exit_at": timezone.now},
    "volunteers.Appeal": {"outcome": "rejected"},
    "volunteers.Decision": {"outcome": "defer", "confirmed_at": timezone.now, "sent_back_at": None},
    "volunteers.ExitRecord": {"reason": "own_wish"},
    "volunteers.TrainingRecord": {"result": "failed", "note": "x"},
    "volunteers.InfoRequest": {"answered_at": timezone.now},
    "mentors.Exclusion": {"kind": "school"},
    "mentors.AvailabilityWindow": {"starts": time(9), "ends": time(10)},
    "events.Booking": {"state": "completed"},
    "events.HoursEntry": {"reason": "x"},
    "events.Feedback": {"side": "mentor"},
    "events.SwapOffer": {"state": "expired"},
    "events.WaitlistEntry": {"state": "left"},
    "events.SchoolSession": {"state": "closed", "adults_min": 2, "ends_at": None},
    "portal.OutgoingMessage": {"state": "sent"},
    "account.EmailAddress": {"primary": False, "verified": False},
}
SCHOOL_OF_EXCLUSION = "mentors.Exclusion"
WORDS = (models.CharField, models.TextField, models.BinaryField, models.JSONField)


class Everything:
    """`words`: what stands where, by (label of the model, column)."""

    def __init__(self, cast, prefix: str, number: int):
        self.cast, self.prefix, self.numbers = cast, prefix, count(1)
        self.person = builders.make_mentor(
            f"whole{number}", number=number, staff=cast, district=cast.taraz, family="Ф", given="И", since=None
        )
        self.user: User = self.person.user
        self.rows: dict[str, models.Model] = {"portal.User": self.user, "volunteers.Person": self.person}
        self.words: dict[tuple[str, str], list[str]] = {}
        self.file, self.root = f"%PDF-1.4 {prefix}file".encode(), settings.PRIVATE_ROOT
        for label, table in personal.tables().items():
            if self.makes(table):
                self.need(label)
        self._papers()
        for table in personal.tables().values():
            if self.makes(table):
                self._write(table)
        self.user.refresh_from_db()
        self.person = Person.objects.get(pk=self.person.pk)
        audit.record(self.person.applications.first(), "ask_info", cast.aigul, reason=self.word())

    @staticmethod
    def makes(table: personal.Table) -> bool:
        """Not records of office: they keep the names of those who work here."""
        return bool(table.of and (table.erased or table.archive) and table.label not in NOT_MADE | OFFICE)

    def word(self) -> str:
        return f"{self.prefix}{next(self.numbers):03}"

    def own(self, table: personal.Table) -> models.QuerySet:
        return apps.get_model(table.label)._base_manager.filter(**{table.of: self.user.pk})

    def need(self, label: str) -> models.Model:
        """His row of the model; made with what the columns demand where there is none."""
        if label not in self.rows:
            table = personal.tables()[label]
            self.rows[label] = self.own(table).order_by("pk").first() or self._make(table)
        return self.rows[label]

    def _make(self, table: personal.Table, *, his: bool = True) -> models.Model:
        model = apps.get_model(table.label)
        fixed = {name: value() if callable(value) else value for name, value in FIXED.get(table.label, {}).items()}
        row = model()
        for field in model._meta.concrete_fields:
            if field.name in fixed:
                setattr(row, field.name, fixed[field.name])
            elif field.is_relation:
                self._link(row, field, table, his)
            elif not (field.primary_key or field.has_default() or field.null or getattr(field, "auto_now_add", False)):
                setattr(row, field.attname, self._plain(field))
        self._in_order(row)
        models.Model.save(row)
        return row

    def _link(self, row, field, table: personal.Table, his: bool) -> None:
        related = field.related_model._meta.label
        if his and field.name == table.of.split("__")[0]:
            value = self.user if related == "portal.User" else self.need(related)
        elif field.null and (table.label, field.name) != (SCHOOL_OF_EXCLUSION, "school"):
            return
        elif related == "portal.User":
            value = self.cast.dana
        elif related == "wagtailcore.Page":
            value = Page.get_first_root_node()
        elif related in MAY_BE_HIS:
            value = self.need(related)
        else:
            value = field.related_model._base_manager.first() or self._make(personal.tables()[related], his=False)
        setattr(row, field.name, value)

    def _plain(self, field):
        if field.choices:
            return field.flatchoices[0][0]
        if isinstance(field, models.DateTimeField):
            return timezone.now()
        if isinstance(field, models.DateField):
            return date(2026, 1, 5)
        if isinstance(field, models.TimeField):
            return time(9)
        if isinstance(field, models.BooleanField):
            return False
        if isinstance(field, (models.IntegerField, models.DecimalField)):
            return 1
        if isinstance(field, models.UUIDField):
            return self.user.uuid
        if isinstance(field, models.BinaryField):
            return b""
        return f"{next(self.numbers)}{self.user.uuid.hex}"[: field.max_length or 12]  # no word of his

    @staticmethod
    def _in_order(row) -> None:
        """The end of what has a beginning lies behind it."""
        for first, last in (("starts_at", "ends_at"), ("ready_at", "ends_at")):
            begins = getattr(row, first, None)
            if isinstance(begins, datetime) and hasattr(row, last):
                setattr(row, last, begins + timezone.timedelta(hours=1))

    def _papers(self) -> None:
        stored = files.store(self.file, "application/pdf")
        paper = self.rows["volunteers.CheckEvidence"]
        paper.stored_name, paper.sealed_key, paper.mime = stored.name, stored.sealed_key, stored.mime
        paper.save()
        photo = files.store(self.file, "image/jpeg")
        self.person.photo_name, self.person.photo_key, self.person.photo_mime = photo.name, photo.sealed_key, photo.mime
        self.person.save()

    def _write(self, table: personal.Table) -> None:
        """A word of his in every column of words that is erased; what stays holds no words."""
        model = apps.get_model(table.label)
        for field in model._meta.local_concrete_fields:
            if (
                field.name not in table.erased
                or not isinstance(field, WORDS)
                or field.choices
                or field.name in LEFT_ALONE
            ):
                continue
            for row in self.own(table):
                word = self.word()
                model._base_manager.filter(pk=row.pk).update(**{field.name: self._in(row, field, word)})
                self.words.setdefault((table.label, field.name), []).append(word)

    def _in(self, row, field, word: str):
        if field.name.endswith("_sealed"):
            text = json.dumps({"k": word}) if field.name == "answers_sealed" else word
            setattr(row, field.name.removesuffix("_sealed"), text)
            return getattr(row, field.name)
        if isinstance(field, models.JSONField):
            return [{"step": "about", "text": word}]
        if isinstance(field, models.BinaryField):
            return crypto.seal(word.encode(), "test")
        return f"{word}@demo.example" if isinstance(field, models.EmailField) else word


MAY_BE_HIS = {
    "volunteers.Person", "volunteers.Application", "volunteers.ApplicationRevision", "volunteers.Check",
    "volunteers.Decision", "volunteers.RefereeRequest", "volunteers.Acceptance", "events.Booking", "mentors.Profile",
    "account.EmailAddress",
}  # fmt: skip
LEFT_ALONE = {"photo_name", "photo_key", "photo_mime", "sealed_key", "password", "iin_hash", "data"}
