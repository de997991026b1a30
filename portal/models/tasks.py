from collections.abc import Callable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal import access

from .base import Coded
from .places import District


class StaffTaskQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Tasks of the desks that `user` sits at, in his districts, but for those about people who are kept from him
        (`keeps_from`)."""
        mine = models.Q(pk__in=[])
        for grant in user.grants:
            desk = models.Q(role=grant.role)
            if grant.district_id:
                desk &= models.Q(district=grant.district_id) | models.Q(district=None)
            mine |= desk
        tasks = self.filter(mine)
        for people in _kept_from:
            tasks = tasks.exclude(person__in=people(user))
        return tasks

    def open(self):
        return self.filter(done_at=None)


_kept_from: list[Callable[[models.Model], models.QuerySet]] = []


def keeps_from(people: Callable[[models.Model], models.QuerySet]) -> None:
    """An app above tells of whom somebody sees no task: `people(user)` gives their uuids."""
    _kept_from.append(people)


class StaffTask(Coded):
    """Something that a desk must look at. Its words come from `kind`; details stay in the record it links to."""

    CODE_PREFIX = "T"

    class Kind(models.TextChoices):
        DUPLICATE_PERSON = "duplicate_person", _("The same identification number came from another account")
        BOOKING_RELEASED = "booking_released", _("A mentor is no longer cleared: his visit was released")
        PARTNER_LEFT = "partner_left", _("A mentor in his first visits has no experienced mentor beside him any more")
        REFEREE_DECLINED = "referee_declined", _("A referee cannot give a reference")
        REFERENCE_CONCERN = "reference_concern", _("A reference names a reason not to work with children")
        CHECK_FAILED = "check_failed", _("A check failed: the safeguarding lead decides what follows")
        WITHDRAWN = "withdrawn", _("The applicant withdrew")
        NEW_APPLICATION = "new_application", _("A new application has come in")
        INFO_ANSWERED = "info_answered", _("The applicant has answered")
        LAPSED = "lapsed", _("Closed because the applicant did not answer")
        HOLD = "hold", _("A case is on hold and waits for the safeguarding lead")
        TO_CONFIRM = "to_confirm", _("Something proposed waits for a second person")
        NOTICE_OVER = "notice_over", _("The applicant answered a notice of refusal, or his days are over")
        APPEAL = "appeal", _("An appeal against a refusal")
        DEFERRAL_OVER = "deferral_over", _("A deferred applicant continues")
        CONCERN = "concern", _("A concern was raised")
        DISCLOSURE = "disclosure", _("A self-declaration needs the safeguarding lead")
        REFEREE_BOUNCED = "referee_bounced", _("A letter to a referee came back, or the link is out of date")
        REVIEW_DUE = "review_due", _("An entry of the do-not-engage list is to be looked at again")
        INTEREST = "interest", _("Somebody asks to be called back")
        NO_SUPERVISOR = "no_supervisor", _("A mentor has no supervisor")
        LEFT = "left", _("A mentor has left the programme")
        RENEWAL = "renewal", _("A renewal has come in")
        WITHOUT_OWNER = "without_owner", _("A case has no coordinator any more")
        CHECK_IN = "check_in", _("A supervisor's check-in needs attention")
        MEMBERSHIP = "membership", _("An organisation does not know somebody who named it")
        RETURN = "return", _("Somebody who may not apply again has tried to")
        SESSION_REQUEST = "session_request", _("A school asks for a session")
        REQUEST_ANSWERED = "request_answered", _("A school has answered")
        NOT_CONFIRMED_AGAIN = "not_confirmed_again", _("A mentor has not said again whether he comes")
        AT_RISK = "at_risk", _("A session of the coming day lacks adults")
        ATTENDANCE_MISSING = "attendance_missing", _("A school has not said who came")
        WORK_TO_CONFIRM = "work_to_confirm", _("A mentor has written down work outside sessions")
        LATE_CANCEL = "late_cancel", _("A mentor cancelled close to the visit")
        CLASH = "clash", _("A changed session meets another visit of its mentor")
        PAGE_REVIEW = "page_review", _("A text of the site is to be read again")
        NO_LESSONS = "no_lessons", _("Published sessions fall on days without lessons")
        LOG_BROKEN = "log_broken", _("The log does not fit: something was changed or taken away")

    kind = models.CharField(max_length=32, choices=Kind.choices)
    role = models.CharField(max_length=32, choices=access.Role.choices)
    district = models.ForeignKey(District, models.PROTECT, null=True, blank=True, related_name="+")
    person = models.UUIDField(null=True, blank=True)  # of whom it speaks, by the uuid of his `volunteers.Person`
    url = models.CharField(max_length=200, blank=True)
    about = models.CharField(max_length=80)
    dedupe_key = models.CharField(max_length=200, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = StaffTaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["created_at", "pk"]
