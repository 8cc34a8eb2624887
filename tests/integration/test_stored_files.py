"""Stored bytes are whole, or they are not there."""

import hashlib
import io
import os
import signal

import pytest
from django.core.files.storage import default_storage

from imports import failpoints
from imports.pipeline import manifest
from imports.pipeline.manifest import Statement

CONTENT = b"meeting,race,entrant,lap,time_ms\nashford,1,7,1,60000\n"
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATH = f"{SHA256[:2]}/{SHA256}"


def _register() -> manifest.SourceFile:
    return manifest.register(
        io.BytesIO(CONTENT), name="laps.csv", statement=Statement(source="test")
    )


def _stored(path: str) -> bytes:
    with default_storage.open(path) as file:
        return file.read()


@pytest.mark.django_db
def test_torn_copy_under_the_hash_is_replaced_not_trusted():
    default_storage.save(PATH, io.BytesIO(CONTENT[:20]))

    file = _register()

    assert file.storage_path == PATH
    assert _stored(PATH) == CONTENT


@pytest.mark.django_db
def test_killed_while_it_stores_leaves_nothing_under_the_hash():
    pid = os.fork()
    if pid == 0:
        failpoints.arm("mid_store:kill")
        manifest._store(io.BytesIO(CONTENT), name="laps.csv")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL

    assert not default_storage.exists(PATH)
    assert _stored(_register().storage_path) == CONTENT
