from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self):
        from events.services import close_past_sessions, recheck_bookings, revoke_uncleared  # noqa: PLC0415 - models
        from portal import nightly  # noqa: PLC0415 - models
        from volunteers import clearance  # noqa: PLC0415 - models

        clearance.when_it_may_change(revoke_uncleared)
        nightly.register(_("Visits released because the mentor is not cleared for the day"), recheck_bookings)
        nightly.register(_("Past sessions moved on"), close_past_sessions)
