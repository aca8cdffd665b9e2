"""Searches comments, messages and documents for wordings that the project avoids, and fails if it finds any.

In Rust files it reads comments and string literals of at least three words, in Markdown everything outside of code. Text in
backticks is code. A line of `.ci/prose-allowed` is a phrase that is accepted: a name or a quotation.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

COVERED = ("src/model/", "src/records/", "src/editing/", "src/exporting/", "src/formats/", "src/digest.rs", "src/web/", "src/api/", "src/cli/", "src/keys.rs", "src/settings.rs", "src/server.rs", "src/lib.rs", "src/main.rs")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "docs/README.md", "docs/analyst.md",
             "docs/front-end.md", "docs/integrator.md", "docs/settings.md", "docs/stability.md")

CLAUSE = r"(?:What|Who|Whose|Where|Whoever|Whatever|Wherever)\b(?![^.?]*\?)"
TICS = {
    "tell": r"\b(?:tell|tells|told)\b",
    "kept": r"\bkept\b(?!-alive| up to date)",
    "stands": r"\b(?:stands|stood) (?:in|at|there|for|beside|against|twice|on)\b|\bas it stood\b",
    "anew": r"\banew\b",
    "as many as": r"\b(?:as (?:many|large|long|much|old) as|no more than|so many)\b(?! (?:the|it|they|you|a|one)\b)",
    "but for": r"\b(?:but|save) for\b",
    "whoever": r"\b(?:whoever|whatever|wherever|whichever|whomever)\b",
    "there is none": r"\bthere (?:is|are) none\b|\bis no \w+ of\b|\bis none\b|\bnone of ours\b",
    "goes on": r"\b(?:go|goes|went) on\b|\b(?:take|takes|took|taken) up\b",
    "those that": r"\b(?:those that|those who|of those)\b",
    "as a whole": r"\bas a whole\b",
    "clause as subject": rf"(?:^|(?<=[.;:] )){CLAUSE}",
    "comment that repeats": r"^(?:That of|The same|As (?:many|large|long)|How (?:many|much|long|often))\b",
    "where there is": r"\bwhere (?:there|it|that|one|some|nobody)\b",
    "is asked for": r"\b(?:is|was|were|are) asked (?:for|of)\b",
    "word that": r"\bword that\b",
    "is to be": r"\b(?:is|are) to (?!be\b)\w+(?= (?:the|it|them|on|in|from|what)\b)",
}
COMMENT = re.compile(r"^\s*(?://[/!]?)(?: (.*))?$")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)


def covered():
    names = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if name in DOCUMENTS or name.startswith(COVERED) and name.endswith((".rs", ".md"))]


def paragraphs_of_rust(text):
    """Yields the line and the text of each comment and message, without tests."""
    start, words = 0, []
    for number, line in enumerate(text.split("\n"), 1):
        comment = COMMENT.match(line)
        if comment and comment[1]:
            start = start or number
            words.append(comment[1])
        elif words:
            yield start, " ".join(words)
            start, words = 0, []
    code = text.split("#[cfg(test)]")[0]
    code = re.sub(r"^\s*//.*$", lambda match: " " * len(match[0]), code, flags=re.MULTILINE)
    for string in STRING.finditer(code):
        message = re.sub(r"\\\n\s*", "", string[1])
        if len(message.split()) >= 3:
            yield code.count("\n", 0, string.start()) + 1, message


def paragraphs_of_markdown(text):
    blank = lambda match: re.sub(r"[^\n]", " ", match[0])
    text = re.sub(r"^```.*?^```$|^<!--.*?-->$", blank, text, flags=re.MULTILINE | re.DOTALL)
    start, words = 0, []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.startswith(">"):
            continue
        item = re.match(r"^\s*(?:#+|[-*]|\d+\.)\s", line)
        if words and (item or not line.strip() or line.startswith("|")):
            yield start, " ".join(words)
            start, words = 0, []
        if line.strip():
            start = start or number
            words.append(line[item.end():] if item else line.strip())


def main():
    files = covered()
    if sys.argv[1:] == ["--files"]:
        print("\n".join(files))
        return
    allowed = [line for line in Path(".ci/prose-allowed").read_text().splitlines() if line and not line.startswith("#")]
    counts, found = Counter(), []
    for name in files:
        text = Path(name).read_text()
        paragraphs = paragraphs_of_rust(text) if name.endswith(".rs") else paragraphs_of_markdown(text)
        for line, paragraph in paragraphs:
            counts["paragraphs"] += 1
            paragraph = re.sub(r"`[^`]*`", "`…`", paragraph)
            for phrase in allowed:
                paragraph = paragraph.replace(phrase, "…")
            for tic, pattern in TICS.items():
                for match in re.finditer(pattern, paragraph):
                    around = paragraph[max(0, match.start() - 40):match.end() + 40]
                    found.append(f"{name}:{line}: {tic}: {around}")
    for line in found:
        print(line)
    print(f"prose: {len(files)} files, {counts['paragraphs']} paragraphs, {len(found)} to rewrite")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
