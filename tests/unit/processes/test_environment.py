from __future__ import annotations

from pathlib import Path

from backend.app.config import Secret, Settings
from backend.app.processes.environment import environment, foreign_environment, gunicorn_config


def test_a_child_that_reads_the_environment_has_the_same_settings() -> None:
    settings = Settings(
        data_dir=Path("/data of mine"),
        port=0,
        preload_app=False,
        vector_weight=0.25,
        redis_url=Secret("unix:///run/valkey.sock"),
        secret_key=Secret("hush"),
        access_log_format='%(h)s "%(r)s"',
    )
    assert Settings.load(environment(settings)) == settings


def test_defaults_are_handed_over_too() -> None:
    assert environment(Settings())["LIKEOPT_PORT"] == "5000"


def test_programs_that_are_not_ours_see_no_settings_and_no_secrets() -> None:
    ours = {"LIKEOPT_PORT": "1", "LIKEOPT_LLM_API_KEY": "k", "SECRET_KEY": "k", "DATABASE_URL": "u", "PATH": "/bin"}
    assert foreign_environment(ours) == {"PATH": "/bin"}


def test_gunicorn_finds_its_configuration() -> None:
    assert gunicorn_config().is_file()
