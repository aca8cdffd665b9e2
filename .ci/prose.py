"""Searches comments, messages and documents for wordings that the project avoids, and fails if it finds any.

In code it reads comments and string literals of at least three words, in Markdown everything outside of code. Text in backticks is
code. The doc comment of a function begins with a verb in the third person. A line of `.ci/prose-allowed` is a phrase that is
accepted: a name or a quotation.
"""

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

FOLDERS = (".ci/", "src/", "tests/", "benches/", "docs/", "migrations/", "openapi/")
SUFFIXES = (".rs", ".md", ".py", ".js", ".ts", ".sh", ".sql")
EXCLUDED = (".ci/prose.py",)

CLAUSE = r"(?:What|Who|Whose|Where|Whoever|Whatever|Wherever)\b(?![^.?]*\?)"
TICS = {
    "tell": r"(?<!can )\b(?:tell|tells|told)\b",
    "kept": r"\bkept\b(?!-alive| up to date)",
    "stands": r"\b(?:stands|stood) (?:in|at|there|beside|against|twice|on)\b|\bas it stood\b",
    "anew": r"\banew\b",
    "as many as": r"\b(?:as (?:many|large|long|much|old) as|no more than|so many)\b(?! (?:the|it|they|you|a|one)\b)",
    "but for": r"\b(?:but|save) for\b",
    "whoever": r"\b(?:whoever|whatever|wherever|whichever|whomever)\b",
    "there is none": r"\bthere (?:is|are) none\b|\bis no \w+ of\b|\bis none\b|\bnone of ours\b",
    "goes on": r"\b(?:go|goes|went) on\b|\b(?:take|takes|took|taken) up\b",
    "those that": r"\b(?:those that|those who|of those)\b",
    "as a whole": r"\bas a whole\b(?! number)",
    "clause as subject": rf"(?:^|(?<=[.;:] )){CLAUSE}",
    "comment that repeats": r"^(?:That of|The same|As (?:many|large|long)|How (?:many|much|long|often))\b",
    "where there is": r"\bwhere (?:there|it|that|one|some|nobody)\b",
    "is asked for": r"\b(?:is|was|were|are) asked (?:for|of)\b",
    "word that": r"\bword that\b",
    "by for with": r"\b[Rr]eplaces? (?:[^.\s]+ ){1,6}by\b",
    "of its own": r"\bof (?:its|their) own\b",
    "the most": r"^The most\b|\bat most\.$",
    "notes that": r"\bNotes (?:that|a|how)\b",
    "so many": r"\bso (?:often|few)\b",
    "archaic": r"\bfor ever\b|\bbe it\b|\bwhich of them\b|\bdo(?:es)? not matter what\b",
    "nobody": r"\b(?:nobody|somebody|everybody)\b(?!@)",
    "gives": r"\b(?:that|which) \w+ gives\b",
    "is to be": r"\b(?:is|are) to (?!be\b)\w+(?= (?:the|it|them|on|in|from|what)\b)",
}
SLASHES = re.compile(r"^\s*(?://[/!]?)(?: (.*))?$")
HASH = re.compile(r"^\s*#(?: (.*))?$")
DASHES = re.compile(r"^\s*--(?: (.*))?$")
DOUBLE_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
ALL_QUOTED = re.compile(r"""(?:"|'|`)((?:[^"'`\\\n]|\\.)*)(?:"|'|`)""")
VERB = re.compile(r"[A-Z][a-z]+s\b")


def covered():
    names = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split()
    return [name for name in names if is_covered(name)]


def is_covered(name):
    if "/" not in name:
        return name.endswith(".md") or name == "build.rs"
    if not name.startswith(FOLDERS) or name in EXCLUDED:
        return False
    return name.endswith(SUFFIXES) or "." not in Path(name).name and Path(name).read_bytes().startswith(b"#!")


def paragraphs_of_code(text, comment, strings):
    """Yields the line and the text of each comment and message."""
    start, words = 0, []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        found = comment.match(line)
        if found and found[1]:
            start = start or number
            words.append(found[1])
        elif words:
            yield start, " ".join(words)
            start, words = 0, []
    code = "\n".join(" " * len(line) if comment.match(line) else line for line in text.split("\n"))
    for string in strings.finditer(code):
        message = re.sub(r"\\\n\s*|\n", " ", string[1])
        if len(message.split()) >= 3:
            yield code.count("\n", 0, string.start()) + 1, message


def descriptions_of_functions(text):
    """Yields the line and the text of each doc comment of a function, except handlers, whose comments are their summaries."""
    for found in re.finditer(r"((?:^ *///.*\n)+)(?: *#\[.*\]\n)* *(?:pub(?:\(\S+\))? )?(?:const |async )?fn ", text, re.MULTILINE):
        words = " ".join(line.strip()[3:].strip() for line in found[1].splitlines())
        yield text.count("\n", 0, found.start()) + 1, words


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


def paragraphs_of(name, text):
    if name.endswith(".md"):
        return paragraphs_of_markdown(text)
    if name.endswith(".rs"):
        return paragraphs_of_code(text, SLASHES, DOUBLE_QUOTED)
    if name.endswith((".js", ".ts")):
        return paragraphs_of_code(text, SLASHES, ALL_QUOTED)
    if name.endswith(".sql"):
        return paragraphs_of_code(text, DASHES, ALL_QUOTED)
    return paragraphs_of_code(text, HASH, DOUBLE_QUOTED)


def main():
    files = covered()
    if sys.argv[1:] == ["--files"]:
        print("\n".join(files))
        return
    allowed = [line for line in Path(".ci/prose-allowed").read_text().splitlines() if line and not line.startswith("#")]
    counts, found = Counter(), []
    for name in files:
        text = Path(name).read_text()
        for line, paragraph in paragraphs_of(name, text):
            counts["paragraphs"] += 1
            paragraph = re.sub(r"`[^`]*`", "`…`", paragraph)
            for phrase in allowed:
                paragraph = paragraph.replace(phrase, "…")
            for tic, pattern in TICS.items():
                for match in re.finditer(pattern, paragraph):
                    around = paragraph[max(0, match.start() - 40):match.end() + 40]
                    found.append(f"{name}:{line}: {tic}: {around}")
        for line, description in descriptions_of_functions(text) if name.endswith(".rs") else ():
            if not VERB.match(description):
                found.append(f"{name}:{line}: verb first: {description[:80]}")
    for line in found:
        print(line)
    print(f"prose: {len(files)} files, {counts['paragraphs']} paragraphs, {len(found)} to rewrite")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
