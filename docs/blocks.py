"""Runs the blocks of a document, and compares their output with the expected output in the document.

`sh` blocks share one shell, `python` blocks one interpreter; a `js` block is a separate module. The address
http://127.0.0.1:8080, which documents use, stands for that of the server in BASE. A block that follows one that was run and
is `output`, `json` or `csv` says what that one prints: `…` is anything, and in JSON white space does not count.
"""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

WRITTEN = "http://127.0.0.1:8080"
BASE = os.environ["BASE"]
FENCE = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Failed(Exception):
    """A block did not do what its document says."""


class Shell:
    """A shell that runs until the end of its document."""

    END = "-- end of block --"

    def __init__(self, folder):
        self.script, self.complaints = Path(folder, ".block.sh"), Path(folder, ".complaints")
        # The shell does not read profiles, so that its environment comes only from the runner. The
        # progress that programs report is not part of their output.
        self.process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"], cwd=folder, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.complaints.open("w"),
        )

    def run(self, text):
        self.script.write_text("set -eo pipefail\n" + text)
        self.process.stdin.write(f". {self.script}; echo; echo '{self.END}'\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.strip() == self.END:
                return "".join(lines)
            lines.append(line)
        raise Failed("it ended with an error:\n" + "".join(lines) + self.complaints.read_text())


def run_python(text, names):
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            exec(compile(text, "block", "exec"), names)
    except Exception:
        raise Failed(printed.getvalue() + traceback.format_exc()) from None
    return printed.getvalue()


def run_js(text, folder):
    module = Path(folder, "block.mjs")
    module.write_text(text)
    done = subprocess.run(["node", module.name], cwd=folder, text=True, capture_output=True)
    if done.returncode:
        raise Failed(done.stdout + done.stderr)
    return done.stdout


def compare(kind, expected, printed):
    """Returns whether the output matches the expected one."""
    if kind == "json":
        expected, printed = ("".join(text.split()) for text in (expected, printed))
    else:
        expected, printed = ("\n".join(line.rstrip() for line in text.strip().splitlines()) for text in (expected, printed))
    pattern = ".*?".join(re.escape(piece) for piece in expected.split("…"))
    if not re.fullmatch(pattern, printed, re.DOTALL):
        raise Failed(f"it should print\n{expected}\nand prints\n{printed[:4000]}")


def run(document, text, folder):
    shell, names, printed, count, place = Shell(folder), {"__name__": "__main__"}, None, 0, ""
    for block in FENCE.finditer(text):
        kind, body = block[1], block[2]
        line = text.count("\n", 0, block.start()) + 1
        try:
            if kind in ("sh", "python", "js"):
                place = f"{document}:{line}"
                body = body.replace(WRITTEN, BASE)
                printed = shell.run(body) if kind == "sh" else run_js(body, folder) if kind == "js" else run_python(body, names)
                printed = printed.replace(BASE, WRITTEN)
                count += 1
            elif kind in ("output", "json", "csv") and printed is not None:
                compare(kind, body, printed)
                printed = None
            else:
                printed = None
        except Failed as failed:
            sys.exit(f"{place}: this block fails\n{failed}")
    print(f"{document}: {count} blocks")


if __name__ == "__main__":
    target = Path("target/tools/node/node_modules").resolve()
    text = Path(sys.argv[1]).read_text()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "node_modules").symlink_to(target)
        os.chdir(folder)
        run(sys.argv[1], text, folder)
