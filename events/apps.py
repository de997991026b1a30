from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "events"
    verbose_name = _("Events")

    def ready(self):
        from events.services import close_past_sessions, recheck_bookings, revoke_uncleared  # noqa: PLC0415 - models
        from events.services.forgetting import forget_visits  # noqa: PLC0415 - models
        from events.services.met import people_met  # noqa: PLC0415 - models
        from events.services.served import records_of  # noqa: PLC0415 - models
        from portal import nightly  # noqa: PLC0415 - models
        from volunteers import clearance, service_record  # noqa: PLC0415 - models
        from volunteers.services import concerns, erasure  # noqa: PLC0415 - models

        service_record.provide_by(records_of)
        clearance.when_it_may_change(revoke_uncleared)
        concerns.also_about(people_met)
        erasure.when_forgotten(forget_visits)
        nightly.register(_("Visits released because the mentor is not cleared for the day"), recheck_bookings)
        nightly.register(_("Past sessions moved on"), close_past_sessions)
