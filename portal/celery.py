import os

from celery import Celery

import portal.logs  # noqa: F401 - takes Celery's logging over

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
