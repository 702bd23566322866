"""`coach evaluate` on real recordings and on made ones."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from firmware.errors import UserError
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


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("curve.xyz", "curve.xyz: expected a name ending in .png, .svg or .pdf"),
        ("none/curve.png", "there is no folder"),
    ],
)
def test_a_picture_that_cannot_be_put_there_is_told_before_the_work(
    made: Path, tmp_path: Path, name: str, sentence: str
) -> None:
    """Nothing is measured first, and what is wrong is what is said to be."""
    done = piped("evaluate", "cadence", made, "--plot", tmp_path / name)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr


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


def test_heads_of_figures_that_no_recording_has_are_broken_too(made: Path, tmp_path: Path) -> None:
    """Walks alone have no latency; whole, its heads took the room of the other columns."""
    head = ",".join(listed.COLUMNS)
    (tmp_path / listed.INDEX).write_text(f"{head}\n{made}/0.csv,made,s0,,walking,\n")
    done = piped("evaluate", "stumble", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "latency latency" in done.stdout
    assert "\u2026" not in done.stdout


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
    none = piped("evaluate", "cadence", tmp_path)
    assert none.returncode == 2
    assert "recordings.csv: there is none; expected a CSV file with a line for each" in none.stderr
    assert "header file,dataset,subject,group,kind,steps: see docs/validation.md" in none.stderr
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


LIST = "file,dataset,subject,group,kind,steps,labels\n\nwalk.csv,made,Änne,,,s.csv,l.csv\n"
STEPS = "t\n\n2.125\n1.5\n"
INTERVALS = "from,to,group,kind\n0,2.5,stands,still\n2.5,9,walks,walking\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_what_a_spreadsheet_has_saved_is_read(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    """As recordings are: with its delimiter, the decimal commas that go with it, its encoding."""
    for name, text in ((listed.INDEX, LIST), ("s.csv", STEPS), ("l.csv", INTERVALS)):
        saved = text.replace(",", delimiter)
        if delimiter != ",":
            saved = saved.replace("2.125", "2,125").replace("1.5", "1,5").replace("2.5", "2,5")
        (tmp_path / name).write_text(saved.replace("\n", "\r\n"), encoding=encoding, newline="")
    [item] = listed.read(tmp_path)
    assert (item.path, item.subject) == (tmp_path / "walk.csv", "Änne")
    assert item.steps is not None
    assert listed.read_steps(item.steps).tolist() == [1.5, 2.125]
    assert [(s.start, s.end, s.kind) for s in listed.spans(item, 8.0)] == [
        (0.0, 2.5, "still"),
        (2.5, 8.0, "walking"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("l.csv", "from,to,group,kind\n\n0\n", "line 3: kind '': expected one of walking"),
        (
            "l.csv",
            "from,to,group,kind\n0,x,g,still\n",
            "line 2: expected a number for to, found 'x'",
        ),
        (
            "l.csv",
            'from,to,group,kind\n0,"2,5",g,still\n',
            "found '2,5'; decimal commas need another separator between the columns",
        ),
        (
            "l.csv",
            "from,to\n0,1\n",
            "expected the header from,to,group,kind, but group, kind missing",
        ),
        ("s.csv", "t\n1\nx\n", "line 3: expected a number for t, found 'x'"),
        ("s.csv", "s\n1\n", "expected the header t, found 's'"),
        (listed.INDEX, "file\nx\n", "but dataset, subject, group, kind, steps missing"),
        (listed.INDEX, "", "is empty; expected a CSV file with file,dataset"),
    ],
)
def test_what_is_wrong_in_a_table_is_named_with_its_line(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    """Blank lines are counted, as an editor does."""
    (tmp_path / name).write_text(text)
    item = listed.Item(tmp_path / "walk.csv", "d", "s", "g", "", None, tmp_path / "l.csv")
    reads: dict[str, Callable[[], object]] = {
        listed.INDEX: lambda: listed.read(tmp_path),
        "l.csv": lambda: listed.spans(item, 8.0),
        "s.csv": lambda: listed.read_steps(tmp_path / name),
    }
    with pytest.raises(UserError) as told:
        reads[name]()
    assert sentence in str(told.value)
