"""Writes that belong to no app above: roles, accounts, tasks of the desks, and lists that are taken along."""

from .accounts import (
    Proof,
    choose_texts,
    choose_way,
    close_account,
    open_account,
    reset_second_factor,
    speaks_against_closing,
)
from .desk import close_task, raise_task, settle_task
from .letters import mark_bounced, send_again
from .lists import note_export
from .roles import confirm_role, decline_role, end_role, grant_role, propose_role

__all__ = [
    "Proof",
    "choose_texts",
    "choose_way",
    "close_account",
    "close_task",
    "confirm_role",
    "decline_role",
    "end_role",
    "grant_role",
    "mark_bounced",
    "note_export",
    "open_account",
    "propose_role",
    "raise_task",
    "reset_second_factor",
    "send_again",
    "settle_task",
    "speaks_against_closing",
]
