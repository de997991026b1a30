from celery import shared_task

from volunteers.services.own_data import archive


@shared_task
def make_archive(pk: int) -> None:
    archive.make(pk)
