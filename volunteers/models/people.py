from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Reach
from portal.crypto import SealedFileKey, SealedText
from portal.models import Coded, District, Language, Named, School
from volunteers.querysets import MembershipQuerySet, OfDistrictQuerySet, OrganisationQuerySet, PersonQuerySet

from .policy import ProgrammeRole


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
    bin = models.CharField(_("BIN"), max_length=12, null=True, blank=True, unique=True)
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
    previous_names = models.CharField(_("earlier names"), max_length=200, blank=True)
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
    photo_name = models.CharField(max_length=32, blank=True, editable=False)  # portal.files; shown on the badge
    photo_key = models.BinaryField(null=True, editable=False)
    photo_mime = models.CharField(max_length=40, blank=True, editable=False)
    stays_confirmed_on = models.DateField(null=True, blank=True)  # the answer "I stay" to the letter about inactivity
    created_at = models.DateTimeField(auto_now_add=True)

    iin = SealedText()
    photo_file_key = SealedFileKey("photo_key", bound_to="photo_name")

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        indexes = [  # lists are in the order of names, of a district or of the oblast
            models.Index(fields=["district", "family_name", "given_name"], name="person_of_district"),
            models.Index(fields=["family_name", "given_name", "id"], name="person_by_name"),
        ]

    @property
    def full_name(self) -> str:
        return " ".join(filter(None, (self.family_name, self.given_name, self.patronymic)))

    @property
    def current_email(self) -> str:
        """That of his account, which he keeps up to date, else the one he gave in the application."""
        return (self.user and self.user.email) or self.email

    @property
    def current_phone(self) -> str:
        """That of his account once it is verified, else the one he gave in the application."""
        return (self.user and self.user.phone_verified and self.user.phone) or self.phone

    @property
    def reach(self) -> Reach:
        return Reach(district_id=self.district_id, subject_id=self.user_id)


class Membership(models.Model):
    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True, blank=True)
    refused_at = models.DateTimeField(null=True, blank=True)  # the organisation does not know him

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organisation"], name="membership_once")]

    def __str__(self):
        return f"{self.person} {self.organisation_id}"


class Interest(Coded):
    """ "I am interested": somebody asks to be called back before he applies. Erased when it was dealt with."""

    CODE_PREFIX = "N"

    name = models.CharField(_("name"), max_length=100)
    phone = models.CharField(_("phone"), max_length=16)
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    role = models.ForeignKey(ProgrammeRole, models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(default=timezone.now)
    called_at = models.DateTimeField(null=True, blank=True)
    called_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]


class Invitation(Coded):
    """A named person is asked to apply, by a link that ends; sending it again makes a new link."""

    CODE_PREFIX = "V"

    name = models.CharField(_("name"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    role = models.ForeignKey(ProgrammeRole, models.PROTECT, related_name="+", verbose_name=_("role"))
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=2, choices=settings.LANGUAGES, default="kk")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    # Brought in with a list of members and not sent yet: nobody has the link.
    is_waiting = models.BooleanField(default=False, db_default=False)

    objects = OfDistrictQuerySet.as_manager()

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(email="", phone=""), name="invitation_can_be_reached"),
        ]
