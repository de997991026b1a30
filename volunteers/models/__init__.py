from .application import Application, ApplicationRevision, ConflictDeclaration, Hold, InfoRequest
from .checks import Check, CheckEvidence, Exemption, RiskAssessment, SearchLog
from .decisions import Appeal, Approval, Decision, StageDuration
from .people import Interest, Invitation, Membership, Organisation, Person
from .policy import Agreement, AgreementVersion, CheckType, PolicyVersion, ProgrammeRole, ReasonCode, Requirement
from .privacy import DataArchive, Erasure, ErasureRequest, Withdrawal
from .references import RefereeRequest, ReferenceResponse
from .review import Interview, Recommendation, Review, SelfDisclosure
from .safeguarding import Concern, DoNotEngage
from .standing import Acceptance, ExitRecord, Pause, SupervisorAssignment, Suspension
from .training import QuizAttempt, TrainingMeeting, TrainingModule, TrainingPlace, TrainingRecord

__all__ = [
    "Acceptance",
    "Agreement",
    "AgreementVersion",
    "Appeal",
    "Application",
    "ApplicationRevision",
    "Approval",
    "Check",
    "CheckEvidence",
    "CheckType",
    "Concern",
    "ConflictDeclaration",
    "DataArchive",
    "Decision",
    "DoNotEngage",
    "Erasure",
    "ErasureRequest",
    "Exemption",
    "ExitRecord",
    "Hold",
    "InfoRequest",
    "Interest",
    "Interview",
    "Invitation",
    "Membership",
    "Organisation",
    "Pause",
    "Person",
    "PolicyVersion",
    "ProgrammeRole",
    "QuizAttempt",
    "ReasonCode",
    "Recommendation",
    "RefereeRequest",
    "ReferenceResponse",
    "Requirement",
    "Review",
    "RiskAssessment",
    "SearchLog",
    "SelfDisclosure",
    "StageDuration",
    "SupervisorAssignment",
    "Suspension",
    "TrainingMeeting",
    "TrainingModule",
    "TrainingPlace",
    "TrainingRecord",
    "Withdrawal",
]
