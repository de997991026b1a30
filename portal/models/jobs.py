from django.db import models


class JobRun(models.Model):
    """The last run of one periodic job; `portal.jobs` alone writes here."""

    name = models.CharField(max_length=60, primary_key=True)
    known_since = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)  # while it runs: then whoever holds it is taken for dead
    finished_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=100, blank=True)  # kind of the error of the last run
    count = models.PositiveIntegerField(default=0)  # what the last run changed
    told_late_at = models.DateTimeField(null=True)  # the administrators know that it is late

    def __str__(self):
        return self.name
