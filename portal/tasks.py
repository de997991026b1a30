from celery import shared_task

from portal import mail
from portal import nightly as nightly_jobs
from portal import regular as regular_jobs


@shared_task
def deliver_message(pk: int) -> None:
    mail.deliver(pk)


@shared_task
def sweep() -> None:
    mail.sweep()


@shared_task
def nightly() -> None:
    nightly_jobs.run()


@shared_task
def regular() -> None:
    regular_jobs.run()
