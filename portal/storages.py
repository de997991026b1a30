"""Where files lie on this machine; `portal.buckets` has the same for S3. Everything asks Django's `storages`."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings
from django.core.files.storage import FileSystemStorage


class WholeFiles(FileSystemStorage):
    """Django's, but a file that finds no room leaves nothing: a part of it would only fill the disk further."""

    def _save(self, name, content):
        try:
            return super()._save(name, content)
        except OSError:
            self.delete(name)
            raise


class PrivateFiles(WholeFiles):
    """Encrypted files in PRIVATE_ROOT, which no address serves. What `save` returned for is also there after the power failed."""

    directory_permissions_mode = 0o700

    @property
    def base_location(self) -> Path:
        return settings.PRIVATE_ROOT

    @property
    def location(self) -> str:
        return os.path.abspath(self.base_location)

    def url(self, name):
        raise NotImplementedError("No private file has an address.")

    def _save(self, name, content):
        name = super()._save(name, content)
        path = Path(self.path(name))
        for place in (path, path.parent, path.parent.parent):  # the name of a new file is in its folder, too
            descriptor = os.open(place, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        return name
