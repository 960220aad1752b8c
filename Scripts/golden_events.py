"""Writes Tests/Fixtures/events.tfevents: what TensorBoard's own writer makes of two lines of a log.

    python3 Scripts/golden_events.py

Needs tensorboard. The times are fixed, so that the bytes are. Reads the file again with TensorBoard's
own reader, as a check.
"""

import io
import pathlib

from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

PLACE = pathlib.Path(__file__).resolve().parent.parent / "Tests/Fixtures/events.tfevents"

# The numbers are exact in 32 bits.
STEPS = [
    (0, {"held_out_loss": 4.5}),
    (300, {"loss": 3.25, "learning_rate": 0.0009765625, "gradient_norm": 1.5, "tokens_per_second": 64.0}),
    (301, {"losses/least": 2.5, "losses/mean": 3.0}),
]
TIME = 1_700_000_000.0


def events() -> list[Event]:
    """The version, then an event for each step."""
    found = [Event(wall_time=TIME, file_version="brain.Event:2")]
    for step, values in STEPS:
        summary = Summary(
            value=[Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        )
        found.append(Event(wall_time=TIME, step=step, summary=summary))
    return found


def main() -> None:
    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    for event in events():
        writer.write(event.SerializeToString(deterministic=True))
    PLACE.write_bytes(buffer.getvalue())
    found = [Event.FromString(bytes(data)) for data in RawEventFileLoader(str(PLACE)).Load()]
    assert found == events(), "TensorBoard does not read what it wrote"
    print(f"{PLACE}: {len(buffer.getvalue())} bytes")


if __name__ == "__main__":
    main()
