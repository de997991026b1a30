from datetime import timedelta

from celery import shared_task

from portal import alarms, jobs, mail
from portal import nightly as nightly_jobs
from portal import regular as regular_jobs
from portal.services import imports

SWEEP_LEASE = timedelta(minutes=2)


@shared_task
def deliver_messages(uuids: list[str]) -> None:
    mail.deliver_many(uuids)


@shared_task
def work_on_import(pk: int) -> None:
    imports.work(pk)


@shared_task
def sweep() -> None:
    """Where another worker sweeps already this one helps: no letter is taken twice."""
    jobs.runs(["sweep"])
    if jobs.run("sweep", mail.sweep, lease=SWEEP_LEASE) is None:
        mail.sweep()


@shared_task
def nightly() -> None:
    nightly_jobs.run_due()


@shared_task
def regular() -> None:
    regular_jobs.run_due()
    alarms.tell_late()
