from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ser_core.audio.display_names import MAX_NAME, display_name, visible_text


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("voice.wav", "voice.wav"),
        ("../../etc/passwd", "passwd"),
        ("C:\\fakepath\\voice.wav", "voice.wav"),
        ("/a/b\\c/d.wav", "d.wav"),
        ("nul\0byte.wav", "nulbyte.wav"),
        ("two\r\nlines.wav", "two lines.wav"),
        ("\u202egpj.exe", "gpj.exe"),
        ("\u2066a\u2069\u200b\ufeffb.wav", "ab.wav"),
        ("e\u0301.wav", "\u00e9.wav"),
        ("e\u200d\u0301.wav", "\u00e9.wav"),
        ("เสียงของฉัน.wav", "เสียงของฉัน.wav"),
        ("  many   blanks .wav", "many blanks .wav"),
        ("", "recording"),
        ("..", "recording"),
        (". .", "recording"),
        ("a/", "recording"),
        ("\u202e\0\u200b", "recording"),
        ("\ud800\udc80.wav", ".wav"),
    ],
)
def test_a_name_is_shown_without_path_and_hidden_characters(
    name: str, shown: str
) -> None:
    assert display_name(name) == shown


@pytest.mark.parametrize("length", [81, 4_000, 2_000_000])
def test_a_long_name_keeps_beginning_and_suffix(length: int) -> None:
    shown = display_name("v" + "o" * length + ".opus")
    assert len(shown) == MAX_NAME
    assert shown.endswith("….opus")
    assert shown.startswith("o" if length > 4_096 else "vo")


def test_a_long_suffix_is_none() -> None:
    shown = display_name("a." + "b" * 200)
    assert len(shown) == MAX_NAME
    assert shown.endswith("…")


def test_piled_marks_are_thinned_and_thai_vowels_are_kept() -> None:
    assert display_name("a" + "\u0332" * 500 + ".wav") == "a" + "\u0332" * 3 + ".wav"
    assert display_name("น้ำกี่ปั้น.wav") == unicodedata.normalize("NFC", "น้ำกี่ปั้น.wav")


@given(st.text(max_size=300))
def test_what_is_shown_is_one_visible_line(name: str) -> None:
    shown = display_name(name)
    assert 0 < len(shown) <= MAX_NAME
    assert not set(shown) & set("/\\\n\r\t\0")
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for c in shown)
    assert display_name(shown) == shown


def test_text_of_others_is_cut_and_cleaned() -> None:
    assert visible_text("a\0b\x1b[31m\nc") == "ab[31m c"
    assert len(visible_text("x" * 100_000)) == 300
