"""The table of docs/compatibility.md, made of the corpus."""
import re

BEGIN = "<!-- made by tests/clouds_yaml/oracle --write -->"
END = "<!-- end of what is made -->"


def text_of(rows):
    lines = [
        "| what | the controller's own entry | in a Secret | where openstacksdk differs |",
        "|---|---|---|---|",
    ]
    for row in rows:
        reasons = list(dict.fromkeys(case.because for case in row.cases if case.because))
        lines.append(f"| {row.key} | {row.own} | {row.secret or 'as its own'} | {'; '.join(reasons)} |")
    return "\n".join([BEGIN, *lines, END])


def section(page):
    return re.compile(re.escape(BEGIN) + ".*" + re.escape(END), re.S)


def write(page, rows):
    page.write_text(section(page).sub(lambda _: text_of(rows), page.read_text()))


def is_current(page, rows):
    return text_of(rows) in page.read_text()


def missing_keys(rows, keys):
    """The keys of the program that no row names, and the rows without a case."""
    named = set(re.findall(r"`([^`]+)`", " ".join(row.key for row in rows)))
    missing = [f"no row names {key}" for key in keys if key not in named]
    return missing + [f"no case shows {row.key}" for row in rows if not row.cases]
