"""The capacity model."""

from benchmarks.capacity import COSTS, connections, cores


def test_cores_grow_with_the_load() -> None:
    assert cores({"greet": 0}) == {"API": 0, "worker": 0, "PostgreSQL": 0}
    one = cores({"greet": 0.6 * 1_000_000 / COSTS["greet"].api_us})
    assert one["API"] == 1
    assert cores({"greet": 100_000, "order": 50_000})["API"] > cores({"greet": 100_000})["API"] > 1


def test_connections_leave_room_for_a_release() -> None:
    assert connections({"API": 2, "worker": 1, "PostgreSQL": 1}) == 100
