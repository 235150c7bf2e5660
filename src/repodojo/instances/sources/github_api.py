"""Reads GitHub's REST API, page by page, each page kept on disk.

A kept page is not asked for again, so a killed run goes on where it was; with ``refresh`` it is asked for
conditionally, which GitHub does not count where nothing changed. Limits are obeyed: with no calls of a token
left the next token is used, and without one the client waits for the earliest refill. What may pass (5xx,
broken connections, torn pages) is sent again. Tokens come from GITHUB_TOKENS (with commas) or GITHUB_TOKEN,
and go to the API's own address only.
"""

import json
import logging
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity import wait_random_exponential as grow_with_jitter

from repodojo.errors import SourceError
from repodojo.instances.sources.page_store import Page, PageStore

logger = logging.getLogger(__name__)

JSON = "application/vnd.github+json"
DIFF = "application/vnd.github.diff"
_ATTEMPTS = 6
_REFILLS = 100
"""How often one page may meet a limit before the client gives up."""
_SECONDARY_WAIT_S = 60.0
_LONGEST_WAIT_S = 3700.0
"""GitHub refills every hour."""
_MISSING = frozenset({404, 406, 410, 422, 451})
"""Statuses that stay: gone, or a diff that GitHub does not print."""
_SHOWN_EVERY = 200


class Limit(NamedTuple):
    """What is left of a token's calls."""

    token: str
    """Which of the tokens, by position; never the token."""
    remaining: int | None
    reset_at: float
    """Seconds since 1970."""


class _PassingError(SourceError):
    pass


class _LimitedError(SourceError):
    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


@dataclass
class _Token:
    name: str
    value: str
    remaining: int | None = None
    reset_at: float = 0.0


class GitHubApi:
    """A client for one thread."""

    def __init__(
        self,
        cache: Path,
        *,
        base_url: str = "https://api.github.com",
        refresh: bool = False,
        sleep: Callable[[float], None] = time.sleep,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        """Describe the client; nothing is sent.

        Args:
            cache: folder of the pages.
            base_url: the API's address.
            refresh: whether kept pages are asked for again, conditionally.
            sleep: how to wait.
            environment: where the tokens are.
        """
        self._store = PageStore(cache)
        self._base_url = base_url.rstrip("/")
        self._refresh = refresh
        self._sleep = sleep
        given = environment.get("GITHUB_TOKENS") or environment.get("GITHUB_TOKEN") or ""
        values = [value.strip() for value in given.split(",") if value.strip()] or [""]
        self._tokens = [_Token(f"token {number}", value) for number, value in enumerate(values, start=1)]
        self._client = httpx.Client(timeout=60.0, follow_redirects=True)
        self.calls = 0
        """Requests sent so far."""

    @property
    def limits(self) -> list[Limit]:
        """What is left, by token, as far as the API has said."""
        return [Limit(token.name, token.remaining, token.reset_at) for token in self._tokens]

    def items(self, path: str, *, required: bool = False, **parameters: object) -> Iterator[dict[str, Any]]:
        """Yield the items of all pages of a list; none where it is gone, unless it is ``required``.

        Raises:
            SourceError: a page cannot be had.
        """
        url = self.address(path, per_page=100, **parameters)
        while url:
            page = self.page(url)
            if page.status in _MISSING and required:
                self._store.drop(page)
                raise SourceError(
                    f"{url}: {page.status}: GitHub has no such list, or no token may see it; "
                    "see GITHUB_TOKENS or GITHUB_TOKEN"
                )
            if page.status in _MISSING:
                return
            yield from json.loads(page.body)
            url = page.next

    def item(self, path: str) -> dict[str, Any] | None:
        """Return an object; None where it is gone."""
        page = self.page(self.address(path))
        return None if page.status in _MISSING else json.loads(page.body)

    def diff(self, path: str) -> bytes | None:
        """Return a pull request's diff; None where GitHub prints none."""
        page = self.page(self.address(path), DIFF)
        return None if page.status in _MISSING else page.body.encode("utf-8", errors="surrogateescape")

    def address(self, path: str, **parameters: object) -> str:
        """Return the address of a path with parameters."""
        query = httpx.QueryParams({name: str(value) for name, value in parameters.items()})
        return f"{self._base_url}{path}" + (f"?{query}" if parameters else "")

    def page(self, url: str, accept: str = JSON) -> Page:
        """Return a page, from disk where it is kept.

        Raises:
            SourceError: it cannot be had.
        """
        if not url.startswith(f"{self._base_url}/"):
            raise SourceError(f"{url}: expected an address below {self._base_url}; nothing was sent there")
        kept = self._store.get(url, accept)
        if kept is not None and not self._refresh:
            return kept
        wait_for_refill = Retrying(
            retry=retry_if_exception_type(_LimitedError),
            wait=_as_asked,
            stop=stop_after_attempt(_REFILLS),
            sleep=self._sleep,
            reraise=True,
        )
        return wait_for_refill(self._ask, url, accept, kept)

    def _ask(self, url: str, accept: str, kept: Page | None) -> Page:
        try_again = Retrying(
            retry=retry_if_exception_type(_PassingError),
            wait=grow_with_jitter(multiplier=0.5, max=60),
            stop=stop_after_attempt(_ATTEMPTS),
            sleep=self._sleep,
            reraise=True,
        )
        page = try_again(self._send, url, accept, kept)
        if page is not kept:
            self._store.put(page)
        return page

    def _send(self, url: str, accept: str, kept: Page | None) -> Page:
        token = self._choose_token()
        headers = {"Accept": accept, "X-GitHub-Api-Version": "2022-11-28", "User-Agent": "repodojo"}
        if token.value:
            headers["Authorization"] = f"Bearer {token.value}"
        if kept is not None and (kept.etag or kept.modified):
            headers |= {"If-None-Match": kept.etag} if kept.etag else {"If-Modified-Since": kept.modified}
        self.calls += 1
        try:
            response = self._client.get(url, headers=headers)
        except httpx.TransportError as error:
            raise _PassingError(f"{url}: {type(error).__name__}: {error}") from error
        self._note(token, response.headers)
        if response.status_code == httpx.codes.NOT_MODIFIED and kept is not None:
            return kept
        _check(url, response, token)
        return _read(url, accept, response)

    def _choose_token(self) -> _Token:
        now = time.time()
        usable = [token for token in self._tokens if token.remaining != 0 or token.reset_at <= now]
        if usable:
            return max(usable, key=lambda token: (token.remaining is None, token.remaining or 0))
        soonest = min(token.reset_at for token in self._tokens)
        raise _LimitedError("no calls left on any token", soonest - now + 1)

    def _note(self, token: _Token, headers: httpx.Headers) -> None:
        if headers.get("x-ratelimit-remaining", "").isdigit():
            token.remaining = int(headers["x-ratelimit-remaining"])
            token.reset_at = float(headers.get("x-ratelimit-reset", "0") or 0)
        if self.calls % _SHOWN_EVERY == 0:
            logger.info("GitHub: %d calls sent; left: %s", self.calls, self.limits)


def _check(url: str, response: httpx.Response, token: _Token) -> None:
    status = response.status_code
    limited = status in (403, 429)
    if limited and response.headers.get("retry-after", "").isdigit():
        raise _LimitedError(f"{url}: {status}, asked to wait", float(response.headers["retry-after"]))
    if limited and token.remaining == 0:
        raise _LimitedError(f"{url}: {status}, no calls left on {token.name}", 1.0)
    if status == 429 or (limited and "rate limit" in response.text.lower()):
        raise _LimitedError(f"{url}: {status}, asked too fast", _SECONDARY_WAIT_S)
    if status >= 500 or status == 408:
        raise _PassingError(f"{url}: {status} {response.text[:200]!r}")
    if status == 401:
        raise SourceError(f"{url}: 401: {token.name} is not accepted; see GITHUB_TOKENS or GITHUB_TOKEN")
    if status >= 400 and status not in _MISSING:
        raise SourceError(f"{url}: {status} {response.text[:200]!r}; does the token have access?")


def _read(url: str, accept: str, response: httpx.Response) -> Page:
    body = response.content.decode("utf-8", errors="surrogateescape")
    if accept == JSON and response.status_code not in _MISSING:
        try:
            json.loads(body)
        except ValueError as error:
            raise _PassingError(f"{url}: torn page: {error}") from error
    return Page(
        url=url,
        accept=accept,
        status=response.status_code,
        body=body,
        etag=response.headers.get("etag", ""),
        modified=response.headers.get("last-modified", ""),
        next=response.links.get("next", {}).get("url", ""),
        last=response.links.get("last", {}).get("url", ""),
    )


def _as_asked(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait_s if isinstance(error, _LimitedError) else 0.0
    wait_s = min(max(asked, 0.0), _LONGEST_WAIT_S)
    logger.info("GitHub: %s; waiting %.0f s", error, wait_s)
    return wait_s
