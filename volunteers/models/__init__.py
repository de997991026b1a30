from .application import Application, ApplicationRevision, ConflictDeclaration
from .checks import Check, CheckEvidence
from .decisions import Approval, Decision
from .people import Membership, Organisation, Person
from .policy import Agreement, AgreementVersion, CheckType, PolicyVersion, ProgrammeRole, ReasonCode, Requirement
from .references import RefereeRequest, ReferenceResponse
from .standing import Acceptance, SupervisorAssignment, Suspension, TrainingModule, TrainingRecord

__all__ = [
    "Acceptance",
    "Agreement",
    "AgreementVersion",
    "Application",
    "ApplicationRevision",
    "Approval",
    "Check",
    "CheckEvidence",
    "CheckType",
    "ConflictDeclaration",
    "Decision",
    "Membership",
    "Organisation",
    "Person",
    "PolicyVersion",
    "ProgrammeRole",
    "ReasonCode",
    "RefereeRequest",
    "ReferenceResponse",
    "Requirement",
    "SupervisorAssignment",
    "Suspension",
    "TrainingModule",
    "TrainingRecord",
]
