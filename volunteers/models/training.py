from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.models import AppendOnly, Coded, District, Named, in_language
from volunteers.querysets import OfPersonQuerySet, TrainingMeetingQuerySet, TrainingPlaceQuerySet

from .people import Person
from .policy import CheckType


class TrainingModule(Named):
    code = models.SlugField(unique=True)
    """A part of the training. With `check_type` a trainer's pass of it counts for that requirement; the modules for
    reading have a page and a quiz of their own."""

    # The requirement that a trainer's pass meets; none for the modules that are read alone.
    check_type = models.ForeignKey(CheckType, models.PROTECT, null=True, blank=True, related_name="modules")
    mandatory = models.BooleanField(_("before the first session"), default=False)
    outcome_kk = models.TextField(blank=True)
    outcome_ru = models.TextField(blank=True)
    outcome_en = models.TextField(blank=True)
    html_kk = models.TextField(blank=True)
    html_ru = models.TextField(blank=True)
    html_en = models.TextField(blank=True)
    # [{"text": {language: words}, "answers": [{"text": {…}, "why": {…}, "right": bool}]}]
    quiz = models.JSONField(default=list, blank=True)
    minutes = models.PositiveSmallIntegerField()
    validity_days = models.PositiveSmallIntegerField(default=730)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("training module")
        verbose_name_plural = _("training modules")
        ordering = ["position"]

    @property
    def outcome(self) -> str:
        return in_language(self, "outcome")

    @property
    def html(self) -> str:
        return in_language(self, "html")


class TrainingMeeting(Coded):
    """A meeting at which a trainer teaches a module; who came is written down as training records."""

    CODE_PREFIX = "TM"

    module = models.ForeignKey(TrainingModule, models.PROTECT, related_name="meetings")
    district = models.ForeignKey(District, models.PROTECT, related_name="+", verbose_name=_("district"))
    starts_at = models.DateTimeField(_("begins"))
    place = models.CharField(_("place"), max_length=200)
    seats = models.PositiveSmallIntegerField(_("places"), default=20)
    trainer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingMeetingQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]

    @property
    def has_begun(self) -> bool:
        return self.starts_at <= timezone.now()


class TrainingPlace(models.Model):
    """Somebody will come to a meeting."""

    meeting = models.ForeignKey(TrainingMeeting, models.PROTECT, related_name="places")
    person = models.ForeignKey(Person, models.PROTECT, related_name="training_places")
    taken_at = models.DateTimeField(auto_now_add=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects = TrainingPlaceQuerySet.as_manager()

    class Meta:
        ordering = ["taken_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["meeting", "person"], condition=models.Q(given_up_at=None), name="training_place_once"
            ),
        ]

    def __str__(self):
        return f"{self.meeting} {self.person}"


class QuizAttempt(AppendOnly):
    """One try at the quiz of a module, with the chosen answers by number. Passed at `PROGRAMME["quiz_pass_percent"]`."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="quiz_attempts")
    module = models.ForeignKey(TrainingModule, models.PROTECT, related_name="+")
    answers = models.JSONField(default=list)
    right = models.PositiveSmallIntegerField()
    questions = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self):
        return f"{self.person} {self.module_id} {self.right}/{self.questions}"


class TrainingRecord(AppendOnly):
    """A trainer's word on one person and module; the newest counts. Nobody records his own."""

    class Result(models.TextChoices):
        PASSED = "passed", _("passed")
        REPEAT = "repeat", _("to be repeated")
        FAILED = "failed", _("failed")

    person = models.ForeignKey(Person, models.PROTECT, related_name="training")
    subject = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    module = models.ForeignKey(TrainingModule, models.PROTECT, related_name="+")
    held_on = models.DateField(_("held on"))
    result = models.CharField(_("result"), max_length=8, choices=Result.choices)
    note = models.CharField(_("note"), max_length=300, blank=True)
    meeting = models.ForeignKey(TrainingMeeting, models.PROTECT, null=True, blank=True, related_name="records")
    # The modules for reading were gone through together, for somebody who did not take their quizzes.
    in_person = models.BooleanField(_("the modules were gone through together"), default=False)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(auto_now_add=True)

    objects = OfPersonQuerySet.as_manager()

    class Meta:
        ordering = ["-held_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(subject=None) | ~models.Q(recorded_by=models.F("subject")),
                name="training_not_recorded_by_oneself",
            ),
            models.CheckConstraint(
                condition=models.Q(result="passed") | ~models.Q(note=""), name="training_failure_has_note"
            ),
        ]

    def __str__(self):
        return f"{self.person} {self.module_id} {self.result}"
