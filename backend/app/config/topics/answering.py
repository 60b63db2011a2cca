"""Who writes answers, from what."""

from __future__ import annotations

from dataclasses import dataclass

from backend.app.config.describing import Secret, setting


@dataclass(frozen=True, kw_only=True)
class AnsweringSettings:
    # fmt: off
    # --- language model ---
    llm_provider: str = setting("auto", "Who answers; auto: what is set below, else an Ollama that answers, else extractive.", group="Language model", choices=("auto", "openai_compatible", "extractive"))
    llm_base_url: str = setting("", "OpenAI-compatible address, such as http://127.0.0.1:8080/v1.", group="Language model", also="LLM_BASE_URL")
    llm_api_key: Secret = setting(Secret(""), "Its key.", group="Language model", also="LLM_API_KEY")
    llm_model: str = setting("", "Its model; empty: the first that it lists.", group="Language model", also="LLM_MODEL")
    llm_gguf: str = setting("", "A GGUF file: `likeopt serve` runs it by llama.cpp in a process of its own.", group="Language model")
    llm_context_tokens: int = setting(4096, "Context of the GGUF model, and the bound of what a prompt may hold.", group="Language model", least=1)
    llm_max_tokens: int = setting(1024, "Longest answer, in tokens.", group="Language model", least=1)
    llm_temperature: float = setting(0.2, "Sampling temperature.", group="Language model")
    llm_connect_seconds: float = setting(5.0, "Seconds to connect to the model.", group="Language model", least=0.1)
    llm_first_token_seconds: float = setting(60.0, "Seconds to the first token.", group="Language model", least=0.1)
    llm_idle_seconds: float = setting(30.0, "Seconds between two tokens.", group="Language model", least=0.1)
    llm_retries: int = setting(2, "New attempts before the first token.", group="Language model")
    ollama_url: str = setting("http://127.0.0.1:11434", "Where an Ollama is looked for when nothing is set; empty: nowhere.", group="Language model")

    # --- chat ---
    chat_sources: int = setting(6, "Passages that an answer is made from.", group="Chat", least=1)
    least_relevance: float = setting(0.3, "Relevance of what was found, 0 to 1, below which an answer says that nothing fits; 0: never.", group="Chat", least=0)
    chat_history_turns: int = setting(6, "Earlier messages that the model is shown.", group="Chat")
    max_message_chars: int = setting(8000, "Longest question.", group="Chat", least=1)
    # fmt: on
