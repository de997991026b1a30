from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from portal import access
from portal.access import GIVEN_BY_TWO, Role

from .base import Coded
from .places import District, School


class UserManager(BaseUserManager):
    use_in_migrations = True

    def create_user(self, email: str | None = None, password: str | None = None, **fields) -> "User":
        user = self.model(email=email or None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(email__iexact=username)


class User(Coded, AbstractUser):
    """Somebody who signs in, by e-mail or by phone (E.164). Who he is to the programme is `volunteers.Person`."""

    CODE_PREFIX = "U"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = []

    username = None
    email = models.EmailField(_("e-mail"), null=True, blank=True, unique=True)
    phone = models.CharField(_("phone"), max_length=16, null=True, blank=True, unique=True)
    phone_verified = models.BooleanField(default=False)
    language = models.CharField(_("language of letters"), max_length=2, choices=settings.LANGUAGES, default="kk")
    urgent_texts = models.BooleanField(_("urgent news also by text message"), default=True)  # where both are known
    # How letters come to somebody with an e-mail and a verified phone: a channel of `OutgoingMessage`.
    letters_by = models.CharField(_("how letters come"), max_length=5, default="email", db_default="email")
    district = models.ForeignKey(
        District, models.SET_NULL, null=True, blank=True, verbose_name=_("district"), related_name="+"
    )

    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_any_case")]

    def save(self, *args, **kwargs):
        self.email = self.email.lower() if self.email else None
        super().save(*args, **kwargs)

    def __str__(self):
        return self.code

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.email or self.phone or self.code

    @property
    def is_closed(self) -> bool:
        """Closed for good (`portal.services.close_account`): nobody can sign in to it again."""
        return not (self.is_active or self.email or self.phone)

    @cached_property
    def grants(self) -> list["RoleGrant"]:
        """The grants in force now: one query for the life of this object, which is one request."""
        if not self.is_active:
            return []
        return list(self.role_grants.in_force().select_related("district", "school"))


class RoleGrantQuerySet(models.QuerySet):
    def in_force(self, at=None):
        at = at or timezone.now()
        return self.filter(models.Q(ends_at=None) | models.Q(ends_at__gt=at), starts_at__lte=at, user__is_active=True)

    def covering(self, district_id):
        """Those for the whole oblast and those for this district."""
        return self.filter(models.Q(district=None) | models.Q(district=district_id))


class RoleGrant(models.Model):
    """A role with its reach: a district, a school, or neither for the whole oblast. Ended, never deleted.

    Without `granted_by` it was given on the server. The database holds that an auditor has no other role (migration 0009).
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="role_grants")
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="+")
    school = models.ForeignKey(School, models.PROTECT, null=True, blank=True, related_name="contact_grants")
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    granted_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = RoleGrantQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "user",
                "role",
                Coalesce("district", 0),
                Coalesce("school", 0),
                condition=models.Q(ends_at=None),
                name="role_grant_once",
            ),
            models.CheckConstraint(condition=~models.Q(user=models.F("granted_by")), name="role_grant_not_by_oneself"),
            models.CheckConstraint(
                condition=models.Q(role=Role.SCHOOL_CONTACT, school__isnull=False, district=None)
                | ~models.Q(role=Role.SCHOOL_CONTACT) & models.Q(school=None),
                name="role_grant_school_for_its_contact_only",
            ),
            models.CheckConstraint(
                condition=~models.Q(role__in=sorted(GIVEN_BY_TWO))
                | models.Q(granted_by=None)
                | models.Q(confirmed_by__isnull=False),
                name="role_grant_by_two",
            ),
            models.CheckConstraint(
                condition=~models.Q(confirmed_by=models.F("user")) & ~models.Q(confirmed_by=models.F("granted_by")),
                name="role_grant_confirmed_by_another",
            ),
        ]

    def __str__(self):
        return f"{self.user} {self.role}"


class RoleProposalQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Administrators and safeguarding leads read all of them."""
        return self.all() if access.allows(user, "role.confirm") else self.none()

    def waiting(self, now=None):
        """Neither confirmed nor taken back, and not lapsed."""
        return self.filter(closed_at=None, proposed_at__gt=(now or timezone.now()) - RoleProposal.lasts())


class RoleProposal(Coded):
    """A role that an administrator wants to give and a second person has to confirm. Closed, never deleted."""

    CODE_PREFIX = "RP"

    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    role = models.CharField(_("role"), max_length=32, choices=Role.choices)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="+")
    proposed_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(User, models.CASCADE, null=True, blank=True, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)  # confirmed, taken back, refused or lapsed

    objects = RoleProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("proposal of a role")
        verbose_name_plural = _("proposals of roles")
        ordering = ["proposed_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                "user", "role", Coalesce("district", 0), condition=models.Q(closed_at=None), name="role_proposal_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=sorted(GIVEN_BY_TWO)), name="role_proposal_of_what_two_give"
            ),
            models.CheckConstraint(
                condition=~models.Q(user=models.F("proposed_by")) & ~models.Q(user=models.F("confirmed_by")),
                name="role_proposal_not_for_oneself",
            ),
            models.CheckConstraint(
                condition=~models.Q(proposed_by=models.F("confirmed_by")), name="role_proposal_two_people"
            ),
        ]

    @staticmethod
    def lasts() -> timedelta:
        return timedelta(days=settings.PROGRAMME["role_proposal_days"])

    @property
    def lapses_at(self):
        return self.proposed_at + self.lasts()
