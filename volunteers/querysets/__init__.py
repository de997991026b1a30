"""The words in which rows are asked for. `visible_to(user)` is the only way to rows of people and cases."""

from .cases import (
    AppealQuerySet,
    ApplicationQuerySet,
    ApprovalQuerySet,
    PolicyVersionQuerySet,
    RefereeRequestQuerySet,
    coded,
)
from .checks import CheckQuerySet, EvidenceQuerySet
from .people import (
    AcceptanceQuerySet,
    ConfirmedQuerySet,
    MembershipQuerySet,
    OfDistrictQuerySet,
    OfPersonQuerySet,
    OrganisationQuerySet,
    PersonQuerySet,
    cared_for,
    tied,
)
from .standing import ConcernQuerySet, DoNotEngageQuerySet, SupervisorAssignmentQuerySet, SuspensionQuerySet
from .training import TrainingMeetingQuerySet, TrainingPlaceQuerySet

__all__ = [
    "AcceptanceQuerySet",
    "AppealQuerySet",
    "ApplicationQuerySet",
    "ApprovalQuerySet",
    "CheckQuerySet",
    "ConcernQuerySet",
    "ConfirmedQuerySet",
    "DoNotEngageQuerySet",
    "EvidenceQuerySet",
    "MembershipQuerySet",
    "OfDistrictQuerySet",
    "OfPersonQuerySet",
    "OrganisationQuerySet",
    "PersonQuerySet",
    "PolicyVersionQuerySet",
    "RefereeRequestQuerySet",
    "SupervisorAssignmentQuerySet",
    "SuspensionQuerySet",
    "TrainingMeetingQuerySet",
    "TrainingPlaceQuerySet",
    "cared_for",
    "coded",
    "tied",
]
