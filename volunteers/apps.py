from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class VolunteersConfig(AppConfig):
    name = "volunteers"
    verbose_name = _("Volunteers")

    def ready(self):
        from portal import nightly  # noqa: PLC0415 - the app registry must be loaded
        from volunteers.services import checks  # noqa: PLC0415

        nightly.register(_("Papers that end soon: fresh ones asked for"), checks.open_renewals)
