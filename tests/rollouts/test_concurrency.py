from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from repodojo.rollouts.concurrency import ConcurrencySettings, Load, Pace, adjust, is_congested

GIB = 2**30
EASY = Load(in_flight=10_000, cpu=0.3, available_bytes=1000 * GIB, bytes_each=1.0, latency_s=1.0)
SETTINGS = ConcurrencySettings()

loads = st.builds(
    Load,
    in_flight=st.integers(0, 500),
    cpu=st.floats(0, 1),
    available_bytes=st.integers(0, 64 * GIB),
    bytes_each=st.floats(0, 4 * GIB),
    latency_s=st.none() | st.floats(1e-3, 1e3),
)
settings_of = st.builds(
    ConcurrencySettings,
    least=st.integers(1, 32),
    cpu=st.floats(0.1, 1),
    free_gib=st.floats(0, 32),
    latency=st.floats(1.1, 10),
)
paces = st.builds(
    Pace,
    allowed=st.integers(1, 500),
    starting=st.booleans(),
    best_latency_s=st.none() | st.floats(1e-3, 1e3),
)


@given(st.lists(loads, max_size=40), settings_of, st.integers(1, 300))
def test_it_stays_within_its_bounds(seen: list[Load], settings: ConcurrencySettings, most: int) -> None:
    pace = Pace(min(settings.least, most))
    for load in seen:
        pace = adjust(pace, load, settings, most)
        assert min(settings.least, most) <= pace.allowed <= most


@given(paces, loads, settings_of)
def test_congestion_never_raises_it_and_ends_the_start(
    pace: Pace, load: Load, settings: ConcurrencySettings
) -> None:
    after = adjust(pace, load, settings, 500)
    if is_congested(load, after.best_latency_s, settings):
        assert after.allowed <= max(settings.least, 0.75 * pace.allowed)
        assert not after.starting
    else:
        assert after.starting == pace.starting


@given(paces, loads, settings_of)
def test_memory_is_never_promised_twice(pace: Pace, load: Load, settings: ConcurrencySettings) -> None:
    allowed = adjust(pace, load, settings, 500).allowed
    more = max(0, allowed - load.in_flight)
    fits = more * max(load.bytes_each, 1.0) <= load.available_bytes - settings.free_gib * GIB
    assert allowed <= settings.least or more == 0 or fits


@given(paces, loads, settings_of, st.floats(0, 1), st.floats(0, 1))
def test_a_busier_machine_never_gets_more(
    pace: Pace, load: Load, settings: ConcurrencySettings, first: float, second: float
) -> None:
    idle, busy = sorted((first, second))
    easy = adjust(pace, replace(load, cpu=idle), settings, 500)
    hard = adjust(pace, replace(load, cpu=busy), settings, 500)
    assert hard.allowed <= easy.allowed


def test_it_doubles_until_the_first_congestion_then_climbs_by_one() -> None:
    pace, seen = Pace(4), []
    for cpu in (0.1, 0.1, 0.1, 0.95, 0.1, 0.1):
        pace = adjust(pace, replace(EASY, cpu=cpu), SETTINGS, 1000)
        seen.append(pace.allowed)
    assert seen == [8, 16, 32, 24, 25, 26]


def test_what_is_allowed_but_not_used_does_not_grow() -> None:
    assert adjust(Pace(40), replace(EASY, in_flight=39), SETTINGS, 1000).allowed == 40


def test_a_silent_endpoint_is_no_signal() -> None:
    pace = Pace(40, best_latency_s=1.0)
    after = adjust(pace, replace(EASY, in_flight=20, latency_s=None), SETTINGS, 1000)
    assert (after.allowed, after.best_latency_s) == (40, 1.0)


def run(capacity: int, service: list[float]) -> list[int]:
    """Return what is allowed at each step; the endpoint serves so many at once and queues the others."""
    settings, pace, seen = ConcurrencySettings(latency=2.0), Pace(4), []
    for service_s in service:
        latency = service_s * max(1.0, pace.allowed / capacity)
        load = Load(pace.allowed, 0.3, 1000 * GIB, 1.0, latency)
        pace = adjust(pace, load, settings, 10_000)
        seen.append(pace.allowed)
    return seen


@given(st.integers(8, 200), st.floats(0.01, 10))
def test_it_settles_where_the_endpoint_queues(capacity: int, service_s: float) -> None:
    """A best latency that was forgotten step by step let the queue grow without end."""
    settled = run(capacity, [service_s] * 400)[100:]
    assert capacity <= max(settled) <= 2 * capacity + 1
    assert min(settled) >= 0.75 * capacity


@given(st.integers(8, 60), st.floats(3, 30))
def test_answers_that_take_longer_for_good_become_the_measure(capacity: int, times: float) -> None:
    """As conversations grow: nothing queues, and yet every answer is slower than the best so far."""
    seen = run(capacity, [1.0] * 100 + [times] * 400)
    assert max(seen[-100:]) >= capacity
