import uuid

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

LANGUAGE_CODES = ("kk", "ru", "en")


def in_language(instance: models.Model, field: str) -> str:
    """The instance's `field_kk`, `field_ru` or `field_en` for the active language; Russian, then Kazakh where it is empty."""
    for code in ((get_language() or "ru")[:2], "ru", "kk"):
        if value := getattr(instance, f"{field}_{code}", ""):
            return value
    return ""


class Named(models.Model):
    """Reference data that has a name in three languages."""

    name_kk = models.CharField(_("name in Kazakh"), max_length=200)
    name_ru = models.CharField(_("name in Russian"), max_length=200)
    name_en = models.CharField(_("name in English"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self):
        return self.name

    @property
    def name(self) -> str:
        return in_language(self, "name")


class Coded(models.Model):
    """A record whose public name is a code: it goes into addresses, logs and `__str__`, where no name may stand."""

    CODE_PREFIX = "X"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self):
        return self.code

    @property
    def code(self) -> str:
        return f"{self.CODE_PREFIX}-{self.uuid.hex[:8].upper()}"


class AppendOnly(models.Model):
    """Rows that are written once. The program refuses to change or delete them, administrators included."""

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is append-only")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise TypeError(f"{type(self).__name__} is append-only")
