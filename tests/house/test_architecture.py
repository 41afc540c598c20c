"""House rules the code keeps by itself: rooms, one direction, sizes, no hidden clocks, one writer of a case's state."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from escalation.permits import PERMITS

ROOT = Path(__file__).resolve().parents[2]
#: From the top down: a room may import from itself and from those after it.
ROOMS = ("portal", "feedback", "escalation", "cases")
MODULE, FUNCTION, TEMPLATE = 400, 60, 150
NO_ROOM = {"utils", "helpers", "common", "core", "services", "misc", "base", "tools", "lib", "signals"}

#: Who may see the rows of drills too without naming the case it holds: the engine's own bookkeeping.
SEES_DRILLS = {
    "escalation/mentions.py": "asks whether a person may open a case, whichever world it is of",
    "cases/models/worlds.py": "defines it",
    "cases/models/case.py": "defines it for cases",
    "cases/files/keeping.py": "gives a file to the case whose act it is, and takes away what waits",
    "cases/files/sweeping.py": "checks and takes away files whatever they belong to",
    "cases/erasing.py": "practice cases hold words of a person too",
    "cases/theirs.py": "files of a person, whichever world",
    "cases/chain.py": "the log is one chain, drills included",
    "escalation/audit.py": "what must hold holds of every row",
    "escalation/beside.py": "tasks and questions of practice cases fall due too",
    "escalation/verbs/beside.py": "tasks and questions of the case whose act it is",
    "escalation/level_tasks.py": "sets the tasks of the cases it was handed",
    "escalation/replay.py": "replays the cases it was given",
    "escalation/erasing.py": "letters about practice cases are erased too",
    "escalation/history.py": "writes imported cases with their events",
    "escalation/letters.py": "the letter of a notice it was handed",
    "escalation/outbox.py": "order of letters to one person",
    "escalation/store.py": "locks and writes",
    "escalation/sweep.py": "clocks of whatever case is due",
    "escalation/verbs/acting.py": "writes what was said",
    "escalation/verbs/filing.py": "a reference must be free in both worlds",
    "escalation/verbs/solving.py": "writes what was tried and the investigation",
    "escalation/verbs/staff.py": "writes outcomes, joins cases",
    "feedback/invitations.py": "the survey of the letter it writes",
    "feedback/surveys.py": "locks the case it was handed",
    "portal/keeping/erasing.py": "whatever is erased, in either world",
    "portal/management/commands/demo.py": "an empty database has no drills either",
    "portal/management/commands/verify_log.py": "how long the whole log is",
}
#: Everybody else may read the rows of one case they came by through `objects`: these say which.
OF_ONE_CASE = {"case", "case__in", "clock"}
#: The one place that may set accounts' joining time without being told: libraries make accounts, too.
READS_CLOCK = {"cases/models/people.py": 1}
#: The admin must be registered after the apps are ready; system checks likewise.
IMPORTS_INSIDE = {"portal/apps.py"}


@cache
def modules(*rooms: str) -> tuple[Path, ...]:
    found = [p for room in rooms or ROOMS for p in sorted((ROOT / room).rglob("*.py"))]
    return tuple(p for p in found if "migrations" not in p.parts and "__pycache__" not in p.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        return [node.module or ""]
    return []


def for_types_only(path: Path) -> set[ast.AST]:
    """What stands under `if TYPE_CHECKING:`, which never runs."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            found |= {inner for part in node.body for inner in ast.walk(part)}
    return found


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Each call with the last part of what is called: `timezone.now()` gives `now`."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, getattr(node.func, "attr", getattr(node.func, "id", ""))


ALL = [pytest.param(path, id=name(path)) for path in modules()]


def test_there_is_something_to_look_at():
    assert len(modules()) > 60
    assert all((ROOT / room / "__init__.py").exists() for room in ROOMS)


# --- Rooms


@pytest.mark.parametrize("path", ALL)
def test_imports_run_one_way(path):
    room = path.relative_to(ROOT).parts[0]
    above = ROOMS[: ROOMS.index(room)]
    only_types = for_types_only(path)
    for node in ast.walk(tree(path)):
        for module in imported(node):
            top = module.split(".")[0]
            assert top not in above or node in only_types, f"{name(path)}:{node.lineno} imports {module}"
            assert top != "tests", f"{name(path)}:{node.lineno} imports the suite"


@pytest.mark.parametrize("path", ALL)
def test_no_import_hides_inside_a_function(path):
    if name(path) in IMPORTS_INSIDE:
        return
    for function in functions(path):
        hidden = [n.lineno for n in ast.walk(function) if isinstance(n, ast.Import | ast.ImportFrom)]
        assert not hidden, f"{name(path)}:{hidden} in {function.name}"


def test_exceptions_to_rules_are_still_needed():
    for where in (*SEES_DRILLS, *READS_CLOCK, *IMPORTS_INSIDE):
        assert (ROOT / where).exists(), f"{where} is gone: take it off the list"


@pytest.mark.parametrize("path", ALL)
def test_no_name_that_names_no_room(path):
    parts = {Path(part).stem for part in path.relative_to(ROOT).parts}
    assert not parts & NO_ROOM, name(path)


def test_portal_has_no_models():
    assert not (ROOT / "portal" / "models.py").exists()
    for path in modules("portal"):
        bases = [ast.unparse(b) for n in ast.walk(tree(path)) if isinstance(n, ast.ClassDef) for b in n.bases]
        assert "models.Model" not in bases, name(path)


# --- Sizes and openings


@pytest.mark.parametrize("path", ALL)
def test_sizes(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= (MODULE if "styleguide" not in path.name else MODULE + 60), f"{name(path)} has {lines} lines"
    for function in functions(path):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION, f"{name(path)}:{function.lineno} {function.name} has {length} lines"


@pytest.mark.parametrize("path", [p for p in ALL if p.values[0].read_text().strip()])
def test_every_module_opens_with_a_sentence(path):
    said = ast.get_docstring(tree(path))
    assert said, name(path)
    assert said.split("\n\n")[0].rstrip().endswith((".", ":")), f"{name(path)}: {said.splitlines()[0]}"


TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("path", [pytest.param(p, id=name(p)) for p in TEMPLATES])
def test_templates_are_short_and_without_inline_style_or_script(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= TEMPLATE
    if path.parts[-2] == "mail":
        return  # a mail has no stylesheet to link to
    bare = re.sub(r"{#.*?#}|{% comment.*?endcomment %}|<!--.*?-->", "", text, flags=re.S)
    assert not re.search(r"<style\b", bare), "inline style"
    assert not re.search(r"""<[^>]+\sstyle\s*=""", bare), "style attribute"
    assert not re.search(r"""<[^>]+\son[a-z]+\s*=""", bare), "event attribute"
    assert not re.search(r"javascript:", bare, re.I)
    for tag in re.findall(r"<script\b[^>]*>", bare):
        assert "src=" in tag or 'type="application/json"' in tag, tag


# --- Time, actors, signals


@pytest.mark.parametrize("path", [p for p in ALL if not name(p.values[0]).startswith("portal/")])
def test_no_clock_is_read_below_portal(path):
    found = []
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = ast.unparse(node.value).rsplit(".", 1)[-1]
            if (owner, node.attr) in {
                ("timezone", "now"), ("timezone", "localtime"), ("timezone", "localdate"), ("datetime", "now"),
                ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time"),
            }:  # fmt: skip
                found.append(node.lineno)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Now", "TransactionNow"):
            found.append(node.lineno)
    assert len(found) == READS_CLOCK.get(name(path), 0), f"{name(path)}:{found}"


@pytest.mark.parametrize("path", ALL)
def test_no_signals(path):
    words = {n.id for n in ast.walk(tree(path)) if isinstance(n, ast.Name)}
    words |= {alias.name for n in ast.walk(tree(path)) if isinstance(n, ast.ImportFrom) for alias in n.names}
    forbidden = {"receiver", "pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "Signal"}
    assert not words & forbidden, f"{name(path)}: {words & forbidden}"


def test_verbs_take_actor_and_instant_by_name():
    for path in modules("escalation"):
        if "verbs" not in path.parts:
            continue
        for function in functions(path):
            if function.name in PERMITS or function.name == "file_case":
                named = {argument.arg for argument in function.args.kwonlyargs}
                assert {"by", "at"} <= named, f"{name(path)}: {function.name}"


# --- One writer of a case's state


@pytest.mark.parametrize("path", ALL)
def test_nothing_sets_a_case_s_state_but_its_moves(path):
    """`.update(state=...)` is for notices, where they are delivered, and for copies of one's data; never for a case."""
    notices = name(path) in ("escalation/outbox.py", "portal/keeping/copies.py")
    for node, called in calls(path):
        given = {keyword.arg for keyword in node.keywords}
        if called in ("update", "bulk_update", "update_or_create") and not notices:
            assert "state" not in given, f"{name(path)}:{node.lineno}"
        if called == "bulk_update":
            assert "state" not in ast.unparse(node), f"{name(path)}:{node.lineno}"
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                told = ast.unparse(target)
                assert not told.endswith("case.state"), f"{name(path)}:{node.lineno} sets {told}"


def test_only_the_turn_makes_a_move():
    """A call of a transition on a case anywhere else would move it without clocks, log and notices."""
    moves = {"climb", "ask_feedback", "wait_customer", "wait_partner", "return_down", "acknowledge", "escalate"}
    doors = {"escalation/verbs/staff.py", "escalation/verbs/customer.py"}
    for path in modules():
        for node, called in calls(path):
            owner = ast.unparse(node.func.value) if isinstance(node.func, ast.Attribute) else ""
            is_case = owner.split(".")[-1] in ("case", "fresh", "self.case")
            assert not (called in moves and is_case), f"{name(path)}:{node.lineno} {ast.unparse(node.func)}"
    source = (ROOT / "escalation" / "turn.py").read_text()
    assert source.count("getattr(self.case, decision.move)()") == 1
    assert doors <= {name(p) for p in modules("escalation")}


def test_only_these_write_events_and_clocks():
    # The last copies whole cases, and only into a scratch database.
    writers = {"escalation/store.py", "escalation/turn.py", "escalation/history.py", "portal/multiplying.py"}
    for path in modules():
        for node, _ in calls(path):
            told = ast.unparse(node.func)
            made = re.match(
                r"(Event|StageClock|Promise)(\.(objects|everything)\.(create|bulk_create|get_or_create))?$", told
            )
            assert not made or name(path) in writers, f"{name(path)}:{node.lineno} {told}"


def test_a_turn_takes_only_after_what_was_due():
    """An event written while something older is due leaves a case that nothing can be written on any more."""
    settle_first = {
        "escalation/verbs/acting.py",
        "escalation/sweep.py",
        "escalation/beside.py",
        "escalation/reaching.py",
    }
    first_of_all = {"escalation/verbs/filing.py", "escalation/history.py"}  # nothing can be due before them
    shown_only = {"portal/console/preview.py", "feedback/bulk.py"}
    found = {name(path) for path in modules() for node, _ in calls(path) if ast.unparse(node.func) == "turn.take"}
    assert found == settle_first | first_of_all | shown_only
    for one in settle_first:
        assert "turn.settle(" in (ROOT / one).read_text(), one


@pytest.mark.parametrize("path", ALL)
def test_only_the_engine_sees_drills(path):
    if name(path) in SEES_DRILLS:
        return
    uses = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Attribute) and n.attr == "everything"]
    scoped = [
        node
        for node, called in calls(path)
        if called == "filter"
        and getattr(getattr(node.func, "value", None), "attr", "") == "everything"
        and {keyword.arg for keyword in node.keywords} & OF_ONE_CASE
    ]
    assert len(uses) == len(scoped), f"{name(path)}:{[n.lineno for n in uses]} reads drills: use `objects`"


@pytest.mark.parametrize("path", ALL)
def test_save_names_its_fields(path):
    """`row.save()` writes every column back, what somebody else changed meanwhile included."""
    for node, called in calls(path):
        if called == "save" and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            given = {keyword.arg for keyword in node.keywords}
            passes_on = owner == "super()" or None in given
            ours = owner.split(".")[-1] not in ("form", "formset", "storage", "default_storage", "serializer", "image")
            fine = given & {"update_fields", "force_insert", "using", "commit"} or passes_on or node.args or not ours
            assert fine, f"{name(path)}:{node.lineno} {owner}.save()"


# --- Nothing of one machine


@pytest.mark.parametrize("path", [*modules(), *TEMPLATES, *sorted((ROOT / "docs").rglob("*.md"))], ids=name)
def test_no_path_of_one_machine(path):
    assert not re.search(r"(?<![\w.])/(work|root|home|tmp|opt)/", path.read_text(encoding="utf-8")), name(path)
