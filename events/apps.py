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
        from events.services.forgetting import forget_visits, forget_words, words_due  # noqa: PLC0415 - models
        from events.services.met import people_met  # noqa: PLC0415 - models
        from events.services.numbers import bookings_by_state, make_figures  # noqa: PLC0415 - models
        from events.services.readiness import report_risks  # noqa: PLC0415 - models
        from events.services.reconfirming import report_silence  # noqa: PLC0415 - models
        from events.services.reminders import plan_reminders  # noqa: PLC0415 - models
        from events.services.requests import (  # noqa: PLC0415 - models
            drafts_due,
            expire_requests,
            follow_sessions,
            forget_drafts,
        )
        from events.services.served import records_of  # noqa: PLC0415 - models
        from events.services.swaps import expire_swaps  # noqa: PLC0415 - models
        from events.services.visits import ask_for_attendance  # noqa: PLC0415 - models
        from events.services.waiting import lapse_offers  # noqa: PLC0415 - models
        from mentors.services import when_added  # noqa: PLC0415 - models
        from portal import metrics, nightly, regular  # noqa: PLC0415 - models
        from portal.retention import carry_out  # noqa: PLC0415 - models
        from volunteers import clearance, flags, service_record  # noqa: PLC0415 - models
        from volunteers.services import concerns, erasure  # noqa: PLC0415 - models

        metrics.provide("tirek_bookings", "Places in school sessions in each state.", "state", bookings_by_state)
        service_record.provide_by(records_of)
        flags.provide_by(flags_of)
        clearance.when_it_may_change(revoke_uncleared)
        when_added(release_excluded)
        concerns.also_about(people_met)
        erasure.when_forgotten(forget_visits)
        nightly.register(
            "recheck_bookings", _("Visits released because the mentor is not cleared for the day"), recheck_bookings
        )
        nightly.register("close_past_sessions", _("Past sessions moved on"), close_past_sessions)
        nightly.register("ask_for_attendance", _("Past sessions of which nobody has said who came"), ask_for_attendance)
        nightly.register("follow_sessions", _("Requests of schools whose sessions are over"), follow_sessions)
        nightly.register("expire_requests", _("Requests of schools whose days have passed"), expire_requests)
        carry_out("drafts", _("Drafts of requests deleted"), forget_drafts, due=drafts_due, since="state_since")
        carry_out(
            "visits",
            _("What was written about visits long ago: erased"),
            forget_words,
            due=words_due,
            since="starts_at",
        )
        nightly.register("write_digests", _("Weekly letters with sessions that suit"), write_digests)
        regular.register("lapse_offers", _("Places from the waiting list that nobody took: offered on"), lapse_offers)
        regular.register("expire_swaps", _("Handovers that nobody took in time: ended"), expire_swaps)
        regular.register("report_silence", _("Mentors who do not answer a change: coordinators told"), report_silence)
        nightly.register("make_figures", _("Figures published"), make_figures)
        regular.register("plan_reminders", _("Reminders planned"), plan_reminders)
        regular.register("report_risks", _("Sessions without their adults: coordinators told"), report_risks)
