"""Addresses of our own under a model's admin."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path


def own_address(model_admin: ModelAdmin, route: str, view: Any, name: str) -> URLPattern:
    """Return the address `route` of `view(model_admin, request, …)`, behind the admin's login.

    It is named like the admin's own, e.g. "calls_calllog_cancel" for the name "cancel".
    """

    def wrapped(request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return view(model_admin, request, **kwargs)

    full_name = f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_{name}"
    return path(route, model_admin.admin_site.admin_view(wrapped), name=full_name)
