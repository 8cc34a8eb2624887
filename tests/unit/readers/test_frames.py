"""What goes through the pipe comes out of it; what was cut off is not taken for whole."""

import io

from hypothesis import given
from hypothesis import strategies as st

from imports.readers.sandbox.frames import (
    Message,
    StreamWriter,
    read_messages,
    write_message,
)

HEADERS = st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5))
DATA = st.lists(st.binary(max_size=40), max_size=4)


def file_of(chunks: list[bytes], *, result: dict[str, object]) -> bytes:
    """Give what a child sends of one file: a stream of chunks, then the result."""
    pipe = io.BytesIO()
    stream = StreamWriter(pipe, kind="lap", columns=["a", "b"])
    for chunk in chunks:
        stream.write(chunk)
    stream.finish()
    write_message(pipe, "R", result)
    return pipe.getvalue()


@given(chunks=DATA, result=HEADERS)
def test_messages_come_out_as_they_went_in(
    chunks: list[bytes], result: dict[str, object]
) -> None:
    read = list(read_messages(io.BytesIO(file_of(chunks, result=result))))

    assert read[0] == Message("O", {"kind": "lap", "columns": ["a", "b"]})
    # Of nothing, nothing is sent.
    assert [message.data for message in read[1:-2]] == [c for c in chunks if c]
    assert read[-2:] == [Message("C", {}), Message("R", result)]


def test_messages_of_one_file_end_with_its_result() -> None:
    pipe = io.BytesIO(file_of([b"1"], result={"file": 1}) * 2)

    assert [m.letter for m in read_messages(pipe)] == ["O", "D", "C", "R"]
    assert [m.letter for m in read_messages(pipe)] == ["O", "D", "C", "R"]


def test_pipe_cut_off_anywhere_ends_without_a_result() -> None:
    data = b"1,2\n" * 5
    whole = file_of([data], result={"n": 1})

    for size in range(len(whole)):
        read = list(read_messages(io.BytesIO(whole[:size])))
        assert [m.letter for m in read] == ["O", "D", "C"][: len(read)]
        assert all(m.data in (b"", data) for m in read)


def test_stream_takes_the_buffers_that_polars_writes() -> None:
    pipe = io.BytesIO()
    stream = StreamWriter(pipe, kind="lap", columns=[])

    assert stream.write(memoryview(b"abc")) == 3
    assert pipe.getvalue().endswith(b'D {"size": 3}\nabc')
