"""pyproject.toml, the lock files and the wheel say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import distribution, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import maskeditor.ops  # noqa: F401  (fills the register)
from maskeditor.cli.headless import run_sample_job
from maskeditor.core.operation.declaration import operations
from maskeditor.version import __version__

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "packaging"))
from smoke_test import output  # noqa: E402
from try_wheel import SAMPLE, VERSIONS, usable  # noqa: E402

TEXT = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(TEXT)["project"]
LOCKS = {"run": CHECKOUT / "packaging" / "lock.txt", "dev": CHECKOUT / "packaging" / "lock-dev.txt"}


def pins(kind: str) -> dict[str, str]:
    """Return the version that a lock file gives each package."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", LOCKS[kind].read_text(encoding="utf-8"), re.MULTILINE))


def test_importing_costs_almost_nothing() -> None:
    script = "import sys; before = set(sys.modules); import maskeditor; print(*sorted(set(sys.modules) - before))"
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["maskeditor", "maskeditor.version"]


def test_each_dependency_has_its_reason() -> None:
    listed = TEXT.partition("dependencies = [\n")[2].partition("\n]\n")[0].splitlines()
    lines = [line for line in listed if line.strip().startswith('"')]
    assert len(lines) == len(PROJECT["dependencies"])
    for line in lines:
        assert re.search(r'", +# .{12,}', line), line


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [("run", PROJECT["dependencies"]), ("dev", PROJECT["optional-dependencies"]["dev"])],
    ids=["run", "dev"],
)
def test_the_lock_satisfies_what_is_declared(kind: str, wanted: list[str]) -> None:
    locked = pins(kind)
    for requirement in map(Requirement, wanted):
        if requirement.name != "maskeditor":
            version = locked[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version), f"{requirement} is pinned at {version}"


def test_development_has_the_pins_of_the_program() -> None:
    assert pins("run").items() <= pins("dev").items()


@pytest.mark.parametrize("kind", LOCKS)
def test_the_lock_holds_hashes_and_no_address(kind: str) -> None:
    text = LOCKS[kind].read_text(encoding="utf-8")
    assert not re.search(r"://|--(?:extra-)?index|--find-links|--trusted-host", text)
    entries = re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert "--hash=sha256:" in entry, entry.splitlines()[0]


def sources(folder: str) -> set[str]:
    """Return the files under a folder of the checkout, but for what Python leaves there."""
    files = (path for path in (CHECKOUT / folder).rglob("*") if path.is_file())
    return {path.relative_to(CHECKOUT / folder).as_posix() for path in files if path.parent.name != "__pycache__"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.ZipFile]:
    """The wheel as pip makes it."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("maskeditor-*.whl"))) as archive:
        yield archive


def test_the_wheel_holds_package_resources_and_licence(wheel: zipfile.ZipFile) -> None:
    """And nothing of the tests and of packaging."""
    names = set(wheel.namelist())
    wanted = {f"maskeditor/{name}" for name in sources("maskeditor")}
    wanted |= {f"maskeditor/_resources/{name}" for name in (*sources("resources"), "README.md")}
    assert {"maskeditor/engine/components/components.py", "maskeditor/_resources/icons/maskeditor.svg"} <= wanted
    kept_by_pip = {name for name in names if name.partition("/")[0].endswith(".dist-info")}
    assert names == wanted | kept_by_pip
    assert any(name.endswith("licenses/LICENSE") for name in kept_by_pip)
    entry_points = next(name for name in kept_by_pip if name.endswith("entry_points.txt"))
    assert "maskeditor = maskeditor.__main__:main" in wheel.read(entry_points).decode()


def test_what_the_wheel_installs_finds_its_resources_and_operations(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    script = """
from pathlib import Path
import maskeditor.ops
from maskeditor.manual import write_manual
from maskeditor.core.operation.declaration import operations
from maskeditor.ui.look.resources import resource
write_manual(Path("manual"))
print(resource("icons/maskeditor.svg"), len(operations()))
"""
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    icon = tmp_path / "maskeditor" / "_resources" / "icons" / "maskeditor.svg"
    assert ended.stdout.rsplit(maxsplit=1) == [str(icon), str(len(operations()))]
    assert (tmp_path / "manual" / "window.png").is_file()


def installed(wheel: zipfile.ZipFile, python: str, folder: Path, packages: Sequence[str]) -> Path:
    """Install the wheel into a new environment that holds these packages of this one alone; return the program."""
    subprocess.run([python, "-m", "venv", "--without-pip", "--symlinks", str(folder)], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "bin/python"), "--disable-pip-version-check"]
    wanted = ["install", "--quiet", "--no-index", "--no-deps", "--no-compile", str(wheel.filename)]
    subprocess.run([*pip, *wanted], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    here = Path(sysconfig.get_path("purelib"))
    for name in packages:
        for part in {file.parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            if not (site / part).exists():
                (site / part).symlink_to(here / part)
    return folder / "bin/maskeditor"


def wanted_by(lines: Iterable[str]) -> set[str]:
    """Return the packages that requirements ask for, and all that these ask for themselves."""
    found: set[str] = set()
    left = list(lines)
    while left:
        wanted = Requirement(left.pop())
        if wanted.name not in found and (wanted.marker is None or wanted.marker.evaluate({"extra": ""})):
            found.add(wanted.name)
            left += requires(wanted.name) or ()
    return found


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links want rights that tests do not have there")
def test_the_wheel_does_the_main_job_with_what_it_declares(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    (metadata,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    lines = re.findall(r"^Requires-Dist: (.*)", wheel.read(metadata).decode(), re.MULTILINE)
    program = installed(wheel, sys.executable, tmp_path / "empty", sorted(wanted_by(lines)))
    output([str(program)], str(tmp_path))
    run_sample_job(tmp_path / "source", lambda view, _: view.touch())
    assert (tmp_path / SAMPLE / "mask.nii.gz").read_bytes() == (tmp_path / "source/mask.nii.gz").read_bytes()
    assert (tmp_path / SAMPLE / "window.png").stat().st_size


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="links want rights that tests do not have there")
@pytest.mark.parametrize("version", [one for one in VERSIONS if one != sysconfig.get_python_version()])
def test_the_wheel_starts_under_each_other_python(wheel: zipfile.ZipFile, tmp_path: Path, version: str) -> None:
    """That it does the main job there is tried by `make release`, which installs the packages for each."""
    python = usable(f"python{version}")
    if python is None:
        pytest.skip(f"there is no Python {version}")
    program = installed(wheel, python, tmp_path / "empty", ["click"])
    assert output([str(program), "--version"], str(tmp_path)) == f"maskeditor {__version__}\n"


def test_the_source_holds_the_documents(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    (source,) = tmp_path.glob("maskeditor-*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    documents = {path.name for path in CHECKOUT.iterdir() if path.suffix in (".md", ".cff")}
    assert {"README.md", "ARCHITECTURE.md", "CITATION.cff"} <= documents
    assert documents | {"LICENSE", "Makefile", "pyproject.toml", "tests/conftest.py"} <= names
