"""Carry out the Dockerfile's steps without a Docker engine, and use what they made.

Paths of the image lie below a temporary folder; COPY copies only what .dockerignore lets through;
each RUN of the build stage runs in a shell with the image's environment. The other stage's RUN
makes an account and is not run. Then the entry point is used as a container would, as another user
than root where this is root: ``init``, ``serve``, the HEALTHCHECK, SIGTERM.

Not checked by this: the base image, its Python, the engine's own isolation. With ``--lend`` the
pinned packages are not downloaded either, but taken from an environment that has them.

    python deploy/check_dockerfile.py [--python PYTHON] [--lend SITE_PACKAGES] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent
# What the image has of its own; everything else in a step is the machine's.
_OF_THE_IMAGE = re.compile(r"(?<![\w./-])/(?=(?:opt/kith|build|var/lib/kith(?:-keys)?)\b)")
_UID = 10001
_READY_S = 60.0
_MDWE, _REFUSE_EXEC_GAIN = 65, 1  # prctl(2): what MemoryDenyWriteExecute= forbids


class Failed(Exception):
    """A step did not do what it does in a container."""


@dataclass(frozen=True)
class Instruction:
    """One instruction of a Dockerfile, its lines joined."""

    word: str
    rest: str

    @property
    def exec_form(self) -> list[str]:
        """The JSON form's words, after a HEALTHCHECK's options."""
        return [str(each) for each in json.loads(self.rest[self.rest.index("[") :])]


@dataclass
class Image:
    """The image as far as it is made: a folder, and what later steps inherit."""

    root: Path
    workdir: str = "/"
    environment: dict[str, str] = field(default_factory=dict)
    lent: Path | None = None

    def within(self, text: str) -> str:
        """Return a step's text with the image's paths below the folder."""
        return _OF_THE_IMAGE.sub(lambda _: f"{self.root}/", text)


def parse(text: str) -> list[list[Instruction]]:
    """Return the instructions of each stage, FROM first."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    stages: list[list[Instruction]] = []
    for line in filter(str.strip, joined.splitlines()):
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stages.append([])
        stages[-1].append(Instruction(word, " ".join(rest.split())))
    return stages


def let_through(ignore: str) -> set[str]:
    """Return the names that a .dockerignore of the kind "nothing but these" lets through."""
    lines = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    if lines[0] != "*":
        raise Failed(".dockerignore no longer begins by leaving everything out")
    return {line[1:] for line in lines if line.startswith("!")}


def build(
    stages: Sequence[Sequence[Instruction]], root: Path, python: str, lent: Path | None = None
) -> Image:
    """Carry out both stages below ``root``; return the image they make."""
    allowed = let_through((REPOSITORY / ".dockerignore").read_text(encoding="utf-8"))
    image = Image(root, lent=lent)
    for instruction in stages[0]:
        _step(image, instruction, allowed, python)
    final = Image(root)
    for instruction in stages[-1]:
        if instruction.word == "RUN":
            print(f"  not run here: {instruction.rest}")
            continue
        _step(final, instruction, allowed, python)
    return final


def _step(image: Image, instruction: Instruction, allowed: set[str], python: str) -> None:
    match instruction.word:
        case "WORKDIR":
            image.workdir = instruction.rest
            Path(image.within(image.workdir)).mkdir(parents=True, exist_ok=True)
        case "ENV":
            for pair in shlex.split(instruction.rest):
                name, _, value = pair.partition("=")
                image.environment[name] = image.within(value).replace("$PATH", os.environ["PATH"])
        case "COPY":
            _copy(image, instruction.rest, allowed)
        case "RUN":
            _run(image, instruction.rest, python)
        case "FROM" | "USER" | "VOLUME" | "EXPOSE" | "HEALTHCHECK" | "ENTRYPOINT" | "CMD":
            pass
        case unknown:
            raise Failed(f"{unknown} is new in the Dockerfile; teach this script what it does")


def _copy(image: Image, arguments: str, allowed: set[str]) -> None:
    *sources, target = arguments.split()
    if sources[0].startswith("--from="):
        if not Path(image.within(sources[1])).exists():
            raise Failed(f"the build stage made no {sources[1]}")
        return
    folder = Path(image.within(image.workdir))
    for source in sources:
        if source not in allowed:
            raise Failed(f".dockerignore keeps {source} away from the engine")
        _copy_one(REPOSITORY / source, folder / target)


def _copy_one(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    else:
        shutil.copy(source, target / source.name if target.is_dir() else target)


def _run(image: Image, text: str, python: str) -> None:
    if image.lent and "-r requirements.lock" in text:
        _lend(image, image.lent)
        return
    started, programs = time.monotonic(), image.root / "programs"
    programs.mkdir(exist_ok=True)
    link = programs / "python"
    if not link.exists():
        link.symlink_to(python)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    # Where packages come from is this machine's business, as the engine's network is there.
    machine = {name: value for name, value in os.environ.items() if not name.startswith("KITH_")}
    ended = subprocess.run(
        ["/bin/sh", "-ec", image.within(text)],
        cwd=image.within(image.workdir),
        env=machine | image.environment | {"PATH": path},
        check=False,
    )
    if ended.returncode:
        raise Failed(f"RUN {text}: exit {ended.returncode}")
    print(f"  {time.monotonic() - started:5.1f} s  {text}")


def _lend(image: Image, packages: Path) -> None:
    """Let the image's environment see packages that are installed elsewhere."""
    [own] = image.root.glob("opt/kith/lib/python*/site-packages")
    (own / "lent.pth").write_text(f"{packages}\n", encoding="utf-8")
    print(f"  not downloaded, but lent: the packages in {packages}")


# -- using it


def use(image: Image, stages: Sequence[Sequence[Instruction]]) -> None:
    """Do with the image what an operator does."""
    words = {instruction.word: instruction for instruction in stages[-1]}
    entry, command = words["ENTRYPOINT"].exec_form, words["CMD"].exec_form
    health = words["HEALTHCHECK"].exec_form
    data = Path(image.environment["KITH_DATA_DIR"])
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    environment = {
        **image.environment,
        "KITH_HOST": "127.0.0.1",
        "KITH_PORT": str(_free_port()),
        "KITH_TWILIO_NUMBER": "+15145550100",
        "KITH_TWILIO_API_URL": "http://127.0.0.1:1",  # nobody there: nothing leaves this machine
        "LC_ALL": "C.UTF-8",
    }
    entry[0] = str(image.root / "opt/kith/bin" / entry[0])
    user = _account(image.root, data, entry[0])
    made = _kith(
        [*entry, "init", "--handle", "wren", "--passphrase-stdin", "--json"],
        environment,
        user,
        b"seven quiet herons wade\n",
    )
    if not json.loads(made).get("backup_key"):
        raise Failed("kith init printed no backup key")
    print("  init works")
    _serve(entry + command, health, environment, user)


def _serve(
    command: list[str], health: list[str], environment: Mapping[str, str], user: int | None
) -> None:
    service = subprocess.Popen(
        command,
        env=environment,
        user=user,
        preexec_fn=_no_new_code,  # noqa: PLW1509  # there are no threads here
        cwd="/",
    )
    try:
        deadline = time.monotonic() + _READY_S
        while not _healthy(health, environment):
            if service.poll() is not None or time.monotonic() > deadline:
                raise Failed("the service did not become healthy")
            time.sleep(0.3)
        print("  serve becomes healthy, without memory that is writable and executable")
        service.send_signal(signal.SIGTERM)
        if service.wait(timeout=30) not in {0, -signal.SIGTERM}:
            raise Failed(f"the service ended with {service.returncode} on SIGTERM")
        print("  it ends on SIGTERM")
    finally:
        service.kill()
        service.wait()


def _account(root: Path, data: Path, program: str) -> int | None:
    """Return the account to run as: for root one that may write its data and nothing else."""
    if os.getuid():
        return None
    root.chmod(0o755)
    os.chown(data, _UID, _UID)
    try:
        subprocess.run([program, "--help"], check=True, user=_UID, capture_output=True, cwd="/")
    except (OSError, subprocess.CalledProcessError):
        print("  runs as root here: this Python is closed to other accounts")
        return None
    return _UID


def _kith(
    command: list[str], environment: Mapping[str, str], user: int | None, stdin: bytes
) -> bytes:
    ended = subprocess.run(
        command, env=environment, user=user, input=stdin, capture_output=True, check=False, cwd="/"
    )
    if ended.returncode:
        raise Failed(f"{command}: exit {ended.returncode}: {ended.stderr.decode()}")
    return ended.stdout


def _healthy(health: list[str], environment: Mapping[str, str]) -> bool:
    asked = subprocess.run(health, env=environment, capture_output=True, check=False)
    return asked.returncode == 0


def _no_new_code() -> None:
    """Forbid memory that is both writable and executable, where the kernel can."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_MDWE, _REFUSE_EXEC_GAIN, 0, 0, 0)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
    else:
        with tempfile.TemporaryDirectory(prefix="kith-image-") as made:
            yield Path(made).resolve()


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and use the image; return 1 where a step failed."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--python", default=sys.executable, help="the base image's python")
    options.add_argument("--lend", type=Path, help="site-packages to use instead of downloading")
    options.add_argument("--keep", type=Path, help="an empty folder to build in, and to keep")
    chosen = options.parse_args(arguments)
    stages = parse((REPOSITORY / "Dockerfile").read_text(encoding="utf-8"))
    with _folder(chosen.keep) as root:
        try:
            python = shutil.which(chosen.python) or chosen.python
            use(build(stages, root, python, chosen.lend), stages)
        except Failed as error:
            print(f"check_dockerfile: {error}", file=sys.stderr)
            return 1
    print("The Dockerfile's steps work.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
