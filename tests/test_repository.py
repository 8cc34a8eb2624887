"""The repository holds to its own rules. Reads files, needs no database."""

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import load_command_class
from django.utils.module_loading import import_string

from imports import conf, doorbell, sql
from imports.alerts.limits import LIMITS
from imports.alerts.rules import RULES
from imports.flags import FLAGS, Flag
from imports.layouts import LAYOUTS, describe
from imports.layouts.canonical import LAYOUTS as CANONICAL_LAYOUTS
from imports.layouts.layout import Layout

PROJECT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "imports", "ingestion_site", "races", "stats")
FOLDERS = (*APPS, "docs", "samples", "templates", "tests", ".ci")
MODULE_LINES = 400

#: One-line statements that stand where they are sent; all other SQL has its places.
SQL_IN_CODE = {
    # Before the named blocks that an invariant reads from.
    ("imports/invariants.py", "WITH "),
    ("imports/pipeline/stage.py", "COPY {} ({}) FROM STDIN (FORMAT csv)"),
}
SQL_TEXT = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|COPY|SET|CREATE|ALTER|DROP|TRUNCATE"
    r"|ANALYZE|VACUUM|LOCK|DO|BEGIN|COMMIT|CALL)\s"
)
#: Put together, so that this file does not mention one.
HOME_OF_A_DEVELOPER = re.compile(
    "|".join(re.escape(f"/{name}/") for name in ("home", "Users", "root", "work"))
    + "|"
    + re.escape("C:" + "\\Users")
)


def _files(*suffixes: str) -> Iterator[Path]:
    """Give the text files of the repository, not what runs leave beside them."""
    yield from (path for path in PROJECT.iterdir() if path.suffix in suffixes)
    for folder in FOLDERS:
        for path in sorted((PROJECT / folder).rglob("*")):
            if path.is_file() and path.suffix in suffixes:
                yield path


def _modules(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders
        for path in sorted((PROJECT / folder).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def _name(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def _text(name: str) -> str:
    return (PROJECT / name).read_text()


def _docs() -> str:
    pages = [PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"]
    pages += sorted((PROJECT / "docs").rglob("*.md"))
    return "\n".join(page.read_text() for page in pages)


def _make_targets() -> list[str]:
    return re.findall(r"^([a-z-]+):.*## ", _text("Makefile"), re.MULTILINE)


def _commands() -> list[tuple[str, str]]:
    return [
        (app, path.stem)
        for app in APPS
        for path in sorted((PROJECT / app / "management" / "commands").glob("*.py"))
        if path.stem != "__init__"
    ]


@pytest.mark.parametrize("target", _make_targets())
def test_make_target_is_documented(target: str) -> None:
    pages = _text("README.md") + _text("CONTRIBUTING.md")

    assert re.search(rf"\bmake {target}(?![\w-])", pages)


def test_readme_names_the_test_command() -> None:
    assert re.search(r"^make test\b", _text("README.md"), re.MULTILINE)


@pytest.mark.parametrize(("app", "name"), _commands())
def test_command_has_help_and_is_documented(app: str, name: str) -> None:
    assert load_command_class(app, name).help
    assert re.search(rf"\b{name}\b", _docs())


def test_every_option_of_ingest_races_is_documented() -> None:
    parser = load_command_class("imports", "ingest_races").create_parser("", "")
    inherited = load_command_class("ingestion_site", "demo").create_parser("", "")

    ours = set(parser._option_string_actions) - set(inherited._option_string_actions)

    assert {name for name in ours if name not in _text("README.md")} == set()


def test_every_environment_variable_is_documented() -> None:
    code = _text("ingestion_site/settings.py") + _text("ingestion_site/lib/env.py")
    names = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', code))

    assert "DATABASE_URL" in names
    assert {name for name in names if f"`{name}`" not in _text("README.md")} == set()


def test_stage_table_names_modules_that_exist() -> None:
    table = importlib.import_module("imports.pipeline").__doc__ or ""
    cells = [line.split("|")[-2].strip() for line in table.splitlines() if "|" in line]
    modules = cells[2:]

    assert "manifest.py" in modules
    for module in modules:
        assert (PROJECT / "imports" / "pipeline" / module).exists(), module


def test_transactions_are_opened_in_their_places() -> None:
    opening = {
        _name(path)
        for path in _modules(*APPS)
        if re.search(r"\batomic\(", path.read_text())
    }

    assert "imports/pipeline/transactions.py" in opening
    assert {name for name in opening if not name.startswith("imports/actions/")} == {
        "imports/pipeline/transactions.py"
    }


def test_sql_has_its_places() -> None:
    found = {
        (_name(path), literal)
        for path in _modules(*APPS)
        if not _name(path).startswith("ingestion_site/lib/")
        for literal in _literals(path)
        if SQL_TEXT.match(literal)
    }

    assert found == SQL_IN_CODE


def _literals(path: Path) -> Iterator[str]:
    """Give the strings of a module that are not docstrings."""
    tree = ast.parse(path.read_text())
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.Expr)]
    docstrings = {id(node.value) for node in statements}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            yield from [node.value] if isinstance(node.value, str) else []


def test_every_named_statement_is_used() -> None:
    code = "".join(path.read_text() for path in _modules("imports"))
    blocks = "".join(path.read_text() for path in sorted(sql.FOLDER.glob("*.sql")))

    assert [
        name
        for name in sql.names()
        if f'"{name}"' not in code and f"-- include: {name}\n" not in blocks
    ] == []


@pytest.mark.parametrize("path", _modules(*APPS, "tests"), ids=_name)
def test_module_is_not_too_long(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MODULE_LINES


@pytest.mark.parametrize("path", doorbell.TASKS)
def test_task_path_resolves(path: str) -> None:
    assert callable(import_string(path))


def test_decisions_are_numbered() -> None:
    pages = sorted((PROJECT / "docs" / "adr").iterdir())
    numbers = [page.name[:4] for page in pages]
    titles = [page.read_text().splitlines()[0] for page in pages]

    assert numbers == [f"{number:04}" for number in range(1, len(pages) + 1)]
    for number, title in zip(numbers, titles, strict=True):
        assert title.startswith(f"# {number} "), title


def test_decisions_that_code_points_to_exist() -> None:
    held = {page.name[:4] for page in (PROJECT / "docs" / "adr").iterdir()}
    files = _files(".py", ".sql", ".txt", ".toml", ".html")

    named = {n for f in files for n in re.findall(r"docs/adr/(\d{4})", f.read_text())}

    assert named
    assert named <= held


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{_name(page)}: {target}"
        for page in _files(".md")
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert broken == []


def test_no_file_names_the_machine_of_a_developer() -> None:
    suffixes = (".py", ".sql", ".md", ".toml", ".txt", ".html", ".css", ".js", ".csv")
    extra = [PROJECT / "Makefile", PROJECT / ".env.example", PROJECT / ".ci" / "run"]
    naming = [
        _name(path)
        for path in [*_files(*suffixes), *extra]
        if HOME_OF_A_DEVELOPER.search(path.read_text())
    ]

    assert naming == []


def test_page_of_the_layouts_is_what_they_are() -> None:
    assert _text("docs/layouts.md") == describe.as_markdown(), "run `make docs`"


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_layout_says_what_it_is_for(layout: Layout) -> None:
    assert layout.about.endswith(".")


@pytest.mark.parametrize("layout", CANONICAL_LAYOUTS, ids=lambda layout: layout.name)
def test_columns_of_a_canonical_layout_are_those_of_its_section(layout: Layout) -> None:
    _, _, rest = _text("docs/files.md").partition(f"### {layout.name}\n")
    rows = [line for line in rest.partition("\n#")[0].splitlines() if line[:1] == "|"]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])}

    assert named == layout.required | layout.optional


@pytest.mark.parametrize("flag", Flag)
def test_flag_is_documented(flag: Flag) -> None:
    assert FLAGS[flag].effect
    assert f"`{flag}`" in _text("README.md")


@pytest.mark.parametrize("rule", [rule.name for rule in RULES])
def test_rule_of_alerts_is_documented(rule: str) -> None:
    assert f"| `{rule}` |" in _text("docs/operations.md")


@pytest.mark.parametrize("name", LIMITS)
def test_threshold_of_alerts_is_documented(name: str) -> None:
    assert f"`IMPORTS_ALERT_{name}`" in _text("docs/operations.md")


def test_settings_that_pages_name_exist() -> None:
    named = set(re.findall(r"\bIMPORTS_([A-Z_]+)\b", _docs()))

    assert named <= set(conf.DEFAULTS)
