from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self):
        from events.services import close_past_sessions, recheck_bookings, revoke_uncleared  # noqa: PLC0415 - models
        from events.services.digest import write_digests  # noqa: PLC0415 - models
        from events.services.excluding import release_excluded  # noqa: PLC0415 - models
        from events.services.flags import flags_of  # noqa: PLC0415 - models
        from events.services.forgetting import forget_visits  # noqa: PLC0415 - models
        from events.services.met import people_met  # noqa: PLC0415 - models
        from events.services.numbers import make_figures  # noqa: PLC0415 - models
        from events.services.readiness import report_risks  # noqa: PLC0415 - models
        from events.services.reconfirming import report_silence  # noqa: PLC0415 - models
        from events.services.reminders import plan_reminders  # noqa: PLC0415 - models
        from events.services.requests import (  # noqa: PLC0415 - models
            expire_requests,
            follow_sessions,
            forget_drafts,
        )
        from events.services.served import records_of  # noqa: PLC0415 - models
        from events.services.swaps import expire_swaps  # noqa: PLC0415 - models
        from events.services.visits import ask_for_attendance  # noqa: PLC0415 - models
        from events.services.waiting import lapse_offers  # noqa: PLC0415 - models
        from mentors.services import when_added  # noqa: PLC0415 - models
        from portal import nightly, regular  # noqa: PLC0415 - models
        from volunteers import clearance, flags, service_record  # noqa: PLC0415 - models
        from volunteers.services import concerns, erasure  # noqa: PLC0415 - models

        service_record.provide_by(records_of)
        flags.provide_by(flags_of)
        clearance.when_it_may_change(revoke_uncleared)
        when_added(release_excluded)
        concerns.also_about(people_met)
        erasure.when_forgotten(forget_visits)
        nightly.register(_("Visits released because the mentor is not cleared for the day"), recheck_bookings)
        nightly.register(_("Past sessions moved on"), close_past_sessions)
        nightly.register(_("Past sessions of which nobody has said who came"), ask_for_attendance)
        nightly.register(_("Requests of schools whose sessions are over"), follow_sessions)
        nightly.register(_("Requests of schools whose days have passed"), expire_requests)
        nightly.register(_("Drafts of requests deleted"), forget_drafts)
        nightly.register(_("Weekly letters with sessions that suit"), write_digests)
        regular.register(lapse_offers)
        regular.register(expire_swaps)
        regular.register(report_silence)
        nightly.register(_("Figures published"), make_figures)
        regular.register(plan_reminders)
        regular.register(report_risks)
