"""pyproject.toml, the lock files and the wheel say the same."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import maskeditor.ops  # noqa: F401  (fills the register)
from maskeditor.core.operation.declaration import operations

CHECKOUT = Path(__file__).resolve().parents[2]
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


def test_the_source_holds_the_documents(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True)
    (source,) = tmp_path.glob("maskeditor-*.tar.gz")
    with tarfile.open(source) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    documents = {path.name for path in CHECKOUT.iterdir() if path.suffix in (".md", ".cff")}
    assert {"README.md", "ARCHITECTURE.md", "CITATION.cff"} <= documents
    assert documents | {"LICENSE", "Makefile", "pyproject.toml", "tests/conftest.py"} <= names
