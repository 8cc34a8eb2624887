"""The filter is made for each machine, and lets through what is not in its tables."""

import struct

import pytest

from imports.readers.sandbox import confine

PID = 4711


def answer(machine: str, number: int, first_argument: int = 0) -> int:
    """Run the filter as the kernel does; give what it answers to a call."""
    words = {
        confine.NUMBER: number,
        confine.ARCHITECTURE: confine.MACHINES[machine][0],
        confine.FIRST_ARGUMENT: first_argument,
    }
    program = confine.filter_program(machine, pid=PID)
    at = held = 0
    while True:
        code, then, otherwise, operand = struct.unpack("=HBBI", program[at])
        if code == confine.ANSWER:
            return int(operand)
        if code == confine.LOAD:
            held = words[operand]
            at += 1
            continue
        is_so = {
            confine.IF_EQUAL: held == operand,
            confine.IF_AT_LEAST: held >= operand,
            confine.IF_BIT: bool(held & operand),
        }
        at += 1 + (then if is_so[code] else otherwise)


@pytest.mark.parametrize("machine", confine.MACHINES)
def test_every_call_of_the_table_is_refused_and_others_are_not(machine: str) -> None:
    column = confine.COLUMNS[machine]
    refused = {numbers[column] for numbers in confine.REFUSED.values()} - {None}
    special = {confine.CLONE[column], confine.CLONE3[column]}
    special |= {numbers[column] for numbers in confine.OF_ONESELF.values()}

    for number in set(range(460)) - special:
        expected = confine.REFUSE if number in refused else confine.ALLOW
        assert answer(machine, number) == expected, number


@pytest.mark.parametrize("machine", confine.MACHINES)
def test_threads_are_allowed_and_processes_are_not(machine: str) -> None:
    column = confine.COLUMNS[machine]
    clone = confine.CLONE[column]

    assert answer(machine, clone, confine.CLONE_THREAD | 0xF00) == confine.ALLOW
    assert answer(machine, clone, 17) == confine.REFUSE
    assert answer(machine, confine.CLONE3[column]) == confine.UNKNOWN


@pytest.mark.parametrize("machine", confine.MACHINES)
@pytest.mark.parametrize("name", confine.OF_ONESELF)
def test_only_the_process_itself_can_be_meant(machine: str, name: str) -> None:
    number = confine.OF_ONESELF[name][confine.COLUMNS[machine]]

    assert answer(machine, number, PID) == confine.ALLOW
    assert answer(machine, number, 1) == confine.REFUSE
    assert answer(machine, number, 2**32 - 1) == confine.REFUSE


def test_calls_of_another_numbering_are_refused() -> None:
    assert answer("x86_64", confine.X32 | 41) == confine.REFUSE


def test_audit_hook_refuses_what_python_tells_of() -> None:
    for event in ("socket.connect", "subprocess.Popen", "os.exec", "os.fork"):
        with pytest.raises(PermissionError, match="may not"):
            confine._refuse_event(event, ())
    confine._refuse_event("open", ())
