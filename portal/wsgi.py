import gc

gc.disable()  # next to nothing of what is loaded at the start is garbage: looking for it took a quarter of the start

import os  # noqa: E402
from importlib import import_module  # noqa: E402

from django.conf import settings  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import connections  # noqa: E402

from portal import checks  # noqa: E402

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
import_module(settings.ROOT_URLCONF)  # read once, before the workers are forked
checks.refuse_to_start()
connections.close_all()  # what asked the database until here; gunicorn's workers are forked from here (--preload) and share none

# A page makes and drops some ten thousand objects. What was loaded at the start is not walked for each of them again, and
# the collector comes seldom: that is a tenth of the processor's time of a page (benchmarks/README.md).
gc.freeze()
gc.set_threshold(50_000, 20, 100)
gc.enable()
