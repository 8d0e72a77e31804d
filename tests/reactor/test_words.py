"""How texts are cut into what can be found, and which words find which texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reactor.log.words import Words, searchable, tokens

FOUND = [
    ("halo", "Halo, selamat siang!"),
    ("HALO siang", "halo selamat SIANG"),
    ("halo!", "halo selamat siang"),
    ('"halo"', "halo"),
    ("(siang)", "selamat siang"),
    ("*", "2 * 3"),
    ("...", "hmm..."),
    ("c++", "I write C++ at night"),
    ("C#", "C# too"),
    ("10.0.0.1", "ping 10.0.0.1, please"),
    ("e-mail", "an E-Mail."),
    ("lines", "turn_lines"),
    ("a_b", "see a_b there"),
    ("100%", "100% sure"),
    ("café", "CAFÉ"),
    ("cafe\u0301", "café"),
    ("straße", "STRASSE"),
    ("ΟΔΟΣ", "οδός οδος"),
    ("🙂", "well🙂done"),
    ("❤\ufe0f", "❤"),
    ("世界", "你好世界"),
    ("a\u2028b", "a\u2028b"),
    ("--help", "try --help"),
    ("it's", "IT'S me"),
    ("NEAR AND OR NOT", "not near and or"),
]
NOT_FOUND = [
    ("halo", "halogen"),
    ("logen", "halogen"),
    ("cafe", "café"),
    ("c++", "plain c"),
    ("10.0.0.1", "10.0.0.11"),
    ("10.0.0.1", "10 0 0 1"),
    ("a b", "a"),
    ("*", "anything"),
    ("hal*", "halo"),
    ("a OR b", "a"),
    ("text:halo", "halo"),
    ("^halo", "halo"),
    ("🙂", "🙃"),
]


@pytest.mark.parametrize(("words", "text"), FOUND)
def test_found(words: str, text: str) -> None:
    assert Words.of(words).are_in("ani", text)


@pytest.mark.parametrize(("words", "text"), NOT_FOUND)
def test_not_found(words: str, text: str) -> None:
    assert not Words.of(words).are_in("ani", text)


def test_sender() -> None:
    words = Words.of("from:Ani halo")
    assert words.are_in("aNI", "halo")
    assert not words.are_in("anita", "halo")
    assert not words.are_in("ani", "hello")
    assert Words.of("FROM:rizky~").are_in("Rizky~", "x")
    assert not Words.of("from:ani from:budi").are_in("ani", "x")
    # What cannot be a name is a word like any other.
    assert Words.of("from: from:#lab").senders == ()
    assert Words.of("from:#lab").are_in("ani", "a letter from:#lab")


@pytest.mark.parametrize("text", [" ", "\t ", "\u2028", "\u200b", "\ufe0f \u00ad"])
def test_nothing_to_search_for(text: str) -> None:
    assert not Words.of(text)


def test_a_files_name_is_searched_and_nothing_else_of_it() -> None:
    body = f"11534336 {'0' * 64} See Saw.mp3"
    assert searchable("FILE", body) == "See Saw.mp3"
    assert searchable("MSG", body) == body


@given(st.text(max_size=30))
def test_tokens_hold_no_space_and_words_find_themselves(text: str) -> None:
    found = tokens(text)
    assert not any(character.isspace() for token in found for character in token)
    for word in text.split():
        words = Words.of(word)
        assert not words or words.senders or words.are_in("ani", text), word
