"""The small shell helpers of the Makefile, run for real."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = f"python3.{sys.version_info.minor}"


def script(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def chosen(path: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    """Run tools/python.sh with only `path` (and the shell's own tools) to look in."""
    return subprocess.run(
        ["/bin/sh", "tools/python.sh"],
        cwd=BASE_DIR,
        env={"PATH": str(path), "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    """A folder with this very Python under the name python3, and nothing else."""
    script(tmp_path / "python3", f'exec {sys.executable} "$@"')
    return tmp_path


def test_a_python_that_does_not_run_is_skipped(bin_dir: Path) -> None:
    script(bin_dir / "python3.14", "echo 'python3.14: command not found' >&2; exit 127")

    result = chosen(bin_dir)

    assert result.returncode == 0
    assert os.path.samefile(result.stdout.strip(), sys.executable)


def test_the_newest_comes_first(bin_dir: Path) -> None:
    script(bin_dir / "python3.13", "echo newest")
    script(bin_dir / "python3.12", "echo older")

    assert chosen(bin_dir).stdout == "newest\n"


def test_a_named_python_is_the_only_candidate(bin_dir: Path) -> None:
    result = chosen(bin_dir, python="python3.99")

    assert result.returncode == 1
    assert "No Python found that runs" in result.stderr


def test_a_python_that_is_too_old_is_said_in_a_sentence(tmp_path: Path) -> None:
    script(tmp_path / "python3", 'if [ "$1" = -V ]; then echo Python 3.9.2; else exit 3; fi')

    result = chosen(tmp_path)

    assert result.returncode == 1
    assert result.stderr.startswith("python3 is too old (Python 3.9.2): OSVI Console needs Python 3.11")


def test_a_python_without_venv_is_said_in_a_sentence(tmp_path: Path) -> None:
    script(tmp_path / "python3", "exit 4")

    result = chosen(tmp_path)

    assert result.returncode == 1
    assert "python3-venv" in result.stderr


def make_environment(directory: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", "tools/venv.sh", "venv", "requirements.txt"],
        cwd=directory,
        env={"PATH": f"{directory / 'bin'}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# Stands in for a Python whose environments are made in no time: real ones take half a minute.
QUICK_PYTHON = """
case "$*" in
    -c*) echo "$0" ;;
    -V) echo Python 3.14.0 ;;
    "-m venv --clear "*) rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
    "-m pip install "*) exit "${PIP_FAILS:-0}" ;;
    *) exit 9 ;;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with the helpers, and a Python to make environments with."""
    (tmp_path / "tools").mkdir()
    for name in ("python.sh", "venv.sh"):
        script(tmp_path / "tools" / name, (BASE_DIR / "tools" / name).read_text())
    (tmp_path / "requirements.txt").write_text("")
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin" / "python3.14", QUICK_PYTHON)
    return tmp_path


def test_an_environment_is_made_once_and_again_when_the_requirements_change(project: Path) -> None:
    first = make_environment(project)
    assert first.returncode == 0, first.stderr
    assert "Preparing venv" in first.stderr

    assert make_environment(project).stderr == ""

    (project / "requirements.txt").write_text("# changed\n")
    assert "Preparing venv" in make_environment(project).stderr


def test_an_install_that_failed_starts_over(project: Path) -> None:
    assert make_environment(project, PIP_FAILS="1").returncode == 1

    again = make_environment(project)

    assert again.returncode == 0
    assert "Preparing venv" in again.stderr
    assert make_environment(project).stderr == ""
