"""Keep what a person says the columns of files are, version by version."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import Max, Q
from django.utils import timezone

from imports.layouts import mapping as mappings
from imports.models import ColumnMapping
from imports.sql import statement

log = structlog.get_logger(__name__)


def save_mapping(spec: Any, *, by: User | None) -> ColumnMapping:
    """Keep a mapping as the newest of its name, in force for files of its header.

    What is in force already, word for word, stays the version that it is. Raises
    MappingInvalid.
    """
    read = mappings.read(spec)
    spec = read.as_dict()
    with _alone():
        same = ColumnMapping.objects.filter(name=read.name, is_active=True, spec=spec)
        if known := same.first():
            return known
        header = _fingerprint(read.header)
        rivals = Q(name=read.name) | Q(header_sha256=header)
        ColumnMapping.objects.filter(rivals, is_active=True).update(is_active=False)
        of_name = ColumnMapping.objects.filter(name=read.name)
        number = (of_name.aggregate(highest=Max("number"))["highest"] or 0) + 1
        saved = ColumnMapping.objects.create(
            name=read.name,
            number=number,
            spec=spec,
            header_sha256=header,
            created_at=timezone.now(),
            created_by=by,
        )
    log.info("mapping_saved", mapping=saved.pk, name=saved.name, number=number)
    return saved


def switch_mapping(mapping: ColumnMapping, *, is_active: bool) -> None:
    """Put a version in force, or out of force; who rivals it goes out."""
    with _alone():
        rivals = Q(name=mapping.name) | Q(header_sha256=mapping.header_sha256)
        if is_active:
            ColumnMapping.objects.filter(rivals, is_active=True).update(is_active=False)
        ColumnMapping.objects.filter(pk=mapping.pk).update(is_active=is_active)
    log.info("mapping_switched", mapping=mapping.pk, is_active=is_active)


@contextmanager
def _alone() -> Iterator[None]:
    """Open a transaction in which nobody else changes mappings.

    Two that have no row yet can rival each other, so there is no row to lock.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement("lock_mappings"))
        yield


def _fingerprint(header: tuple[str, ...]) -> str:
    return hashlib.sha256(json.dumps(sorted(header)).encode()).hexdigest()
