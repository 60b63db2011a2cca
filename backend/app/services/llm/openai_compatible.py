"""Any server that speaks OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from urllib3 import BaseHTTPResponse, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, LocationValueError, NewConnectionError, ReadTimeoutError

from backend.app.domain.chat import ModelEvent, Prompt, Silence, TextDelta
from backend.app.errors import ModelTimeout, ModelUnavailable
from backend.app.services.llm.body import BodyBroken, ResponseBody
from backend.app.services.llm.completion import AnswerTooLong, Completion, ErrorInStream, NotACompletion
from backend.app.services.llm.endpoint import Endpoint
from backend.app.services.llm.pace import Pace
from backend.app.services.llm.prompting import answer_tokens, chat_messages
from backend.app.services.llm.refusals import TransientFailure, from_status, lasting, reason_in, shorten
from backend.app.services.llm.sse import EventDecoder, WholeBody

MAX_ANSWER_CHARS = 10_000_000
CHARS_PER_TOKEN = 32  # more than any tokenizer's longest common token
MAX_WAIT_SECONDS = 10.0  # a reader is watching: rather say that the server is busy
_FIRST_WAIT_SECONDS = 0.25
_LAST_BYTES_SECONDS = 0.05
_LOOK_SECONDS = 1.0
_MAX_ERROR_BYTES = 64 * 1024
# Parameters that some servers or models refuse, and what to send instead.
_SUBSTITUTES = {"stream_options": "", "max_tokens": "max_completion_tokens", "temperature": "", "top_p": "", "stop": ""}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long an answer may be and how long a server may take, in tokens and seconds."""

    context_tokens: int = 4096
    max_tokens: int = 1024
    temperature: float = 0.2
    connect_seconds: float = 5.0
    first_token_seconds: float = 60.0
    idle_seconds: float = 30.0
    retries: int = 2


class OpenAICompatible:
    """Streams answers from one server and model. Opens nothing before the first answer."""

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        model: str = "",
        provider: str = "openai_compatible",
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        rest: Callable[[float], None] = time.sleep,
    ) -> None:
        self._endpoint = endpoint
        self._model = model
        self._provider = provider
        self._limits = limits or Limits()
        self._clock = clock
        self._sleep = sleep
        self._jitter = jitter
        self._rest = rest
        self._pace = Pace()
        self._refused: frozenset[str] = frozenset()  # parameters that this server was seen to refuse

    @property
    def name(self) -> str:
        """The configured model, else the first that the server lists (asked once a minute)."""
        return self._model or self._endpoint.first_model() or "unknown"

    @property
    def provider(self) -> str:
        return self._provider

    def available(self) -> bool:
        """Tell quickly whether the server answers and accepts the key."""
        return self._endpoint.reachable()

    def stream(self, prompt: Prompt) -> Iterator[ModelEvent]:
        """Yield the answer as it is made; closing the iterator closes the connection.

        A failed attempt is repeated only while nothing was yielded: half an answer followed by
        another beginning is worse than an error.
        """
        begun = False
        for attempt in range(self._limits.retries + 1):
            try:
                for event in self._attempt(prompt):
                    begun = True
                    yield event
            except TransientFailure as failure:
                wait = self._wait(attempt, failure.wait)
                if begun or wait is None:
                    raise failure.error from failure
                self._sleep(wait)
            else:
                return

    def _wait(self, attempt: int, asked: float | None) -> float | None:
        """Return the seconds before the next attempt, or None where there shall be none."""
        if attempt >= self._limits.retries or (asked is not None and asked > MAX_WAIT_SECONDS):
            return None
        backoff = _FIRST_WAIT_SECONDS * 2**attempt * (1 + self._jitter())
        return float(max(asked or 0.0, backoff))

    def _attempt(self, prompt: Prompt) -> Iterator[ModelEvent]:
        deadline = self._clock() + self._limits.first_token_seconds
        with self._pace.stream(), self._open(prompt) as body:
            completion = self._completion(body)
            try:
                yield from self._relay(body, completion, deadline)
            except BodyBroken as error:
                raise TransientFailure(_broken(completion)) from error
            except ErrorInStream as error:
                raise self._reported(error) from error
            except NotACompletion as error:
                raise lasting(f"The model's server sent no answer that can be read: {error}.") from error
            except AnswerTooLong as error:
                raise lasting("The model's answer had no end and was cut.") from error
            except TimeoutError as error:
                raise _too_slow(completion) from error
            except OSError as error:
                raise TransientFailure(_broken(completion)) from error
            body.finish(_LAST_BYTES_SECONDS)

    def _relay(self, body: ResponseBody, completion: Completion, deadline: float) -> Iterator[ModelEvent]:
        while not completion.done:
            try:
                data = body.read(min(_LOOK_SECONDS, self._remaining(deadline)))
            except TimeoutError:
                self._remaining(deadline)
                yield Silence()
                continue
            if not data:
                break
            chunks = completion.chunks
            if text := completion.feed(data):
                yield TextDelta(text)
                if not completion.done:
                    self._rest(self._pace.rest_seconds)
            if completion.chunks != chunks:  # comments and blank lines are no sign of progress
                deadline = self._clock() + self._limits.idle_seconds
        if text := completion.close():
            yield TextDelta(text)
        self._check_end(body, completion)
        yield replace(completion.usage, cut=completion.finish_reason == "length")

    def _remaining(self, deadline: float) -> float:
        remaining = deadline - self._clock()
        if remaining <= 0:
            raise TimeoutError
        return remaining

    def _check_end(self, body: ResponseBody, completion: Completion) -> None:
        """Tell an answer that is complete, [DONE] or not, from one that broke off."""
        if completion.finish_reason == "length" and not completion.text_chars:
            raise lasting("The model used up its tokens before it said anything. Raise LIKEOPT_LLM_MAX_TOKENS.")
        ended = completion.finish_reason or (completion.text_chars and (completion.done or body.complete))
        if not ended:
            raise TransientFailure(_broken(completion))

    def _open(self, prompt: Prompt) -> ResponseBody:
        """Send the request; once more without each parameter that the server refuses by name."""
        payload = self._payload(prompt)
        refused = self._refused
        while True:
            response = self._post(
                {_sent(name, refused): value for name, value in payload.items() if _sent(name, refused)}
            )
            if response.status == 200:
                self._refused = refused
                return ResponseBody(response)
            reason = _error_body(response)
            new = [name for name in _SUBSTITUTES if name not in refused and name.encode() in reason]
            if response.status not in (400, 422) or not new:
                raise from_status(
                    response.status, reason_in(reason, self._endpoint.key), response.headers.get("Retry-After")
                )
            refused |= {new[0]}

    def _post(self, payload: dict[str, Any]) -> BaseHTTPResponse:
        timeout = Timeout(connect=self._limits.connect_seconds, read=self._limits.first_token_seconds)
        where = self._endpoint.address
        try:
            return self._endpoint.post("/chat/completions", payload, timeout)
        except ReadTimeoutError as error:
            raise ModelTimeout from error
        except ConnectTimeoutError as error:
            away = ModelUnavailable(f"The model's server at {where} cannot be reached. Is it running?")
            if isinstance(error, NewConnectionError):  # urllib3 counts a refused connection as a kind of timeout
                raise TransientFailure(away) from error
            # Not tried again: the kernel has already, and a reader has waited long enough.
            raise away from error
        except LocationValueError as error:
            raise lasting("The model's address cannot be used. Check LIKEOPT_LLM_BASE_URL.") from error
        except HTTPError as error:
            raise TransientFailure(
                ModelUnavailable(f"The model's server at {where} does not answer. Is it running?")
            ) from error
        except ValueError:
            # "from None": the cause's message holds the key.
            raise lasting("The model's key holds characters that cannot be sent. Check LIKEOPT_LLM_API_KEY.") from None

    def _payload(self, prompt: Prompt) -> dict[str, Any]:
        limits, wanted = self._limits, prompt.sampling
        max_tokens = min(limits.max_tokens, wanted.max_tokens or limits.max_tokens)
        payload: dict[str, Any] = {
            "messages": chat_messages(prompt, limits.context_tokens, max_tokens),
            "stream": True,
            "stream_options": {"include_usage": True},
            "max_tokens": answer_tokens(limits.context_tokens, max_tokens),
            "temperature": limits.temperature if wanted.temperature is None else wanted.temperature,
        }
        if wanted.top_p is not None:
            payload["top_p"] = wanted.top_p
        if wanted.stop:
            payload["stop"] = list(wanted.stop)
        model = self._model or self._endpoint.first_model()
        return {"model": model, **payload} if model else payload

    def _completion(self, body: ResponseBody) -> Completion:
        bound = min(MAX_ANSWER_CHARS, self._limits.max_tokens * CHARS_PER_TOKEN)
        return Completion(bound, WholeBody() if body.is_json else EventDecoder())

    def _reported(self, error: ErrorInStream) -> ModelUnavailable | TransientFailure:
        reason = shorten(str(error), self._endpoint.key)
        if error.status:
            return from_status(error.status, reason)
        return ModelUnavailable(f"The model's server failed: {reason}" if reason else None)


def _too_slow(completion: Completion) -> ModelTimeout:
    return ModelTimeout(
        "The language model fell silent in the middle of its answer. Try again." if completion.text_chars else None
    )


def _broken(completion: Completion) -> ModelUnavailable:
    if completion.text_chars:
        return ModelUnavailable("The language model broke off in the middle of its answer. Try again.")
    return ModelUnavailable("The language model ended without an answer. Try again, or check the log of its server.")


def _sent(name: str, refused: frozenset[str]) -> str:
    """Return the name under which a parameter is sent, empty where it is left out."""
    return _SUBSTITUTES[name] if name in refused else name


def _error_body(response: BaseHTTPResponse) -> bytes:
    try:
        return response.read(_MAX_ERROR_BYTES)
    except (HTTPError, OSError):
        return b""
    finally:
        response.close()
