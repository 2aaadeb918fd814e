"""What recipes repeat of the pins must have something to agree with."""

import pytest

import tree


@pytest.mark.parametrize("name", tree.LINKED)
def test_the_archive_that_was_built_from_is_the_pinned_one(name, pins):
    assert tree.hash_of(pins[name].file) == pins[name].sha256
    assert (tree.ROOT / f"build/src/{name}.version").read_text(encoding="utf-8").strip() == pins[name].version


@pytest.mark.parametrize("name", tree.LINKED)
def test_the_release_has_the_name_that_the_project_gave_it(name, pins):
    assert pins[name].url.startswith("https://") and pins[name].url.endswith(f"/{pins[name].archive}")
    assert pins[name].version in pins[name].archive
