"""Rollouts beside others who change flags, and beside work that must go on."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import connection, transaction

from imports import actions
from imports.actions import rollouts
from imports.errors import FlagBusy
from imports.flags import Flag
from imports.models import FeatureFlag, Rollout
from tests.integration.locking import waiting

pytestmark = pytest.mark.django_db(transaction=True)


def test_profile_and_promotion_do_not_wait_for_each_other():
    actions.set_flag(Flag.BATCH_ROWS, "1000", reason="", by=None)
    rollout = actions.start_rollout(Flag.BATCH_ROWS, "2000", reason="", by=None)
    profile = partial(actions.apply_profile, reason="", by=None)

    with ExitStack() as stack:
        with transaction.atomic():
            # As who promotes it: the rollout first, then the flag.
            Rollout.objects.select_for_update().get(pk=rollout.pk)
            beside = stack.enter_context(waiting(profile))
            flag = FeatureFlag.objects.select_for_update(nowait=True)
            assert flag.get(name="batch_rows").value == "1000"
        with pytest.raises(FlagBusy):
            beside.result(timeout=30)


def test_connection_that_is_lost_amid_judging_ends_no_lane():
    actions.start_rollout(Flag.WRITER, "orm", reason="", by=None)
    with ThreadPoolExecutor(1) as thread, connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        thread.submit(_end_connection, cursor.fetchone()[0]).result(timeout=30)

    rollouts.judge()

    assert Rollout.objects.get().is_running


def _end_connection(pid: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 30000)", [pid])
    connection.close()
