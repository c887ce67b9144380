import pytest
from hypothesis import given
from hypothesis import strategies as st

from kvput.semantics.prefer import Preferences, Return, parse_preferences


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(None, None, id="absent"),
        pytest.param("", None, id="empty"),
        pytest.param("return=minimal", "minimal", id="minimal"),
        pytest.param("return=representation", "representation", id="representation"),
        pytest.param("Return=MINIMAL", "minimal", id="any case"),
        pytest.param('return="minimal"', "minimal", id="quoted"),
        pytest.param(r'return="mini\mal"', "minimal", id="quoted with an escape"),
        pytest.param("return = minimal", "minimal", id="bad white space"),
        pytest.param('return=minimal; a=b;c ;; d = "e;f, g"', "minimal", id="parameters"),
        pytest.param("respond-async, wait=10, return=minimal", "minimal", id="among others"),
        pytest.param('x="return=minimal", y', None, id="inside a quoted string"),
        pytest.param("a; return=minimal", None, id="as a parameter"),
        pytest.param("return=minimal, return=minimal", "minimal", id="twice the same"),
        pytest.param("return=minimal, return=representation", "minimal", id="first of two"),
        pytest.param("return=representation, RETURN=minimal", "representation", id="and reversed"),
        pytest.param("return=other, return=minimal", None, id="the first is unknown"),
        pytest.param("return, return=minimal", None, id="the first has no value"),
        pytest.param('return="", return=minimal', None, id="the first is empty"),
        pytest.param("return=, return=minimal", None, id="the first is missing its value"),
        pytest.param("return=a b, return=minimal", "minimal", id="the first is malformed"),
        pytest.param("=minimal, return=minimal", "minimal", id="a part without a name"),
        pytest.param('return=minimal, "never ends', "minimal", id="a quote that never ends"),
        pytest.param("returns=minimal", None, id="another name"),
    ],
)
def test_return(value: str | None, expected: Return | None) -> None:
    """The first well-formed `return` counts, whatever stands around it."""
    assert parse_preferences(value) == Preferences(return_=expected)


@pytest.mark.parametrize(
    ("preferences", "applied"),
    [
        (Preferences(), None),
        (Preferences("minimal"), "return=minimal"),
        (Preferences("representation"), "return=representation"),
    ],
)
def test_applied(preferences: Preferences, applied: str | None) -> None:
    """What was honoured is named as the client may name it."""
    assert preferences.applied == applied


@given(st.text(alphabet='return=minal;,"\\ \t') | st.text())
def test_no_text_raises(text: str) -> None:
    """Whatever the field holds, a `return` in front of it counts, and nothing raises."""
    assert parse_preferences(f"return=minimal, {text}").return_ == "minimal"


@pytest.mark.parametrize("piece", [";", "; ", ";a", ';a="', "a= ", '"', " ="], ids=repr)
def test_a_long_preference_is_judged_in_linear_time(piece: str) -> None:
    """No repeated piece makes the parser backtrack: quadratic time would hit the time limit."""
    assert parse_preferences("a" + piece * 200_000 + "(").return_ is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("handling=dry-run", True),
        ("HANDLING=Dry-Run, return=minimal", True),
        ('handling="dry-run"', True),
        ("handling=lenient", False),
        ("handling", False),
        ("dry-run", False),
        ("handling=strict, handling=dry-run", False),
        (None, False),
    ],
)
def test_a_dry_run(value: str | None, expected: bool) -> None:
    """What the request would do is to be told, and nothing done."""
    assert parse_preferences(value).dry_run is expected
