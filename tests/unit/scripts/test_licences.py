"""No package comes in by a licence that nobody has looked at."""

from __future__ import annotations

import email

import pytest

from scripts.licences import PAGE, Package, is_allowed, page, page_packages, python_packages, refused, spdx


def test_every_package_has_a_licence_on_the_list_and_the_page_names_it() -> None:
    python, node = python_packages(), page_packages()
    assert refused([*python, *node]) == []
    assert len(python) > 100
    assert {"lit", "pdfjs-dist"} <= {package.name for package in node}
    assert PAGE.read_text("utf-8") == page(python, node), ".venv/bin/python scripts/licences.py"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("Apache-2.0 AND BSD-3-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("(MPL-2.0 OR Apache-2.0)", True),
        ("GPL-3.0-only", False),
        ("MIT AND AGPL-3.0-only", False),
        ("SSPL-1.0 OR AGPL-3.0-only", False),
        ("Proprietary", False),
        ("(none named)", False),
    ],
)
def test_all_that_is_asked_for_must_be_on_the_list_or_one_of_what_may_be_chosen(licence: str, allowed: bool) -> None:
    assert is_allowed(licence) is allowed
    assert refused([Package("new", "1.0", licence)]) == ([] if allowed else [f"new 1.0: {licence}"])


@pytest.mark.parametrize(
    ("said", "licence"),
    [
        ("License-Expression: MIT-0", "MIT-0"),
        ("License: Apache License, Version 2.0", "Apache-2.0"),
        ("License: GNU GPL", "GNU GPL"),
        ("Classifier: License :: OSI Approved :: MIT License", "MIT"),
        (
            "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: BSD License",
            "BSD AND MIT",
        ),
        ("Classifier: Programming Language :: Python", "(none named)"),
        ("", "(none named)"),
    ],
)
def test_licences_are_read_from_whatever_field_names_them(said: str, licence: str) -> None:
    assert spdx(email.message_from_string(said + "\n\n")) == licence  # type: ignore[arg-type]  # it has the same methods
