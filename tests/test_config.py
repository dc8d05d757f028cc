"""Strict settings: what is known is typed, what is unknown is refused with a suggestion."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import pytest

from tst_sim.config import as_dict, build, differences, fingerprint, with_overrides
from tst_sim.errors import UserError


@dataclass(frozen=True, kw_only=True)
class Inner:
    rate: float = 0.5
    span: tuple[float, float] = (0.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Outer:
    steps: int = 10
    mode: Literal["fast", "slow"] = "fast"
    name: str | None = None
    inner: Inner = field(default_factory=Inner)


def test_overrides_reach_nested_values_and_keep_the_rest():
    config = build(Outer, with_overrides({"steps": 3}, ["inner.rate=2", "name=x"]))
    assert config == Outer(steps=3, name="x", inner=Inner(rate=2.0))


def test_lists_become_tuples_of_the_right_length():
    assert build(Outer, {"inner": {"span": [1, 2]}}).inner.span == (1.0, 2.0)
    with pytest.raises(UserError, match=r"inner\.span must have 2 entries"):
        build(Outer, {"inner": {"span": [1]}})


@pytest.mark.parametrize(
    "values,words",
    [
        ({"setps": 3}, "setps is not a setting; did you mean 'steps'"),
        ({"inner": {"raet": 1}}, r"inner\.raet is not a setting; did you mean 'rate'"),
        ({"steps": "many"}, "steps must be int, got 'many'"),
        ({"steps": True}, "steps must be int, got True"),
        ({"mode": "quick"}, "mode must be one of fast, slow"),
        ({"inner": 3}, "inner must be a group of settings"),
    ],
)
def test_a_wrong_setting_names_itself(values: dict, words: str):
    with pytest.raises(UserError, match=words):
        build(Outer, values)


def test_an_override_without_equals_is_refused():
    with pytest.raises(UserError, match=r"key\.subkey=value"):
        with_overrides({}, ["steps"])


def test_the_fingerprint_depends_on_values_alone():
    assert fingerprint(Outer(steps=3)) == fingerprint(build(Outer, {"steps": 3}))
    assert fingerprint(Outer(steps=3)) != fingerprint(Outer(steps=4))


def test_differences_name_the_settings_that_differ():
    assert differences(as_dict(Outer()), as_dict(Outer(inner=Inner(rate=1.0)))) == ["inner.rate: 0.5 -> 1.0"]
