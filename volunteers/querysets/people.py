"""Whose rows they are: people, and whatever belongs to a person or a district."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from portal import access
from volunteers.states import LEARNING, TRAINABLE, UNSEEN_BY_STAFF


def tied(model, user, person: str) -> models.Q:
    """A condition: the person behind `person` is one to whom `user` declared a tie in any of his cases (G3)."""
    declarations = model._meta.apps.get_model("volunteers", "ConflictDeclaration").objects
    return models.Q(**{f"{person}__in": declarations.filter(user=user, exists=True).values("application__person")})


def cared_for(model, user, *, person: str, district: str) -> models.Q:
    """A condition: the person behind `person` lives in a district of `user`'s, has sent an application and confirmed the
    contact, and `user` declared no tie to him. Asked of each row, so that one person's rows cost no look at all people."""
    sent = model._meta.apps.get_model("volunteers", "Application").objects.filter(
        person=models.OuterRef(person), submitted_at__isnull=False
    )
    here = access.within(user, "standing.view", district=district)
    return here & models.Q(models.Exists(sent.exclude(state__in=UNSEEN_BY_STAFF))) & ~tied(model, user, person)


class PersonQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Oneself, and for staff the people of their districts who have sent an application and confirmed the contact."""
        return self.filter(models.Q(user=user) | cared_for(self.model, user, person="pk", district="district"))

    def for_staff(self, user):
        """Those of `visible_to` whom he looks after: without himself."""
        return self.filter(cared_for(self.model, user, person="pk", district="district") & ~self._own(user))

    def kept_from(self, user):
        """Himself, and those he declared a tie to: nobody learns from a desk or the log what is going on about them."""
        return self.filter(self._own(user) | tied(self.model, user, "pk"))

    def on_record(self, user):
        """Those whose lines in the single central record `user` may read: in his districts, never himself nor somebody
        he declared a tie to. Who has a line is said by the record's filter."""
        here = access.within(user, "record.view", district="district")
        return self.filter(here & ~tied(self.model, user, "pk") & ~self._own(user))

    def _own(self, user):
        """A condition: the person is `user` himself. Asked of the key, so that a count reads no rows."""
        return models.Q(pk__in=self.model.objects.filter(user=user).values("pk"))

    def serving(self, on=None):
        """Approved for the day `on` (default today) and not gone since. Says nothing of clearance on that day."""
        on = on or timezone.localdate()
        approvals = self.model._meta.apps.get_model("volunteers", "Approval").objects.kept()
        return self.filter(
            models.Exists(approvals.filter(person=models.OuterRef("pk"), valid_from__lte=on, valid_to__gte=on))
        )

    def to_train(self, user):
        """Whom `user` may train: in his districts, in checks or approved, and not himself."""
        here = access.within(user, "training.record", district="district")
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects
        return self.filter(here, pk__in=applications.filter(state__in=TRAINABLE).values("person")).exclude(user=user)

    def learning(self):
        """Who may read the training modules and take their quizzes: an application is on its way, or was approved."""
        applications = self.model._meta.apps.get_model("volunteers", "Application").objects
        return self.filter(pk__in=applications.filter(state__in=LEARNING).values("person"))


class OfPersonQuerySet(models.QuerySet):
    """Rows that belong to a person and are visible with him."""

    def visible_to(self, user):
        return self.filter(person__in=self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user))


class AcceptanceQuerySet(OfPersonQuerySet):
    def standing(self):
        """Those that were not taken back."""
        return self.filter(withdrawal=None)


class ConfirmedQuerySet(OfPersonQuerySet):
    """Rows that one signs and another confirms, that count from day to day inclusive and that either may revoke."""

    def standing(self):
        """Not revoked; those that wait for the second person among them."""
        return self.filter(revoked_at=None)

    def in_force(self, on=None):
        """Confirmed, not revoked, and counting on the day `on` (default today)."""
        on = on or timezone.localdate()
        return self.standing().filter(confirmed_at__isnull=False, starts_on__lte=on, ends_on__gte=on)


class OrganisationQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Organisations are no secret: an applicant chooses his from the list."""
        return self.filter(is_active=True) if user.is_authenticated else self.none()

    def to_arrange(self, user):
        """Those for which `user` names who speaks for them."""
        return self.filter(access.within(user, "organisation.name_endorser", district="district"), is_active=True)


class MembershipQuerySet(models.QuerySet):
    def visible_to(self, user):
        """One's own; staff see those of the people they see; an endorser those of his organisations."""
        people = self.model._meta.apps.get_model("volunteers", "Person").objects.visible_to(user)
        return self.filter(models.Q(person__in=people) | models.Q(pk__in=self.of_endorser(user).values("pk")))

    def of_endorser(self, user):
        """Of others who named an organisation that `user` speaks for and whose application has come in, with what he
        learns of them: whether the person `serves` or is `in_checks`. Those without an answer first."""
        get_model = self.model._meta.apps.get_model
        cases = get_model("volunteers", "Application").objects.filter(
            person=models.OuterRef("person"), submitted_at__isnull=False
        )
        cases = cases.exclude(state__in=UNSEEN_BY_STAFF)
        rows = self.filter(models.Exists(cases), organisation__endorser=user, organisation__is_active=True).exclude(
            person__user=user
        )
        people = get_model("volunteers", "Person").objects.annotate(
            serves=models.Exists(get_model("volunteers", "Person").objects.serving().filter(pk=models.OuterRef("pk"))),
            in_checks=models.Exists(
                get_model("volunteers", "Application").objects.open().filter(person=models.OuterRef("pk"))
            ),
        )
        answered = models.Q(confirmed_at__isnull=False) | models.Q(refused_at__isnull=False)
        return (
            rows.annotate(answered=models.ExpressionWrapper(answered, models.BooleanField()))
            .select_related("organisation")
            .prefetch_related(models.Prefetch("person", people))
            .order_by("answered", "person__family_name", "person__given_name", "pk")
        )


class OfDistrictQuerySet(models.QuerySet):
    """Rows with a `district`, for those who work there. `permission` is that of the desk that keeps them."""

    PERMISSIONS = {
        "Interest": "interest.view",
        "Invitation": "invitation.send",
        "TrainingMeeting": "training.record",
    }

    def visible_to(self, user):
        return self.filter(access.within(user, self.PERMISSIONS[self.model.__name__], district="district"))
