"""Caches that the portal can do without: in Redis, and in files."""

from __future__ import annotations

from collections.abc import Callable

import redis
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.filebased import FileBasedCache
from django.core.cache.backends.redis import RedisCache

from portal.outage import Away

away, full = Away(), Away()


def _or(otherwise: Callable) -> Callable:
    """What `otherwise` gives for the same arguments, where Redis does not answer."""

    def decorate(method: Callable) -> Callable:
        def asked(self, *args, **kwargs):
            if not away:
                try:
                    return method(self, *args, **kwargs)
                except redis.RedisError as error:
                    away.note("cache", error)
            return otherwise(*args, **kwargs)

        return asked

    return decorate


class Redis(RedisCache):
    """Django's; while Redis does not answer it is an empty cache that keeps nothing. What was to be forgotten meanwhile may
    be found again when it is back, for as long as it was to be kept."""

    add = _or(lambda *args, **kwargs: True)(RedisCache.add)
    get = _or(lambda key, default=None, version=None: default)(RedisCache.get)
    set = _or(lambda *args, **kwargs: None)(RedisCache.set)
    touch = _or(lambda *args, **kwargs: False)(RedisCache.touch)
    delete = _or(lambda *args, **kwargs: False)(RedisCache.delete)
    get_many = _or(lambda *args, **kwargs: {})(RedisCache.get_many)
    has_key = _or(lambda *args, **kwargs: False)(RedisCache.has_key)
    set_many = _or(lambda data, *args, **kwargs: list(data))(RedisCache.set_many)
    delete_many = _or(lambda *args, **kwargs: None)(RedisCache.delete_many)
    clear = _or(lambda: False)(RedisCache.clear)


class Files(FileBasedCache):
    """Django's; on a full disk it keeps nothing more, and still finds what it has. What could not be renewed is forgotten."""

    def set(self, key, value, timeout=DEFAULT_TIMEOUT, version=None):
        try:
            super().set(key, value, timeout, version)
        except OSError as error:
            full.note("cache", error)
            self.delete(key, version)
