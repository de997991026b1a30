from .sessions import SessionForm
from .visits import AdultForm, AttendanceForm, CancelForm, ReasonForm

__all__ = ["AdultForm", "AttendanceForm", "CancelForm", "ReasonForm", "SessionForm"]
