from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self):
        from portal import nightly  # noqa: PLC0415 - the app registry must be loaded
        from volunteers.services import (  # noqa: PLC0415
            agreements,
            chasing,
            checks,
            decisions,
            do_not_engage,
            durations,
            inactivity,
            outreach,
            reminders,
            retention,
            silence,
            supervision,
        )

        nightly.register(_("Mentors whose clearance ends soon: reminded"), reminders.remind_of_end)
        nightly.register(_("Mentors without a supervisor: coordinators told"), supervision.ask_for_supervisors)
        nightly.register(_("Long silence: asked whether they stay, or let go"), inactivity.let_the_silent_go)
        nightly.register(_("New versions of texts: mentors asked to accept them"), agreements.announce)
        nightly.register(_("Papers that end soon: fresh ones asked for"), checks.open_renewals)
        nightly.register(_("New requirements: what is missing asked for"), checks.open_requirements)
        nightly.register(_("Files whose time is over: erased"), checks.purge_papers)
        nightly.register(_("Applicants who do not answer: reminded, or closed"), silence.lapse)
        nightly.register(_("Deferrals that are over: applicants told"), silence.tell_deferred)
        nightly.register(_("Referees who do not answer: reminded, or given up"), chasing.chase_referees)
        nightly.register(_("Do-not-engage entries to be looked at again"), do_not_engage.reviews_due)
        nightly.register(_("Phones left for a call, old invitations: erased"), outreach.forget)
        nightly.register(_("Drafts that nobody sent: erased"), retention.erase_drafts)
        nightly.register(_("Cases that were closed long ago: forgotten"), retention.anonymise_closed)
        nightly.register(_("How long each stage usually takes"), durations.measure_stages)
        nightly.register(_("Notices of refusal whose days are over: the leads are told"), decisions.notices_over)
