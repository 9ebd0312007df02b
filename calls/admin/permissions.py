"""Permissions of the app that are named after a verb, such as calls.place_call."""

from typing import cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest


def has_verb(request: HttpRequest, verb: str) -> bool:
    """Tell whether the person of this request may do `verb`, for example "place_call"."""
    return request.user.is_active and request.user.has_perm(f"calls.{verb}")


def require_verb(request: HttpRequest, verb: str) -> None:
    """Raise PermissionDenied (a 403) unless the person of this request may do `verb`."""
    if not has_verb(request, verb):
        raise PermissionDenied


def person_of(request: HttpRequest) -> User:
    """Return the person of this request. Only for views behind a permission, which nobody anonymous has."""
    return cast(User, request.user)
