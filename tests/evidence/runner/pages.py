"""The pages made from the results: evidence/README.md, evidence/index.html, and a block in each README.

Nothing in them comes from anywhere but the JSON files, so they can be made again at any time and checked by a test.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tests.evidence.runner.record import Figure, Record

CHECKOUT = Path(__file__).resolve().parents[3]
RESULTS = CHECKOUT / "evidence"
START, END = "<!-- evidence -->", "<!-- /evidence -->"
HEADLINES = 3  # of a proof that names none itself


@dataclass(frozen=True)
class Words:
    proof: str
    shown: str
    goals: str
    all_met: str
    some_met: str
    unfinished: str
    at_least: str
    at_most: str
    nothing: str
    unmeasured: str
    language: str


ENGLISH = Words(
    proof="proof",
    shown="what it showed",
    goals="goals",
    all_met="all {total} met",
    some_met="**{missed} of {total} missed**",
    unfinished="**did not finish**",
    at_least="at least {}",
    at_most="at most {}",
    nothing="No full run has been kept yet: `make evidence`.",
    unmeasured="not measured",
    language="en",
)
CHINESE = Words(
    proof="验证",
    shown="结果",
    goals="目标",
    all_met="{total} 项全部达到",
    some_met="**{total} 项中 {missed} 项未达到**",
    unfinished="**未能完成**",
    at_least="不少于 {}",
    at_most="不超过 {}",
    nothing="还没有完整运行的结果：`make evidence`。",
    unmeasured="未测得",
    language="zh",
)
READMES = (("README.md", ENGLISH), ("README.zh-CN.md", CHINESE))


def write(folder: Path, *, there_are: Iterable[str] | None = None, root: Path = CHECKOUT) -> None:
    """Make every page anew. Results of proofs that are no more (`there_are`) are deleted first."""
    if there_are is not None:
        for path in folder.glob("*.json"):
            if path.stem not in set(there_are):
                path.unlink()
    for path, text in made(folder, root=root).items():
        path.write_text(text, encoding="utf-8")


def made(folder: Path, *, root: Path = CHECKOUT) -> dict[Path, str]:
    """Every page and what has to stand in it."""
    found = results(folder)
    pages = {folder / "README.md": markdown(found), folder / "index.html": html(found)}
    for name, words in READMES:
        readme = root / name
        pages[readme] = with_block(readme.read_text(encoding="utf-8"), block(found, words))
    return pages


def results(folder: Path) -> dict[str, Record]:
    return {path.stem: Record.load(path) for path in sorted(folder.glob("*.json"))}


def with_block(text: str, inside: str) -> str:
    before, start, rest = text.partition(START)
    _old, end, after = rest.partition(END)
    if not (start and end):
        raise ValueError(f"no block between {START} and {END}")
    return f"{before}{START}\n{inside}\n{END}{after}"


def block(found: dict[str, Record], words: Words) -> str:
    if not found:
        return words.nothing
    rows = [f"| {words.proof} | {words.shown} | {words.goals} |", "|---|---|---|"]
    for name, record in found.items():
        title = (record.title_zh if words is CHINESE else "") or record.title
        shown = "; ".join(_short(figure, words) for figure in headlines(record))
        rows.append(
            f"| [{_cell(title)}](evidence/README.md#{name}) | {_cell(shown)} | {verdict(record, words)} |"
        )
    return "\n".join(rows)


def headlines(record: Record) -> list[Figure]:
    """What the proof calls its headlines, and whatever it missed: a miss is never left out."""
    chosen = [f for f in record.figures if f.headline] or record.figures[:HEADLINES]
    return [f for f in record.figures if f in chosen or f in record.missed]


def verdict(record: Record, words: Words) -> str:
    if record.failed:
        return words.unfinished
    total = sum(figure.at is not None for figure in record.figures)
    missed = len(record.missed)
    return (words.some_met if missed else words.all_met).format(missed=missed, total=total)


def number(value: float | None, words: Words = ENGLISH) -> str:
    return words.unmeasured if value is None else f"{value:,}"


def bound(figure: Figure, words: Words = ENGLISH) -> str:
    if figure.at is None:
        return ""
    return (words.at_least if figure.at == "least" else words.at_most).format(number(figure.goal))


def markdown(found: dict[str, Record]) -> str:
    parts = [
        "# Evidence",
        "Made by `make evidence` from the JSON files beside this page. Times are those of the machine named with them.",
    ]
    parts += [ENGLISH.nothing] if not found else [_missed(found)]
    for name, record in found.items():
        parts.append(f'<a id="{name}"></a>\n\n## {record.title}')
        parts.append(_circumstances(record))
        if record.failed:
            parts.append(f"**It did not come to its end:** {record.failed}")
        if record.figures:
            parts.append("\n".join(_rows(record)))
        if record.notes:
            parts.append("\n".join(f"- {note}" for note in record.notes))
    return "\n\n".join(parts) + "\n"


def html(found: dict[str, Record]) -> str:
    cards = "\n".join(_card(name, record) for name, record in found.items())
    summary = ENGLISH.nothing.replace("`", "") if not found else _summary(found)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Evidence · Tuoyu Cloud</title>
<link rel="icon" href="../core/static/img/mark.svg">
<link rel="stylesheet" href="../core/static/css/tokens.css">
<link rel="stylesheet" href="../core/static/css/base.css">
<link rel="stylesheet" href="../core/static/css/data.css">
<link rel="stylesheet" href="page.css">
</head>
<body>
<main>
<h1>Evidence</h1>
<p>{escape(summary)}</p>
{cards}
</main>
</body>
</html>
"""


def _missed(found: dict[str, Record]) -> str:
    lines = [_summary(found)]
    for record in found.values():
        if record.failed:
            lines.append(f"- {record.title}: did not come to its end")
        lines += [
            f"- {record.title}: {f.id} {f.what}: {number(f.value)}, goal {bound(f)}"
            for f in record.missed
        ]
    return "\n".join([lines[0], "", *lines[1:]]) if len(lines) > 1 else lines[0]


def _summary(found: dict[str, Record]) -> str:
    figures = [figure for record in found.values() for figure in record.figures if figure.at]
    missed = sum(figure.met is False for figure in figures)
    broken = sum(bool(record.failed) for record in found.values())
    said = f"{len(found)} proofs, {len(figures)} goals"
    if not missed and not broken:
        return f"{said}, all met."
    unfinished = f" {broken} proofs did not finish." if broken else ""
    return f"{said}. Missed: {missed}.{unfinished}"


def _circumstances(record: Record) -> str:
    commit = record.commit[:10] or "no commit"
    changed = " with uncommitted changes" if record.dirty else ""
    short = " Short form." if record.short else ""
    return (
        f"`{record.command}` at {commit}{changed}, {record.started}, {record.seconds:g} s, "
        f"Python {record.python}, {record.machine}.{short}"
    )


def _rows(record: Record) -> list[str]:
    said: Callable[[Figure], str] = lambda f: {True: "met", False: "**missed**", None: ""}[f.met]  # noqa: E731
    return ["| | figure | value | goal | |", "|---|---|---|---|---|"] + [
        f"| {f.id} | {_cell(f.what)} | {number(f.value)} | {bound(f)} | {said(f)} |"
        for f in record.figures
    ]


def _card(name: str, record: Record) -> str:
    kind = "ok" if record.met else "danger"
    said = verdict(record, ENGLISH).strip("*")
    rows = "\n".join(
        f'<tr><td>{escape(f.id)}</td><td>{escape(f.what)}</td><td class="r num">{number(f.value)}</td>'
        f"<td>{bound(f)}</td><td>{_tag(f)}</td></tr>"
        for f in record.figures
    )
    failed = (
        f'<p><span class="tag danger">It did not come to its end</span> {escape(record.failed)}</p>'
        if record.failed
        else ""
    )
    notes = "".join(f"<li>{escape(note)}</li>" for note in record.notes)
    return f"""<section class="card" id="{name}">
<header><h2>{escape(record.title)}</h2><span class="end"><span class="tag {kind}">{escape(said)}</span></span></header>
<div class="body">
{failed}
<table class="table keep">
<thead><tr><th></th><th>figure</th><th class="r">value</th><th>goal</th><th></th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<ul>{notes}</ul>
</div>
<footer>{escape(_circumstances(record)).replace("`", "")}</footer>
</section>"""


def _tag(figure: Figure) -> str:
    if figure.met is None:
        return ""
    return (
        '<span class="tag ok">met</span>'
        if figure.met
        else '<span class="tag danger">missed</span>'
    )


def _short(figure: Figure, words: Words) -> str:
    what = (figure.zh if words is CHINESE else "") or figure.what
    goal = f" ({bound(figure, words)})" if figure.met is False else ""
    return f"{what}: {number(figure.value, words)}{goal}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
