from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.access import Role
from portal.models import AppendOnly, Named, in_language
from volunteers.querysets import PolicyVersionQuerySet


class ProgrammeRole(Named):
    """What somebody applies to be. `formats` are the kinds of meeting he may hold; one-to-one is never among them."""

    code = models.SlugField(unique=True)
    summary_kk = models.TextField()
    summary_ru = models.TextField()
    summary_en = models.TextField()
    texts = models.JSONField(default=dict)  # {"benefits" | "demands" | "disqualifiers" | "checked": {language: [..]}}
    formats = models.JSONField(default=list)
    is_open = models.BooleanField(_("open for applications"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("programme role")
        verbose_name_plural = _("programme roles")
        ordering = ["position"]

    @property
    def summary(self) -> str:
        return in_language(self, "summary")


class PolicyVersion(models.Model):
    """Which requirements a role has from a day on. Published by two people, then never changed."""

    role = models.ForeignKey(ProgrammeRole, models.PROTECT, related_name="policies")
    number = models.PositiveSmallIntegerField()
    effective_from = models.DateField()
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = PolicyVersionQuerySet.as_manager()

    class Meta:
        ordering = ["role", "-effective_from", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["role", "number"], name="policy_number_once"),
            models.CheckConstraint(
                condition=models.Q(confirmed_by=None) | ~models.Q(confirmed_by=models.F("published_by")),
                name="policy_two_people",
            ),
        ]

    def __str__(self):
        return f"{self.role_id}/{self.number}"

    def save(self, *args, **kwargs):
        _refuse_if_published(self.pk)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        _refuse_if_published(self.pk)
        return super().delete(*args, **kwargs)


def _refuse_if_published(policy_id: int | None) -> None:
    """People were approved under it: what it demands is never changed, not by the program either."""
    if policy_id and PolicyVersion.objects.published().filter(pk=policy_id).exists():
        raise TypeError("a published policy is never changed")


class CheckType(Named):
    """A kind of check and its rules. `kind` says where its proof lies."""

    class Kind(models.TextChoices):
        CHECK = "check", _("a dated, verified record")
        REFERENCES = "references", _("accepted references")
        TRAINING = "training", _("a passed training module")
        AGREEMENT = "agreement", _("an accepted agreement")

    class Method(models.TextChoices):
        ORIGINAL_SIGHTED = "original_sighted", _("original sighted")
        STATE_SERVICE = "state_service", _("electronic document checked on the state service")
        EMPLOYER_LETTER = "employer_letter", _("letter of the employer")
        REGISTER_SEARCHED = "register_searched", _("register searched")
        MEETING_HELD = "meeting_held", _("meeting held")
        DECLARATION_READ = "declaration_read", _("signed declaration read")
        ORGANISATION_CONFIRMED = "organisation_confirmed", _("confirmed by the organisation")

    IDENTITY = "identity"
    INTERVIEW = "interview"
    DECLARATION = "self_disclosure"

    code = models.SlugField(unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.CHECK)
    hint_kk = models.TextField(blank=True)
    hint_ru = models.TextField(blank=True)
    hint_en = models.TextField(blank=True)
    provided_by_applicant = models.BooleanField(default=True)
    needs_number = models.BooleanField(default=False)
    validity_days = models.PositiveSmallIntegerField(null=True, blank=True)  # counted from the day of issue
    max_age_days = models.PositiveSmallIntegerField(null=True, blank=True)  # how old it may be when verified
    methods = models.JSONField(default=list)
    verifiers = models.JSONField(default=list)  # roles
    file_readers = models.JSONField(default=list)  # roles
    deciding = models.BooleanField(default=False)
    purge_after_days = models.PositiveSmallIntegerField(default=180)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("check type")
        verbose_name_plural = _("check types")
        ordering = ["position"]

    @property
    def hint(self) -> str:
        return in_language(self, "hint")

    @property
    def indispensable(self) -> bool:
        """No exemption and no policy does without it (docs/decisions/0007)."""
        return self.deciding or self.code == self.IDENTITY

    @property
    def is_interview(self) -> bool:
        return self.code == self.INTERVIEW

    @property
    def is_declaration(self) -> bool:
        return self.code == self.DECLARATION

    @property
    def is_search(self) -> bool:
        """A person looks into a register and writes down where, when and what he found."""
        return self.Method.REGISTER_SEARCHED in self.methods

    @property
    def method_choices(self) -> list[tuple[str, str]]:
        return [(method.value, method.label) for method in self.Method if method in self.methods]

    @property
    def verifier_labels(self) -> str:
        return ", ".join(str(Role(role).label) for role in self.verifiers)


class Requirement(models.Model):
    class Stage(models.TextChoices):
        APPROVAL = "approval", _("before approval")
        ONBOARDING = "onboarding", _("before the first session")

    policy = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="requirements")
    check_type = models.ForeignKey(CheckType, models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=Stage.choices)
    min_count = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["policy", "check_type__position"]
        constraints = [models.UniqueConstraint(fields=["policy", "check_type"], name="requirement_once")]

    def __str__(self):
        return f"{self.policy_id} {self.check_type_id}"

    def save(self, *args, **kwargs):
        _refuse_if_published(self.policy_id)
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        _refuse_if_published(self.policy_id)
        return super().delete(*args, **kwargs)


class Agreement(models.Model):
    """A text that people accept: consents, the code of conduct, the mentor's agreement. The words are in its versions."""

    code = models.SlugField(unique=True)

    def __str__(self):
        return self.code


class AgreementVersion(AppendOnly):
    """The words of a text from a day on; published ones are never changed."""

    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    title_kk = models.CharField(max_length=200)
    title_ru = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200)
    html_kk = models.TextField()
    html_ru = models.TextField()
    html_en = models.TextField()
    valid_from = models.DateField(default=timezone.localdate)
    requires_reacceptance = models.BooleanField(default=True)

    class Meta:
        ordering = ["agreement", "-number"]
        constraints = [models.UniqueConstraint(fields=["agreement", "number"], name="agreement_number_once")]

    def __str__(self):
        return f"{self.agreement_id}/{self.number}"

    @property
    def title(self) -> str:
        return in_language(self, "title")

    @property
    def html(self) -> str:
        return in_language(self, "html")


class ReasonCode(models.Model):
    """Why somebody is refused or suspended. `disclosable` ones may be read by him."""

    code = models.SlugField(unique=True)
    text_kk = models.TextField()
    text_ru = models.TextField()
    text_en = models.TextField()
    disclosable = models.BooleanField(default=True)
    published_disqualifier = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
        ordering = ["code"]

    def __str__(self):
        return self.text

    @property
    def text(self) -> str:
        return in_language(self, "text")
