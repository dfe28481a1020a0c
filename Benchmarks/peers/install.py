"""The peers' virtual environment, in the user's cache: each file of requirements by itself, so that one that fails takes no other along."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent / "requirements"
NAMES = ["numpy", "mpi4py", "jax", "torch"]


def gpu_is_there():
    return shutil.which("nvidia-smi") is not None


def file_of(name, gpu):
    own = REQUIREMENTS / f"{name}-gpu.txt"
    return own if gpu and own.exists() else REQUIREMENTS / f"{name}.txt"


def folder(gpu):
    """Another one for other requirements, or another Python."""
    text = sys.version + "".join(file_of(name, gpu).read_text() for name in NAMES)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "ddp-train" / f"peers-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def install(wanted, wheels, gpu):
    """Its Python, and why names of `wanted` are missing: the last that pip said."""
    place = folder(gpu)
    python = place / "bin/python"
    if not python.exists():
        say(f"making {place}")
        done = subprocess.run([sys.executable, "-m", "venv", place], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            shutil.rmtree(place, ignore_errors=True)
            print(f"peers: python3 -m venv failed: {last_line(done.stdout + done.stderr)}", file=sys.stderr)
            sys.exit(69)
    missing = {}
    for name in wanted:
        mark = place / f"{name}.installed"
        if mark.exists():
            continue
        say(f"installing {name}")
        where = ["--no-index", "--find-links", wheels] if wheels else []
        done = subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *where, "-r", file_of(name, gpu)],
                              capture_output=True, text=True, check=False)
        if done.returncode == 0:
            mark.touch()
        else:
            missing[name] = f"not installed: {last_line(done.stderr)}"
    return python, missing


def fetch(target, gpu):
    """Downloads everything for another machine with this Python and this kind of processor; prints the files."""
    for name in NAMES:
        done = subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--only-binary=:all:",
                               "-d", target, "-r", file_of(name, gpu)], check=False)
        if done.returncode != 0:
            print(f"peers: {name} cannot be fetched", file=sys.stderr)
    for wheel in sorted(Path(target).glob("*.whl")):
        print(f"{wheel.stat().st_size / 1e6:8.1f} MB  {wheel.name}")


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "without a word"


def say(text):
    print("peers:", text, file=sys.stderr, flush=True)
