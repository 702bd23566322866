"""`coach evaluate` on real recordings and on made ones."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from firmware.lab.evaluate import folder as listed
from hardware.simulated.walker import Stand, Stumble, Walk, Walker
from tests.support.recordings import convert
from tests.support.terminal import piped

pytest.importorskip("joblib", reason="joblib is not installed (evaluate)")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four simulated walks, one with a stumble, as a folder with truth."""
    folder = tmp_path_factory.mktemp("made")
    lines = [["file", "dataset", "subject", "group", "kind", "steps"]]
    for seed in range(4):
        events = (Stumble(30.0, size_g=1.2),) if seed == 3 else ()
        walker = Walker((Stand(3.0), Walk(45.0, spm=70.0 + 10 * seed, events=events)), seed=seed)
        t = np.arange(0, 48, 0.01)
        table = np.column_stack([t, walker.signal(t)])
        head = "t,ax,ay,az,gx,gy,gz"
        np.savetxt(folder / f"{seed}.csv", table, "%.5f", ",", header=head, comments="")
        steps = [s.t for s in walker.truth.steps if s.walking]
        np.savetxt(folder / f"{seed}.steps.csv", steps, "%.4f", header="t", comments="")
        kind = "stumble" if seed == 3 else "walking"
        lines.append([f"{seed}.csv", "made", f"s{seed % 2}", "", kind, f"{seed}.steps.csv"])
    with (folder / "recordings.csv").open("w", newline="") as file:
        csv.writer(file).writerows(lines)
    return folder


def test_cadence_table_by_dataset_and_subject(made: Path, tmp_path: Path) -> None:
    """JSON lines, one a row; the picture is drawn; the simulated walks are answered well."""
    plot = tmp_path / "cadence.png"
    done = piped("evaluate", "cadence", made, "--format", "jsonl", "--plot", plot)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["dataset"], r["subject"]) for r in rows] == [
        ("made", "all"), ("made", "s0"), ("made", "s1"),
    ]  # fmt: skip
    assert rows[0]["windows"] == rows[1]["windows"] + rows[2]["windows"] > 100
    assert rows[0]["within_3"] > 0.9
    assert plot.read_bytes().startswith(b"\x89PNG")


def test_stumble_table_and_curve(made: Path, tmp_path: Path) -> None:
    """The stumble is caught in its group, and the curve marks the default."""
    plot = tmp_path / "curve.svg"
    done = piped("evaluate", "stumble", made, "--format", "csv", "--plot", plot)
    assert done.returncode == 0, done.stderr
    rows = {(r["group"], r["kind"]): r for r in csv.DictReader(done.stdout.splitlines())}
    assert rows["made", "stumble"]["alarmed"] == "1.0"
    assert rows["all walking", "walking"]["recordings"] == "3"
    assert "default" in plot.read_text() or plot.stat().st_size > 5000


def test_each_person_is_left_out(made: Path) -> None:
    """Every figure for all, for each person, and for those who remain; intervals over people."""
    done = piped("evaluate", "people", made, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    of = [r for r in rows if r["figure"] == "cadence within 3"]
    everybody, *each = of
    assert (everybody["left_out"], everybody["people"]) == ("nobody: all", 2)
    assert everybody["low"] <= everybody["value"] <= everybody["high"]
    assert {r["left_out"] for r in each} == {"made s0", "made s1"}
    assert each[0]["value"] == each[1]["others"]
    assert {r["figure"]: r["value"] for r in rows if r["people"] == 1}["stumbles alarmed"] == 1.0


def test_labelled_intervals_are_recordings_of_their_own(made: Path, tmp_path: Path) -> None:
    """Standing, then walking in one recording: a cadence is false in the one alone."""
    (tmp_path / "0.csv").write_bytes((made / "0.csv").read_bytes())
    (tmp_path / "0.labels.csv").write_text(
        "from,to,group,kind\n0,3,stands,still\n3,48,walks,walking\n"
    )
    index = tmp_path / "recordings.csv"
    index.write_text("file,dataset,subject,group,kind,steps,labels\n0.csv,d,s,,,,0.labels.csv\n")
    done = piped("evaluate", "people", tmp_path, "--leave-out", "dataset", "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    rows = {r["figure"]: r for r in map(json.loads, done.stdout.splitlines())}
    assert rows["cadence told, nobody walks"]["value"] == 0.0
    assert rows["false alarms/h walking"]["value"] == 0.0
    (tmp_path / "0.labels.csv").write_text("from,to,group,kind\n0,3,stands,resting\n")
    wrong = piped("evaluate", "people", tmp_path)
    assert (wrong.returncode, "line 2: kind 'resting'" in wrong.stderr) == (2, True)


@pytest.mark.parametrize("label", ["20,3", "3,3", "nan,3", "-9,-3", "900,960"])
def test_a_label_that_is_no_part_of_its_recording_is_refused(
    made: Path, tmp_path: Path, label: str
) -> None:
    """Turned round or beyond the end: hours of walking that nobody walked, or less than none."""
    (tmp_path / "0.csv").write_bytes((made / "0.csv").read_bytes())
    (tmp_path / "0.labels.csv").write_text(f"from,to,group,kind\n{label},walks,walking\n")
    index = tmp_path / "recordings.csv"
    index.write_text("file,dataset,subject,group,kind,steps,labels\n0.csv,d,s,,,,0.labels.csv\n")
    wrong = piped("evaluate", "stumble", tmp_path)
    assert wrong.returncode == 2
    assert "line 2: expected an interval within the" in wrong.stderr


def test_a_label_that_goes_on_beyond_the_end_lasts_to_it(made: Path, tmp_path: Path) -> None:
    """A minute and no hours are what false alarms are held against."""
    (tmp_path / "0.csv").write_bytes((made / "0.csv").read_bytes())
    (tmp_path / "0.labels.csv").write_text("from,to,group,kind\n3,99999,walks,walking\n")
    index = tmp_path / "recordings.csv"
    index.write_text("file,dataset,subject,group,kind,steps,labels\n0.csv,d,s,,,,0.labels.csv\n")
    done = piped("evaluate", "stumble", tmp_path, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    assert 0 < json.loads(done.stdout.splitlines()[0])["hours"] < 0.1


@pytest.mark.parametrize("kind", ["cadence", "stumble", "people"])
def test_the_table_fits_an_ordinary_terminal(made: Path, kind: str) -> None:
    """80 columns hold every head and every number, none of them cut."""
    done = piped("evaluate", kind, made)
    assert done.returncode == 0, done.stderr
    assert "made" in done.stdout
    assert "\u2026" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


def test_a_dask_cluster_gives_the_same_table(made: Path) -> None:
    """The same work on a local cluster of two workers."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        spread = piped(
            "evaluate", "cadence", made, "--format", "csv", "--dask", cluster.scheduler_address
        )
    assert spread.returncode == 0, spread.stderr
    assert spread.stdout == piped("evaluate", "cadence", made, "--format", "csv").stdout


def test_bad_folders_get_a_sentence(made: Path, tmp_path: Path) -> None:
    """No index or a wrong kind: one sentence; a bad recording is named, the others kept."""
    assert "recordings.csv: cannot be read" in piped("evaluate", "cadence", tmp_path).stderr
    index = tmp_path / "recordings.csv"
    index.write_text("file,dataset,subject,group,kind,steps\nx.csv,d,s,g,dancing,\n")
    wrong = piped("evaluate", "stumble", tmp_path)
    assert (wrong.returncode, "line 2: kind 'dancing'" in wrong.stderr) == (2, True)
    lines = (made / "recordings.csv").read_text()
    index.write_text(lines.replace("\n0.csv", "\nnone.csv"))
    for file in made.glob("*.csv"):
        if file.name != "recordings.csv":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    partly = piped("evaluate", "cadence", tmp_path, "--format", "jsonl")
    assert partly.returncode == 2
    assert "none.csv: cannot be read" in partly.stderr
    assert json.loads(partly.stdout.splitlines()[0])["windows"] > 50


@pytest.mark.recordings
def test_the_converter_and_the_command_agree_on_real_walks(
    recordings_dir: Path, tmp_path: Path
) -> None:
    """Backward walking from the real recordings runs through the documented format."""
    folder = convert(recordings_dir, tmp_path, lambda row: row["dataset"] == "backward")
    done = piped("evaluate", "cadence", folder, "--format", "jsonl")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[0])
    assert row["windows"] == 23
    assert row["off_25_percent"] == 0


def test_a_list_that_a_spreadsheet_has_saved_is_read(tmp_path: Path) -> None:
    """It puts a mark of the encoding before the first name."""
    head = ",".join(listed.COLUMNS)
    (tmp_path / listed.INDEX).write_text(f"{head}\nwalk.csv,made,anna,,,\n", encoding="utf-8-sig")
    assert [item.path for item in listed.read(tmp_path)] == [tmp_path / "walk.csv"]
