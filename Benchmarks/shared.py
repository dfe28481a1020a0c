"""What the benchmarks in Python have in common: the machine, the source, and tables between marks of a page."""

import os
import platform
import re
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
MEASUREMENTS = CHECKOUT / "docs/measurements"


def cpu():
    """The processor's name, as the system gives it."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def commit():
    """The full name of the source's commit; "unknown" outside a repository."""
    done = subprocess.run(["git", "-C", CHECKOUT, "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def run(words, ranks=1, realtime=False, **options):
    """Runs words, under mpirun where there are several ranks; ends this program where they fail."""
    words = [str(word) for word in words]
    if realtime:
        words = ["chrt", "-f", "50", *words]
    if ranks > 1:
        binding = ["--bind-to", "core"] if os.cpu_count() >= ranks else ["--oversubscribe", "--bind-to", "none"]
        words = ["mpirun", *binding, "-np", str(ranks), *words]
    # As launch/ does: mpirun lets root start ranks only when it is told so twice.
    rooted = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"} if os.geteuid() == 0 else {}
    done = subprocess.run(words, cwd=CHECKOUT, check=False, env=os.environ | rooted, **options)
    if done.returncode != 0:
        sys.exit(f"{Path(sys.argv[0]).parent.name}: ended with {done.returncode}: {' '.join(words)}")
    return done


def table(titles, rows):
    """The lines of a Markdown table."""
    return ["| " + " | ".join(titles) + " |", "|" + "---|" * len(titles), *("| " + " | ".join(row) + " |" for row in rows)]


def with_blocks(page, path, script, blocks):
    """A page's text with other lines between its marks; blocks: their lines by name."""
    for name, lines in blocks.items():
        begin, end = f"<!-- {name}: made by Benchmarks/{script}/run -->", f"<!-- end of {name} -->"
        pattern = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        if len(pattern.findall(page)) != 1:
            sys.exit(f"{script}: {path} must have the lines {begin} and {end} once, in this order")
        text = "\n".join([begin, *lines, end])
        page = pattern.sub(lambda _: text, page)
    return page
