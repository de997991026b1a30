from .accounts import RoleGrant, User
from .base import AppendOnly, Coded, Named, in_language
from .calendar import NonTeachingPeriod
from .helplines import Helpline
from .log import LogEntry
from .messages import OutgoingMessage
from .places import District, School, SchoolShift, Settlement
from .tasks import StaffTask
from .topics import Language, Topic

__all__ = [
    "AppendOnly",
    "Coded",
    "District",
    "Helpline",
    "Language",
    "LogEntry",
    "Named",
    "NonTeachingPeriod",
    "OutgoingMessage",
    "RoleGrant",
    "School",
    "SchoolShift",
    "Settlement",
    "StaffTask",
    "Topic",
    "User",
    "in_language",
]
