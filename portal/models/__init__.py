from .accounts import RoleGrant, RoleProposal, User
from .alerts import SiteAlert
from .base import AppendOnly, Coded, Named, in_language
from .calendar import NonTeachingPeriod
from .helplines import Helpline
from .imports import Import, ImportFile
from .jobs import JobRun
from .letter_texts import LetterText
from .limits import RateCounter
from .log import LogEntry, LogLink
from .messages import OutgoingMessage
from .places import District, School, SchoolShift, Settlement
from .tasks import StaffTask
from .topics import Language, Topic

__all__ = [
    "AppendOnly",
    "Coded",
    "District",
    "Helpline",
    "Import",
    "ImportFile",
    "JobRun",
    "Language",
    "LetterText",
    "LogEntry",
    "LogLink",
    "Named",
    "NonTeachingPeriod",
    "OutgoingMessage",
    "RateCounter",
    "RoleGrant",
    "RoleProposal",
    "School",
    "SchoolShift",
    "Settlement",
    "SiteAlert",
    "StaffTask",
    "Topic",
    "User",
    "in_language",
]
