"""The writes about mentors, by subject."""

from .check_ins import begun_on, first_due, next_due, record_check_in
from .exclusions import add_exclusion, end_exclusion, when_added
from .wishes import (
    FARTHEST_KM,
    add_absence,
    add_windows,
    digest_key,
    remove_absence,
    remove_window,
    save_limits,
    save_profile,
    stop_digest,
)

__all__ = [
    "FARTHEST_KM",
    "add_absence",
    "add_exclusion",
    "add_windows",
    "begun_on",
    "digest_key",
    "end_exclusion",
    "first_due",
    "next_due",
    "record_check_in",
    "remove_absence",
    "remove_window",
    "save_limits",
    "save_profile",
    "stop_digest",
    "when_added",
]
