"""Storages in S3-compatible buckets, for installations that name them (`PRIVATE_STORAGE_URL`, `PUBLIC_STORAGE_URL`). A bucket that
does not answer, or refuses, is an `OSError`, as a broken disk is."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import clean_name

PIECE_BYTES = 1024 * 1024  # asked of the bucket at once
KEPT = "public, max-age=86400"  # seconds, in a browser: as content/pictures.py says of files
CLIENT = Config(
    signature_version="s3v4",
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=20,  # seconds: a request does not wait longer for a bucket that hangs
    retries={"mode": "standard", "total_max_attempts": 3},
    # Checksums of boto's own that servers other than Amazon's refuse; what is private notices changes by itself.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


@contextmanager
def os_errors(name: str) -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, Boto3Error, ClientError) as error:
        answer = getattr(error, "response", {}).get("ResponseMetadata", {})
        kind = FileNotFoundError if answer.get("HTTPStatusCode") == 404 else OSError
        raise kind(f"{name}: {type(error).__name__}") from error


class Remote(io.RawIOBase):
    """A file of a bucket, read piece by piece as it is asked for: nothing of it is kept on this machine."""

    def __init__(self, remote, name: str):
        self.remote, self.name, self.at = remote, name, 0
        with os_errors(name):
            self.size = remote.content_length

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self.at, io.SEEK_END: self.size}[whence]
        return self.at

    def readinto(self, buffer) -> int:
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        with os_errors(self.name):
            piece = self.remote.get(Range=f"bytes={self.at}-{last}")["Body"].read()
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)


class Bucket(S3Storage):
    """Takes its options from the settings, not from arguments: a task that carries the storage carries no password."""

    def get_default_settings(self) -> dict:
        return super().get_default_settings() | {
            "client_config": CLIENT,
            "transfer_config": TransferConfig(use_threads=False),
            "file_overwrite": False,
        }

    def _open(self, name, mode="rb"):
        place = self._normalize_name(clean_name(name))
        return File(io.BufferedReader(Remote(self.bucket.Object(place), name), PIECE_BYTES), name)

    def _save(self, name, content):
        with os_errors(name):
            return super()._save(name, content)

    def delete(self, name):
        with os_errors(name):
            super().delete(name)

    def exists(self, name):
        with os_errors(name):
            return super().exists(name)

    def size(self, name):
        with os_errors(name):
            return super().size(name)

    def get_modified_time(self, name):
        with os_errors(name):
            return super().get_modified_time(name)

    def listdir(self, name):
        with os_errors(name):
            return super().listdir(name)


def _without_address(options: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in options.items() if name != "address"}


class Private(Bucket):
    """Encrypted files, in the folder `private` of a bucket that nobody else may read."""

    folder = "private"

    def get_default_settings(self) -> dict:
        return super().get_default_settings() | _without_address(settings.PRIVATE_BUCKET) | {"location": self.folder}

    def url(self, name, *args, **kwargs):
        raise NotImplementedError("Nothing in the private bucket has an address.")


class Uploads(Private):
    """What editors uploaded, beside the private files: it is served by views only."""

    folder = "media"


class Pictures(Bucket):
    """What pages show of pictures, in a bucket that everybody may read."""

    def get_default_settings(self) -> dict:
        scheme, _, address = settings.PUBLIC_BUCKET["address"].rstrip("/").partition("//")
        return (
            super().get_default_settings()
            | _without_address(settings.PUBLIC_BUCKET)
            | {
                "custom_domain": address,
                "url_protocol": scheme,
                "querystring_auth": False,
                "object_parameters": {"CacheControl": KEPT},
            }
        )
