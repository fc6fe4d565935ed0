"""The files for CI services: valid, least rights, nothing that needs a secret."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from srbench_lite.cli.check import check_command
from srbench_lite.cli.ci_files import SERVICES, GateJob, ci_file
from srbench_lite.cli.distribution_files import KINDS, distribution_files

JOBS = {"plain": GateJob(), "told": GateJob(
    within=90.0, jobs=4, baseline="bench/base.json", branch="trunk", install="-e .", plugins=("my method.py",),
    suites=("sin", "mine.toml"),
)}  # fmt: skip
OF_NEW = {(path, kind): text for kind in KINDS for path, text in distribution_files(kind, "mine").items()}
FILES = {
    **{f"{service}-{name}": ci_file(service, job) for service in SERVICES for name, job in JOBS.items()},
    **{f"{path.rpartition('/')[2]}-{kind}": text for (path, kind), text in OF_NEW.items() if path.endswith(".yml")},
}
GITHUB = [name for name in FILES if name.startswith(("github", "check.yml"))]
GITLAB = [name for name in FILES if name not in GITHUB]


def read(text: str):
    ruamel = pytest.importorskip("ruamel.yaml", reason="no YAML parser; the extra test has check-jsonschema")
    return ruamel.YAML(typ="safe").load(text)


def schema_check(path, schema: str, *options: str) -> subprocess.CompletedProcess[str]:
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema is not installed; the extra test has it")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *options, str(path)]
    return subprocess.run(command, capture_output=True, text=True)


def commands(name: str) -> list[str]:
    """Every command that a file runs, one a string."""
    content = read(FILES[name])
    if name in GITHUB:
        return [step["run"] for job in content["jobs"].values() for step in job["steps"] if "run" in step]
    jobs = [job for job in content.values() if "script" in job]
    return [line for job in jobs for line in (*job["script"], *job.get("after_script", ()))]


def test_there_are_files_of_all_kinds():
    assert (len(GITHUB), len(GITLAB)) == (4, 4)


@pytest.mark.parametrize("name", GITHUB)
def test_workflows_are_as_github_wants_them(name, tmp_path):
    path = tmp_path / "check.yml"
    path.write_text(FILES[name])
    done = schema_check(path, "vendor.github-workflows")
    assert done.returncode == 0, done.stdout
    path.write_text(FILES[name].replace("runs-on", "run-on"))
    assert schema_check(path, "vendor.github-workflows").returncode == 1


@pytest.mark.parametrize("name", GITLAB)
def test_pipelines_are_as_gitlab_wants_them(name, tmp_path):
    path = tmp_path / ".gitlab-ci.yml"
    path.write_text(FILES[name])
    done = schema_check(path, "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    assert done.returncode == 0, done.stdout
    path.write_text(FILES[name].replace("expose_as", "expose_at"))
    assert schema_check(path, "vendor.gitlab-ci", "--data-transform", "gitlab-ci").returncode == 1


@pytest.mark.parametrize("name", GITHUB)
def test_actionlint_finds_nothing(name, tmp_path):
    if shutil.which("actionlint") is None:
        pytest.skip("actionlint is not installed")
    path = tmp_path / "check.yml"
    path.write_text(FILES[name])
    done = subprocess.run(["actionlint", str(path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", FILES)
def test_nothing_needs_a_secret_and_all_is_pinned(name):
    text = FILES[name]
    assert "secrets." not in text
    assert all(re.fullmatch(r"actions/[a-z/-]+@v\d+", used) for used in re.findall(r"uses: (\S+)", text))
    assert "$$" not in text  # of the templates


@pytest.mark.parametrize("name", GITHUB)
def test_the_rights_are_the_least_there_are(name):
    content = read(FILES[name])
    assert content["permissions"] == {"contents": "read"}
    rights = {job: set(said.get("permissions", {}).items()) for job, said in content["jobs"].items()}
    assert rights["gate"] == {("contents", "read"), ("pull-requests", "write")}
    assert rights.get("check", set()) == set()
    assert set(content["on"]) == {"push", "pull_request"}  # not pull_request_target, which has the rights of the branch


@pytest.mark.parametrize("name", FILES)
def test_the_gate_is_a_command_that_there_is_within_the_time_of_the_job(name):
    (gate,) = [command for command in commands(name) if command.startswith("srbench check --within")]
    with check_command.make_context("check", shlex.split(gate)[2:]) as context:
        told = context.params
    job = JOBS["told"] if name.endswith("told") else JOBS["plain"]
    assert (told["within"], told["jobs"], str(told["baseline_path"])) == (job.within, job.jobs, job.baseline)
    assert ([str(path) for path in told["plugin_files"]], told["suites"]) == ([*job.plugins], job.suites)
    content = read(FILES[name])
    if name in GITHUB:
        minutes = content["jobs"]["gate"]["timeout-minutes"]
    else:
        minutes = int(content["gate"]["timeout"].removesuffix(" minutes"))
    assert job.within / 60 + 15 <= minutes <= job.within / 60 + 25


@pytest.mark.parametrize("name", FILES)
def test_the_shell_reads_every_command(name):
    for command in commands(name):
        subprocess.run(["bash", "-n", "-c", command], check=True)


@pytest.mark.parametrize("name", GITHUB)
def test_the_store_comes_from_a_cache_and_the_page_is_kept_also_after_a_regression(name):
    steps = read(FILES[name])["jobs"]["gate"]["steps"]
    restore, gate, keep, upload, comment = (
        next(k for k, step in enumerate(steps) if words in str(step.get("uses", step.get("run"))))
        for words in ("cache/restore", "srbench check", "cache/save", "upload-artifact", "gate.md --silent")
    )
    assert restore < gate < keep < upload < comment
    assert steps[restore]["with"]["key"] == steps[keep]["with"]["key"]
    assert steps[keep]["with"]["key"].startswith(steps[restore]["with"]["restore-keys"])
    assert all("always()" in steps[k]["if"] for k in (keep, upload, comment))
    assert "head.repo.full_name == github.repository" in steps[comment]["if"]


@pytest.mark.parametrize("name", GITLAB)
def test_a_merge_request_shows_the_report_and_the_page_also_after_a_regression(name):
    gate = read(FILES[name])["gate"]
    assert gate["artifacts"]["when"] == "always"
    assert gate["artifacts"]["reports"] == {"junit": "gate.xml"}
    assert "srbench.html" in gate["artifacts"]["paths"]
    assert any("srbench report" in line for line in gate["after_script"])
    store = next(cache for cache in gate["cache"] if cache["paths"] == ["gate.db"])
    assert store["when"] == "always"
