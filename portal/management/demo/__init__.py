"""Invented people and cases for the demonstration and the tests: builders, the named cast, cases in every stage."""

from .builders import PASSWORD, email_of, make_mentor, make_person, make_user
from .cast import Cast, make_cast

__all__ = ["PASSWORD", "Cast", "email_of", "make_cast", "make_mentor", "make_person", "make_user"]
