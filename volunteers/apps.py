from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self):
        from portal import audit, metrics, nightly, regular  # noqa: PLC0415 - the app registry must be loaded
        from portal.imports import kinds  # noqa: PLC0415
        from portal.models.messages import sees_letters_of  # noqa: PLC0415
        from portal.models.tasks import keeps_from  # noqa: PLC0415
        from portal.services import speaks_against_closing  # noqa: PLC0415
        from volunteers.models import Person  # noqa: PLC0415
        from volunteers.services import (  # noqa: PLC0415
            agreements,
            chasing,
            checks,
            correspondence,
            decisions,
            do_not_engage,
            durations,
            inactivity,
            people,
            reminders,
            schedule,
            silence,
            supervision,
            traces,
        )
        from volunteers.services.imports import members, organisations  # noqa: PLC0415
        from volunteers.services.own_data import archive, ledger  # noqa: PLC0415

        kinds.register(organisations.Organisations, organisations.PROBLEMS)
        kinds.register(members.Members, members.PROBLEMS)
        audit.tells_about_person(traces.entries_of_code)
        audit.keeps_from(traces.entries_kept_from)
        speaks_against_closing(people.against_closing)
        keeps_from(lambda user: Person.objects.kept_from(user).values("uuid"))
        metrics.provide("tirek_clearances_ending", "Mentors cleared today, not in 30 days.", "", reminders.ending_soon)
        sees_letters_of(
            lambda user: Person.objects.for_staff(user).values("user"), correspondence.matters, correspondence.pages
        )
        nightly.register("remind_of_end", _("Mentors whose clearance ends soon: reminded"), reminders.remind_of_end)
        nightly.register(
            "ask_for_supervisors", _("Mentors without a supervisor: coordinators told"), supervision.ask_for_supervisors
        )
        nightly.register(
            "let_the_silent_go", _("Long silence: asked whether they stay, or let go"), inactivity.let_the_silent_go
        )
        nightly.register(
            "announce_agreements", _("New versions of texts: mentors asked to accept them"), agreements.announce
        )
        nightly.register("open_renewals", _("Papers that end soon: fresh ones asked for"), checks.open_renewals)
        nightly.register(
            "open_requirements", _("New requirements: what is missing asked for"), checks.open_requirements
        )
        nightly.register("lapse_applications", _("Applicants who do not answer: reminded, or closed"), silence.lapse)
        nightly.register("tell_deferred", _("Deferrals that are over: applicants told"), silence.tell_deferred)
        nightly.register(
            "chase_referees", _("Referees who do not answer: reminded, or given up"), chasing.chase_referees
        )
        nightly.register(
            "review_do_not_engage", _("Do-not-engage entries to be looked at again"), do_not_engage.reviews_due
        )
        schedule.register()
        nightly.register(
            "complete_ledger", _("Deletions missing in the file beside the database: added"), ledger.complete
        )
        regular.register("tidy_archives", _("Archives of one's own data: what was left lying is made"), archive.tidy)
        nightly.register("measure_stages", _("How long each stage usually takes"), durations.measure_stages)
        nightly.register(
            "notices_over", _("Notices of refusal whose days are over: the leads are told"), decisions.notices_over
        )
