from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access import Reach
from portal.crypto import SealedText
from portal.models import Coded, District, Language, Named, School
from volunteers.querysets import OrganisationQuerySet, PersonQuerySet


class Organisation(Named):
    """Who stands behind an applicant: a veterans' organisation, a school, a department."""

    class Kind(models.TextChoices):
        VETERANS = "veterans", _("veterans' organisation")
        SCHOOL = "school", _("school")
        DEPARTMENT = "department", _("education department")
        OTHER = "other", _("other public association")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    school = models.OneToOneField(School, models.PROTECT, null=True, blank=True, related_name="organisation")
    endorser = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="endorses"
    )
    is_sample = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        ordering = ["kind", "name_kk"]


class Person(Coded):
    """A grown-up who applies or serves. There is no "active" here: facts are stored, standing is computed (`clearance`)."""

    CODE_PREFIX = "P"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="person")
    family_name = models.CharField(_("family name"), max_length=100, blank=True)
    given_name = models.CharField(_("given name"), max_length=100, blank=True)
    patronymic = models.CharField(_("patronymic"), max_length=100, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    iin_sealed = models.BinaryField(null=True, editable=False)
    iin_hash = models.CharField(max_length=64, null=True, unique=True, editable=False)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    district = models.ForeignKey(
        District, models.PROTECT, null=True, blank=True, related_name="people", verbose_name=_("district")
    )
    languages = models.ManyToManyField(Language, related_name="+", verbose_name=_("languages"))
    contact_confirmed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    iin = SealedText()

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes = [models.Index(fields=["district", "family_name"], name="person_of_district")]

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.family_name, self.given_name, self.patronymic)))

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.district_id, subject_id=self.user_id)


class Membership(models.Model):
    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organisation"], name="membership_once")]

    def __str__(self):
        return f"{self.person} {self.organisation_id}"
