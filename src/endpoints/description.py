"""The answer of `/openapi.json`: made by whoever asks first, kept by the isolate, with what is known of the origins.

A document that a route names is a static asset. One that cannot be had, or is no OpenAPI, is a line in the log; its
routes are described as those of any origin then, and the next who asks has it tried again.
"""

import hashlib
from typing import Final

from configuration.loading import ASSETS
from configuration.settings import Settings
from core.messages import ContentTooLarge, Request, Response
from core.ports import FetchFailed, Platform

ASSET_HOST: Final = "assets.invalid"
"""Assets are found by their path, whatever the host."""
ASSET_TIMEOUT: Final = 2.0
"""Seconds."""


class Description:
    """The description of one isolate's gateway."""

    def __init__(self, settings: Settings, platform: Platform) -> None:
        self._settings = settings
        self._platform = platform
        self._kept: tuple[bytes, str] | None = None

    async def response(self, if_none_match: str | None = None) -> Response:
        """The answer of `GET /openapi.json`: any cache may keep it and must ask whether it still holds."""
        content, etag = self._kept or await self._made()
        headers = {"cache-control": "no-cache", "etag": etag}
        if if_none_match and (etag in if_none_match or if_none_match.strip() == "*"):
            return Response(304, headers)
        return Response(200, {"content-type": "application/json", **headers}, content)

    async def _made(self) -> tuple[bytes, str]:
        from endpoints import openapi, origins  # with the models of the answers, which nothing else needs

        sources, whole = {}, True
        for path in dict.fromkeys(route.openapi for route in self._settings.routes if route.openapi):
            try:
                source = origins.read(path, await self._asset(path, origins.LONGEST))
                openapi.document(self._settings, {path: source})  # one that leads nowhere spoils no other
                sources[path] = source
            except (FetchFailed, ContentTooLarge, *origins.MALFORMED) as error:
                whole = False
                self._platform.log("description_failed", document=path, error=f"{type(error).__name__}: {error}")
        content = openapi.document(self._settings, sources)
        made = content, f'"{hashlib.sha256(content).hexdigest()[:24]}"'
        if whole:
            self._kept = made
        return made

    async def _asset(self, path: str, limit: int) -> bytes | str:
        """Raises FetchFailed, ContentTooLarge; KeyError without the binding."""
        request = Request("GET", "https", ASSET_HOST, path)
        response = await self._platform.service(ASSETS)(request, timeout=ASSET_TIMEOUT)
        if response.status != 200 or response.body is None:
            raise FetchFailed(f"the asset was answered with {response.status}")
        body = response.body
        return body if isinstance(body, bytes | str) else await body.read(limit)
