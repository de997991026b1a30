"""How long a mentor is likely to be on his way. Reckoned from the straight line and a speed, and never a promise: it helps
to choose, and nothing is refused by it."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from django.conf import settings
from django.utils.translation import gettext as _

from mentors.models import Limits, Travel

STEP_MINUTES = 5  # rounded up to


@dataclass(frozen=True)
class Way:
    """`kilometres` in a straight line from the centre of his district, `minutes` by what he travels."""

    kilometres: float
    minutes: int
    travels_by: str

    @property
    def by(self) -> str:
        return str(Travel(self.travels_by).label)

    @property
    def time(self) -> str:
        hours, minutes = divmod(self.minutes, 60)
        if hours:
            return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes}
        return _("%(minutes)s min") % {"minutes": minutes}


def way_of(kilometres: float | None, limits: Limits) -> Way | None:
    """The way of `kilometres` in a straight line by what he travels; None where the distance is not known. Roads are
    longer than the line by `PROGRAMME["travel"]["way_factor"]`, and who goes by bus waits for it."""
    if kilometres is None:
        return None
    known = settings.PROGRAMME["travel"]
    speed, waiting = known["km_per_hour"][limits.travels_by], known["waiting_minutes"].get(limits.travels_by, 0)
    minutes = kilometres * known["way_factor"] / speed * 60 + waiting
    return Way(kilometres, max(STEP_MINUTES, STEP_MINUTES * ceil(minutes / STEP_MINUTES)), limits.travels_by)
