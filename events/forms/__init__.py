from .arrivals import ArrivalForm
from .changes import ChangeForm
from .days import PeriodForm
from .feedback import FeedbackForm
from .hours import CertificateForm, CorrectionForm, MonthForm, SerialForm
from .plans import PlanForm
from .requests import AnswerForm, DeclineForm, HandRequestForm, QuestionForm, RequestForm
from .series import SeriesForm
from .session_templates import ApplyForm, TemplateForm
from .sessions import SessionForm, clone_of
from .swaps import HandOverForm
from .visits import AdultForm, AttendanceForm, AttendanceSheet, CancelForm, PupilsForm, ReasonForm, WordForm

__all__ = [
    "AdultForm",
    "AnswerForm",
    "ApplyForm",
    "ArrivalForm",
    "AttendanceForm",
    "AttendanceSheet",
    "CancelForm",
    "CertificateForm",
    "ChangeForm",
    "CorrectionForm",
    "DeclineForm",
    "FeedbackForm",
    "HandOverForm",
    "HandRequestForm",
    "MonthForm",
    "PeriodForm",
    "PlanForm",
    "PupilsForm",
    "QuestionForm",
    "ReasonForm",
    "RequestForm",
    "SerialForm",
    "SeriesForm",
    "SessionForm",
    "TemplateForm",
    "WordForm",
    "clone_of",
]
