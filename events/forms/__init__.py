from .arrivals import ArrivalForm
from .bookings import BookForm, NoteForm
from .changes import ChangeForm
from .days import PeriodForm
from .feedback import FeedbackForm
from .hours import CertificateForm, CorrectionForm, MonthForm, SerialForm, SpanForm
from .plans import PlanForm
from .requests import AnswerForm, DeclineForm, HandRequestForm, QuestionForm, RequestForm
from .series import SeriesForm
from .session_templates import ApplyForm, BeginForm, TemplateForm
from .sessions import SessionForm, clone_of
from .swaps import HandOverForm
from .visits import (
    AdultForm,
    AttendanceCorrectionForm,
    AttendanceForm,
    AttendanceSheet,
    CancelForm,
    NoteAnswerForm,
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
    "BeginForm",
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
    "NoteAnswerForm",
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
    "SpanForm",
    "TemplateForm",
    "WordForm",
    "WorkForm",
    "clone_of",
]
