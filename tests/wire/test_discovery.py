"""The question to the LAN and its answer: both ways, and nothing else gets through."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.discovery import (
    GROUP,
    NAME_BYTES,
    PORT,
    QUESTION_BYTES,
    TOKEN_BYTES,
    Answer,
    answer,
    fitting_name,
    parse_answer,
    parse_question,
    place,
    question,
)

TOKEN = bytes(range(TOKEN_BYTES))
TOLD = Answer(59000, "192.168.1.7", "lab-vm")

tokens = st.binary(min_size=TOKEN_BYTES, max_size=TOKEN_BYTES)
names = st.text().map(fitting_name)
addresses = st.one_of(
    st.just(""),
    st.ip_addresses(network="10.0.0.0/8").map(str),
    st.ip_addresses(network="127.0.0.0/8").map(str),
    st.ip_addresses(network="fd00::/8").map(str),
    st.just("::1"),
)
answers = st.builds(Answer, st.integers(1, 65_535), addresses, names)


@given(tokens)
def test_a_question_comes_back(token: bytes) -> None:
    assert len(question(token)) == QUESTION_BYTES
    assert parse_question(question(token)) == token
    assert parse_answer(question(token), token) is None


@given(tokens, answers)
def test_an_answer_comes_back_and_is_no_longer_than_its_question(
    token: bytes, told: Answer
) -> None:
    data = answer(token, told)
    assert len(data) <= len(question(token))
    assert parse_answer(data, token) == told
    assert parse_question(data) is None


def test_the_longest_answer_fits() -> None:
    told = Answer(65_535, str(ipaddress.ip_address(2**128 - 2**121)), "x" * NAME_BYTES)
    told = told._replace(address="fd00::ffff:ffff:ffff:ffff")
    assert len(answer(TOKEN, told)) < QUESTION_BYTES


@given(answers, tokens)
def test_an_answer_to_somebody_else_is_none(told: Answer, token: bytes) -> None:
    assert (parse_answer(answer(token, told), TOKEN) is None) is (token != TOKEN)


@given(st.binary(max_size=2 * QUESTION_BYTES))
def test_noise_is_refused(data: bytes) -> None:
    assert parse_question(data) is None
    assert parse_answer(data, TOKEN) is None


@given(st.binary(max_size=QUESTION_BYTES))
def test_what_is_read_could_have_been_written(rest: bytes) -> None:
    """Whatever follows a right head: read as what it says exactly, or refused."""
    data = answer(TOKEN, TOLD)[: -len(TOLD.name) - 8] + rest
    told = parse_answer(data, TOKEN)
    assert told is None or answer(TOKEN, told) == data


@given(st.data())
def test_one_changed_byte_of_a_question_is_refused(data: st.DataObject) -> None:
    changed = bytearray(question(TOKEN))
    at = data.draw(st.integers(0, QUESTION_BYTES - 1))
    changed[at] ^= data.draw(st.integers(1, 255))
    in_token = changed[at] != question(TOKEN)[at] and 7 <= at < 7 + TOKEN_BYTES
    assert (parse_question(bytes(changed)) is not None) is in_token


@given(answers, st.data())
def test_a_cut_or_longer_answer_is_refused(told: Answer, data: st.DataObject) -> None:
    whole = answer(TOKEN, told)
    assert parse_answer(whole[: data.draw(st.integers(0, len(whole) - 1))], TOKEN) is None
    assert parse_answer(whole + b"\0", TOKEN) is None


@pytest.mark.parametrize("cut", [0, 1, QUESTION_BYTES - 1])
def test_a_cut_or_longer_question_is_refused(cut: int) -> None:
    assert parse_question(question(TOKEN)[:cut]) is None
    assert parse_question(question(TOKEN) + b"\0") is None


ODD = [str(ipaddress.IPv4Address(0)), "255.255.255.255", "240.0.0.1", "224.0.0.1", GROUP, "::",
       "ff02::1", "fe80::1", "::ffff:127.0.0.1"]  # fmt: skip


@pytest.mark.parametrize("address", ODD)
def test_addresses_of_no_one_machine(address: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        answer(TOKEN, TOLD._replace(address=address))
    packed = ipaddress.ip_address(address).packed
    plain = answer(TOKEN, TOLD._replace(address="", name=""))
    forged = plain[:-2] + bytes([len(packed)]) + packed + b"\0"
    good = ipaddress.ip_address("10.0.0.1").packed
    assert parse_answer(forged, TOKEN) is None
    assert parse_answer(plain[:-2] + b"\x04" + good + b"\0", TOKEN) is not None


@pytest.mark.parametrize(
    "name", ["\x1b[2J", "a\nb", "\x9b31m", "\u202eabc", "a\u2028b", "\0", "\x7f"]
)
def test_a_name_that_could_drive_a_terminal(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        answer(TOKEN, TOLD._replace(name=name))
    data, raw = answer(TOKEN, TOLD._replace(name="")), name.encode()
    assert parse_answer(data[:-1] + bytes([len(raw)]) + raw, TOKEN) is None
    assert parse_answer(data[:-1] + b"\x02ab", TOKEN) == TOLD._replace(name="ab")
    assert fitting_name(name).isprintable()


def test_a_name_that_is_no_utf_8_or_too_long() -> None:
    data = answer(TOKEN, TOLD._replace(name=""))
    assert parse_answer(data[:-1] + b"\x01\xff", TOKEN) is None
    assert parse_answer(data[:-1] + bytes([NAME_BYTES + 1]) + b"x" * 65, TOKEN) is None
    assert parse_answer(data[:-1] + bytes([NAME_BYTES]) + b"x" * 64, TOKEN) is not None
    with pytest.raises(ValueError, match="name"):
        answer(TOKEN, TOLD._replace(name="x" * (NAME_BYTES + 1)))


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_ports_that_are_none(port: int) -> None:
    with pytest.raises(ValueError, match="port"):
        answer(TOKEN, TOLD._replace(port=port))


def test_port_0_of_a_stranger() -> None:
    data = answer(TOKEN, TOLD)
    at = data.index((59000).to_bytes(2))
    assert parse_answer(data[:at] + b"\0\0" + data[at + 2 :], TOKEN) is None


@pytest.mark.parametrize("token", [b"", bytes(15), bytes(17)])
def test_tokens_of_another_length(token: bytes) -> None:
    with pytest.raises(ValueError, match="token"):
        question(token)


@given(st.text())
def test_a_name_is_made_to_fit(text: str) -> None:
    assert len(fitting_name(text).encode()) <= NAME_BYTES


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", (GROUP, PORT)),
        ("239.1.2.3", ("239.1.2.3", PORT)),
        ("239.1.2.3:5000", ("239.1.2.3", 5000)),
    ],
)
def test_groups(text: str, found: tuple[str, int]) -> None:
    assert place(text) == found


@pytest.mark.parametrize(
    "text",
    ["224.0.0.1", "10.0.0.1", "x", ":5000", "239.1.2.3:0", "239.1.2.3:x", "239.1.2.3:70000", "::1"],
)
def test_what_is_no_group_of_ours(text: str) -> None:
    with pytest.raises(ValueError, match="no multicast group"):
        place(text)
