from yard import PLAN

from pages._view.live_state import LiveRun

SEQUENTIAL = "reference/sequential/1/1"
HERE = {"arm": SEQUENTIAL, "repeat": 0}


def run_of(*events: dict[str, object]) -> LiveRun:
    return LiveRun().take([PLAN, *events], 1)


def test_a_plan_opens_one_lane_for_each_arm() -> None:
    run = run_of()
    assert list(run.lanes) == [SEQUENTIAL, "reference/loky/2/1"]
    assert {lane.phase for lane in run.lanes.values()} == {"waiting"}


def test_progress_is_placed_on_seconds_since_the_work_began() -> None:
    lane = run_of(
        {"t": 100.0, "type": "arm_started", "n_files": 40, **HERE},
        {"t": 103.0, "type": "phase", "name": "work", **HERE},
        {
            "t": 105.5,
            "type": "progress",
            "done": 10,
            "total": 40,
            "files_per_s": 4.0,
            "remaining_s": 7.5,
            **HERE,
        },
    ).lanes[SEQUENTIAL]
    assert lane.trace == [(0.0, 0), (2.5, 10)]
    assert (lane.phase, lane.done, lane.remaining_s) == ("work", 10, 7.5)


def test_a_finished_repetition_counts_and_the_next_starts_from_zero() -> None:
    result = {"wall_s": 9.0, "n_files": 40, "files_per_s": 4.4}
    finished = {"t": 112.0, "type": "arm_finished", "run": result, **HERE}
    run = run_of(
        {"t": 100.0, "type": "arm_started", "n_files": 40, **HERE},
        finished,
    )
    assert run.repetitions_done == 1
    assert run.lanes[SEQUENTIAL].best_wall_s == 9.0
    again = {"t": 120.0, "type": "arm_started", "n_files": 40, **HERE, "repeat": 1}
    run.take([again], 2)
    assert run.lanes[SEQUENTIAL].done == 0
    assert run.lanes[SEQUENTIAL].best_wall_s == 9.0


def test_samples_stay_in_sight_until_the_next_repetition_sends_one() -> None:
    first = {"t": 1.0, "type": "sample", "cores": [50], **HERE}
    run = run_of(first, {"t": 2.0, "type": "arm_started", "n_files": 40, **HERE})
    assert run.samples == [first]
    second = {"t": 3.0, "type": "sample", "cores": [70], **HERE, "repeat": 1}
    assert run.take([second], 2).samples == [second]


def test_a_stage_is_replaced_when_it_finishes() -> None:
    run = run_of(
        {"t": 1.0, "type": "stage", "name": "training", "state": "started"},
        {
            "t": 2.0,
            "type": "stage",
            "name": "training",
            "state": "finished",
            "wall_s": 1.0,
        },
    )
    assert [stage["state"] for stage in run.stages] == ["finished"]


def test_unknown_events_of_newer_jobs_are_passed_over() -> None:
    assert run_of({"t": 1.0, "type": "from the future"}).offset == 1
