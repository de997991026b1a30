from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MentorsConfig(AppConfig):
    name = "mentors"
    verbose_name = _("Mentors")

    def ready(self):
        from mentors.forgetting import forget_talks  # noqa: PLC0415 - models
        from volunteers.services import erasure  # noqa: PLC0415 - models

        erasure.when_forgotten(forget_talks)
