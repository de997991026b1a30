from .arrivals import ArrivalForm
from .bookings import BookForm, NoteForm
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
from .visits import (
    AdultForm,
    AttendanceCorrectionForm,
    AttendanceForm,
    AttendanceSheet,
    CancelForm,
    PupilsForm,
    ReasonForm,
    WordForm,
)
from .waiting import SecondChoiceForm
from .work import DeclineWorkForm, WorkForm

__all__ = [
    "AdultForm",
    "AnswerForm",
    "ApplyForm",
    "ArrivalForm",
    "AttendanceCorrectionForm",
    "AttendanceForm",
    "AttendanceSheet",
    "BookForm",
    "CancelForm",
    "CertificateForm",
    "ChangeForm",
    "CorrectionForm",
    "DeclineForm",
    "DeclineWorkForm",
    "FeedbackForm",
    "HandOverForm",
    "HandRequestForm",
    "MonthForm",
    "NoteForm",
    "PeriodForm",
    "PlanForm",
    "PupilsForm",
    "QuestionForm",
    "ReasonForm",
    "RequestForm",
    "SecondChoiceForm",
    "SerialForm",
    "SeriesForm",
    "SessionForm",
    "TemplateForm",
    "WordForm",
    "WorkForm",
    "clone_of",
]
