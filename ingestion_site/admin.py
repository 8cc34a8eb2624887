"""The queue's own tables (django-q2), for superusers only.

What they hold are doorbells; what became of the work is in the import runs.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django_q import admin as queue_admin
from django_q.models import Failure, OrmQ, Schedule, Success


class SuperusersOnly(admin.ModelAdmin):
    """Hidden from staff, whatever permissions they hold; nobody writes, only deletes.

    A schedule runs whatever callable it names: that is code, and comes with a deploy.
    """

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_superuser(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_superuser(request)


def _is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)


admin.site.unregister([Schedule, Success, Failure, OrmQ])


@admin.register(Schedule)
class ScheduleAdmin(SuperusersOnly, queue_admin.ScheduleAdmin):  # type: ignore[misc]
    """When the queue would start what; its scheduler is off (Q_CLUSTER)."""


@admin.register(OrmQ)
class QueueAdmin(SuperusersOnly, queue_admin.QueueAdmin):  # type: ignore[misc]
    """What waits for a worker."""


@admin.register(Success)
class SuccessAdmin(SuperusersOnly, queue_admin.TaskAdmin):  # type: ignore[misc]
    """Tasks that ended well."""


@admin.register(Failure)
class FailureAdmin(SuperusersOnly, queue_admin.FailAdmin):  # type: ignore[misc]
    """Tasks that did not."""
