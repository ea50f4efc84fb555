"""Reads the file `corpus`, whose head describes its form."""
import pathlib
import re


# A letter in Latin-1, as Python holds a byte that is not UTF-8.
LATIN = "\udce9"


def filled(text, values):
    return re.sub(r"@([A-Z]+)@", lambda match: (values | {"LATIN": LATIN})[match[1]], text)


class Case:
    def __init__(self, name):
        self.name = name
        self.files = {}
        self.variables = []
        self.region = None
        self.expected = ("same", "")
        self.because = ""
        self.secret = None
        self.log = ""
        self.at_login = False

    def write_files(self, folder, values):
        for name, lines in self.files.items():
            path = folder / filled(name, values)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(filled("".join(lines), values | {"HOME": str(folder.parent)}), errors="surrogateescape")


class Row:
    def __init__(self, key):
        self.key = key
        self.own = ""
        self.secret = ""
        self.cases = []


def read(path):
    rows = []
    lines = None  # of the file that is being read
    for number, line in enumerate(pathlib.Path(path).read_text().splitlines(keepends=True), 1):
        if line.startswith("    ") and lines is not None:
            lines.append(line[4:])
            continue
        text = line.strip()
        if not text or text.startswith("//"):
            continue
        lines = None
        word, _, rest = text.partition(" ")
        rest = rest.strip()
        if word == "#":
            rows.append(Row(rest))
        elif word == "##":
            case = Case(rest)
            rows[-1].cases.append(case)
        elif word in ("own", "secret-column"):
            setattr(rows[-1], "secret" if word == "secret-column" else "own", rest)
        elif word == "file":
            lines = case.files.setdefault(rest, [])
        elif word == "env":
            case.variables.append(rest.split("=", 1))
        elif word in ("same", "refused", "stricter", "wider", "differs"):
            case.expected = (word, rest)
        elif word == "refused-at-login":
            case.expected, case.at_login = ("refused", rest), True
        elif word in ("because", "region", "log"):
            setattr(case, word, rest)
        elif word == "secret":
            case.secret = (rest.startswith("refuses"), rest.partition(" ")[2])
        else:
            raise SystemExit(f"{path}:{number}: {word} is not known")
    for row in rows:
        for case in row.cases:
            if (case.expected[0] in ("stricter", "wider", "differs")) != bool(case.because):
                raise SystemExit(f"{case.name}: a difference, and only a difference, has a reason (because)")
    return rows
