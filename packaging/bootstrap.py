"""Set up everything on a machine that has only Python, then run or test the program.

    python packaging/bootstrap.py run [ARGUMENTS]    the program
    python packaging/bootstrap.py test               lint, types and all tests
    python packaging/bootstrap.py test quick         lint, types and most tests, within two minutes
    python packaging/bootstrap.py test coverage      lint, types and all tests, and which lines these have run
    python packaging/bootstrap.py test ARGUMENTS     pytest alone, with these arguments
    python packaging/bootstrap.py bundle             a folder that runs without Python, and its archive, in dist/
    python packaging/bootstrap.py manual             the manual, in dist/manual
    python packaging/bootstrap.py release            source archive and wheel, checked and tried, in dist/
    python packaging/bootstrap.py lock [--upgrade]   the lock files anew, after pyproject.toml has changed

The first time makes .venv and installs the pinned dependencies; later, a stamp in .venv says that nothing
has to be done. Standard library only, and in words that an old Python understands, to say what is wanted.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
WINDOWS = os.name == "nt"
PYTHON = VENV / ("Scripts/python.exe" if WINDOWS else "bin/python")
WANTED = (3, 11)
#: What is installed for which task. The second holds all of the first, with the same pins.
LOCKS = {"run": ROOT / "packaging" / "lock.txt", "dev": ROOT / "packaging" / "lock-dev.txt"}

#: What Qt takes from a Linux system (with a font, so that text can be read), and what the tests take.
INSTALLERS = {
    "apt-get": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y",
    "zypper": "zypper --non-interactive install",
    "pacman": "pacman -S --noconfirm --needed",
}
QT_PACKAGES = {
    "apt-get": "libegl1 libgl1 libopengl0 libdbus-1-3 libfontconfig1 libglib2.0-0 libx11-xcb1 "
    "libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 "
    "libxcb-render-util0 libxcb-shape0 libxcb-xkb1 fonts-dejavu-core",
    "dnf": "libglvnd-egl libglvnd-glx libglvnd-opengl mesa-libEGL dbus-libs fontconfig glib2 libX11-xcb "
    "libxkbcommon-x11 xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil "
    "dejavu-sans-fonts",
    "zypper": "libglvnd Mesa-libEGL1 Mesa-libGL1 libdbus-1-3 fontconfig libglib-2_0-0 libX11-xcb1 "
    "libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 "
    "libxcb-render-util0 libxcb-shape0 libxcb-xkb1 dejavu-fonts",
    "pacman": "libglvnd mesa dbus fontconfig glib2 libx11 libxkbcommon-x11 xcb-util-cursor xcb-util-wm "
    "xcb-util-image xcb-util-keysyms xcb-util-renderutil ttf-dejavu",
}
XVFB_PACKAGES = {
    "apt-get": "xvfb xdotool",
    "dnf": "xorg-x11-server-Xvfb xdotool",
    "zypper": "xorg-x11-server-Xvfb xdotool",
    "pacman": "xorg-server-xvfb xdotool",
}


def main() -> int:
    """Do the task named on the command line; return the exit status."""
    task, arguments = (sys.argv[1] if len(sys.argv) > 1 else ""), sys.argv[2:]
    tasks = {"run": run, "test": test, "bundle": bundle, "manual": manual, "release": release, "lock": lock}
    if task not in tasks:
        print(__doc__, file=sys.stderr)
        return 2
    if sys.version_info < WANTED:
        return with_newer_python()
    return tasks[task](arguments)


def run(arguments: "list[str]") -> int:
    """Start the program, in place of this process where the system can."""
    set_up("run")
    command = [str(PYTHON), "-m", "maskeditor", *arguments]
    if WINDOWS:
        return subprocess.call(command)
    return os.execv(command[0], command)


#: What the quick tests leave out, as pytest's -m takes it.
QUICK = "not slow and not realdata and not xvfb"


def test(arguments: "list[str]") -> int:
    """Run all checks; the quick ones alone or with coverage, if that is the argument; or pytest alone with others."""
    set_up("dev")
    pytest = [str(PYTHON), "-m", "pytest"]
    checks = {
        "lint": [str(PYTHON), "-m", "ruff", "check"],
        "format": [str(PYTHON), "-m", "ruff", "format", "--check"],
        "types": [str(PYTHON), "-m", "mypy"],
    }
    if arguments == ["quick"]:
        return report(run_all(checks | parts([*pytest, "-q", "-m", QUICK])))
    if sys.platform.startswith("linux") and not (shutil.which("Xvfb") and shutil.which("xdotool")):
        why = "Xvfb or xdotool is missing: the tests that need a real X server will be skipped"
        install_system_packages(XVFB_PACKAGES, why)
    if not arguments:
        return report(run_all(checks | parts(pytest)))
    if arguments != ["coverage"]:
        return subprocess.call([*pytest, *arguments], cwd=str(ROOT))
    # To note each line that runs takes half as long again: it is for whoever looks for what no test sees.
    coverage = [str(PYTHON), "-m", "coverage"]
    # What a run that was stopped has left must not count.
    subprocess.call([*coverage, "erase"], cwd=str(ROOT))
    failed = run_all(checks | parts([*coverage, "run", "-m", "pytest"]))
    say("coverage")
    for step in (["combine", "--quiet"], ["report"]):
        subprocess.call([*coverage, *step], cwd=str(ROOT))
    return report(failed)


#: The folder that takes as long as all others together, and into how many parts its files are dealt out.
WINDOW, SHARES = "tests/ui", 3
#: Folders of tests, by the part that runs them; those that take longest first, so that all ends at about the same time.
PARTS = {
    "tests of operations": ["tests/ops"],
    "tests of the model": ["tests/architecture", "tests/model"],
    "tests of files and commands": [
        "tests/benchmarks",
        "tests/cli",
        "tests/fuzz",
        "tests/io",
        "tests/packaging",
        "tests/soak",
    ],
    "tests of engine and core": ["tests/core", "tests/engine"],
}


def parts(pytest: "list[str]") -> "dict[str, list[str]]":
    """Return runs of pytest that are all tests together, each test in one of them."""
    files = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / WINDOW).rglob("test_*.py"))
    runs = {
        "tests of the window, " + str(share + 1) + " of " + str(SHARES): [*pytest, *files[share::SHARES]]
        for share in range(SHARES)
    }
    runs.update({name: [*pytest, *folders] for name, folders in PARTS.items()})
    elsewhere = [WINDOW, *(folder for folders in PARTS.values() for folder in folders)]
    return {**runs, "other tests": [*pytest, *("--ignore=" + folder for folder in elsewhere)]}


def run_all(checks: "dict[str, list[str]]") -> "list[str]":
    """Run all checks, some at once; return the names of those that fail.

    What each has printed is shown at once, in the order in which they are given.
    """
    # One more than there are processors: tests of the window wait for timers a third of their time.
    at_once = 1 + max(2, os.cpu_count() or 1)
    say("running, " + str(at_once) + " at once: " + ", ".join(checks))
    failed = []
    with ThreadPoolExecutor(at_once) as pool:
        for name, (status, printed) in zip(checks, pool.map(ended, checks.values()), strict=True):
            say(name)
            sys.stdout.write(printed)
            if status:
                failed.append(name)
    return failed


def ended(command: "list[str]") -> "tuple[int, str]":
    """Run a command to its end; return its status and what it has printed."""
    done = subprocess.run(command, cwd=str(ROOT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def report(failed: "list[str]") -> int:
    """Name the checks that fail; return the exit status."""
    say("failed: " + ", ".join(failed) if failed else "all passed")
    return 1 if failed else 0


def bundle(arguments: "list[str]") -> int:
    """Make the bundle and its archive, and try them."""
    set_up("dev")
    folder = ROOT / "packaging"
    build = [str(PYTHON), "-m", "PyInstaller", "--noconfirm", "--log-level=WARN", *arguments]
    steps = [[*build, str(folder / "maskeditor.spec")]]
    steps += [[str(PYTHON), str(folder / name)] for name in ("archive.py", "smoke_test.py")]
    return one_after_another(steps)


def one_after_another(commands: "list[list[str]]") -> int:
    """Run commands until one fails; return its status."""
    for command in commands:
        status = subprocess.call(command, cwd=str(ROOT))
        if status:
            return status
    return 0


def manual(arguments: "list[str]") -> int:
    """Write the manual as a folder of pages, as Help shows it."""
    set_up("run")
    target = ROOT / "dist" / "manual"
    code = "import sys; from pathlib import Path; from maskeditor.manual import write_manual; "
    return subprocess.call([str(PYTHON), "-c", code + "print(write_manual(Path(sys.argv[1])))", str(target)])


def release(arguments: "list[str]") -> int:
    """Build what is published, check it as the index does, and try the wheel under every Python there is."""
    set_up("dev")
    tools, dist = ROOT / "build" / "release", ROOT / "dist"
    python = tools / ("Scripts/python.exe" if WINDOWS else "bin/python")
    if not python.exists():
        subprocess.check_call([str(PYTHON), "-m", "venv", str(tools)])
        subprocess.check_call([str(python), "-m", "pip", "install", "--quiet", "build", "twine"])
    for old in [*dist.glob("maskeditor-*.tar.gz"), *dist.glob("maskeditor-*.whl")]:
        old.unlink()
    if subprocess.call([str(python), "-m", "build", "--outdir", str(dist), str(ROOT)]):
        return 1
    (wheel,), (source,) = dist.glob("maskeditor-*.whl"), dist.glob("maskeditor-*.tar.gz")
    checks = [[str(python), "-m", "twine", "check", "--strict", str(wheel), str(source)]]
    checks += [[str(PYTHON), str(ROOT / "packaging" / "try_wheel.py"), str(wheel), *arguments]]
    return one_after_another(checks)


def lock(arguments: "list[str]") -> int:
    """Work out the pins of both lock files, for every system and Python; pins that still fit are kept."""
    set_up("run")
    pip("install", "--quiet", "uv")
    build = [
        str(PYTHON),
        "-m",
        "uv",
        "pip",
        "compile",
        "pyproject.toml",
        "--quiet",
        "--universal",
        "--generate-hashes",
    ]
    build += ["--python-version", ".".join(map(str, WANTED)), "--no-emit-index-url", "--no-emit-find-links"]
    build += ["--custom-compile-command", "make lock", "--group", "build", *arguments]
    extras = {"run": [], "dev": ["--extra", "dev", "--constraints", "packaging/lock.txt"]}
    for name, more in extras.items():
        status = subprocess.call([*build, *more, "--output-file", str(LOCKS[name].relative_to(ROOT))], cwd=str(ROOT))
        if status:
            return status
    return 0


def set_up(kind: str) -> None:
    """Make .venv hold what the lock file says and the project itself, unless its stamp says so already."""
    stamps = {name: VENV / f"maskeditor-{name}.stamp" for name in LOCKS}
    served = VENV / "maskeditor-qt.stamp"
    wanted = {name: fingerprint(LOCKS[name]) for name in {kind, "dev"}}
    if not PYTHON.exists() or not any(
        stamps[name].is_file() and stamps[name].read_text() == wanted[name] for name in wanted
    ):
        make_environment()
        for stamp in (*stamps.values(), served):
            if stamp.is_file():
                stamp.unlink()
        say("installing the pinned packages into .venv (the first time this takes a minute or two)")
        pip("install", "--no-deps", "--only-binary", ":all:", "--requirement", str(LOCKS[kind]))
        pip("install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))
        subprocess.call([str(PYTHON), "-m", "compileall", "-q", str(ROOT / "maskeditor")])
        stamps[kind].write_text(wanted[kind])
    if sys.platform.startswith("linux") and not served.is_file() and qt_is_served():
        served.touch()


def fingerprint(lock_file: Path) -> str:
    """Return what changes whenever something has to be installed anew."""
    parts = [lock_file.read_bytes(), (ROOT / "pyproject.toml").read_bytes(), str(VENV).encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def make_environment() -> None:
    """Make .venv, where there is none or its Python has gone."""
    if PYTHON.exists() and subprocess.call([str(PYTHON), "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0:
        return
    if not find_spec("venv") or not find_spec("ensurepip"):
        package = "python{}.{}-venv".format(*sys.version_info)
        installed = shutil.which("apt-get") and install_system_packages(
            {"apt-get": package}, "this Python cannot make virtual environments"
        )
        if not installed:
            sys.exit(f"This Python comes without venv; install it (Debian, Ubuntu: {package}) and try again.")
    say(f"making {VENV}")
    # A process of its own, which also sees a venv module that was installed just now.
    status = subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if status:
        sys.exit(f"{sys.executable} could not make {VENV}; see above, then try again.")


def pip(*arguments: str) -> None:
    """Run .venv's pip; leave with a sentence if it fails."""
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    if subprocess.call([str(PYTHON), "-m", "pip", "--disable-pip-version-check", *quiet, *arguments]):
        sys.exit("pip could not install what is wanted; see above, check the network and try again.")


def qt_is_served() -> bool:
    """True if the system has all libraries that Qt needs, or they could be installed."""
    missing = missing_libraries()
    if not missing:
        return True
    return install_system_packages(QT_PACKAGES, "Qt misses " + ", ".join(missing)) and not missing_libraries()


def missing_libraries() -> "list[str]":
    """Return the shared libraries that Qt's window parts ask for and this Linux does not have."""
    if not shutil.which("ldd"):
        return []
    qt = VENV.glob("lib/python*/site-packages/PyQt6")
    files = [path for folder in qt for pattern in QT_PARTS for path in folder.glob(pattern)]
    answer = subprocess.run(["ldd", *map(str, files)], capture_output=True, text=True, check=False).stdout
    return not_found(answer)


QT_PARTS = [
    "QtGui.*so",
    "QtWidgets.*so",
    "Qt6/plugins/platforms/libqxcb.so",
    "Qt6/plugins/platforms/libqoffscreen.so",
]


def not_found(ldd_answer: str) -> "list[str]":
    """Return the names that ldd could not find, each once."""
    return sorted({line.split()[0] for line in ldd_answer.splitlines() if line.endswith("=> not found")})


def install_system_packages(packages: "dict[str, str]", reason: str) -> bool:
    """Install with the system's package manager as root, else print the line to run; True if installed."""
    manager = next((name for name in packages if shutil.which(name)), None)
    if manager is None:
        say(f"{reason}; install it with this system's package manager")
        return False
    command = f"{INSTALLERS[manager]} {packages[manager]}"
    if os.geteuid() != 0:
        say(f"{reason}; to install it, run:\n    sudo {command}")
        return False
    say(f"{reason}; installing it")
    if manager == "apt-get":
        subprocess.call(["apt-get", "update", "-qq"])
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    if subprocess.call(command.split(), env=environment, stdout=subprocess.DEVNULL):
        say(f"this failed:\n    {command}")
        return False
    return True


def with_newer_python() -> int:
    """Find a Python that is new enough and start over with it."""
    names = ["python3"] + [f"python3.{minor}" for minor in range(20, WANTED[1] - 1, -1)]
    check = f"import sys; sys.exit(sys.version_info < {WANTED})"
    for name in names:
        found = shutil.which(name)
        if found and subprocess.call([found, "-c", check], stderr=subprocess.DEVNULL) == 0:
            return subprocess.call([found, *sys.argv])
    have, want = ".".join(map(str, sys.version_info[:3])), ".".join(map(str, WANTED))
    print(
        f"This is Python {have}, but maskeditor needs {want} or newer: install it and try again.",
        file=sys.stderr,
    )
    return 1


def say(text: str) -> None:
    """Print a line of the set-up's own, before anything that follows."""
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
