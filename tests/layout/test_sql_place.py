"""SQL stands in modules named queries.py: literal, lower-case, with explicit columns and numbered parameters."""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.layout.sources import Source, expect_none, planted, product

STATEMENT = re.compile(
    r"""\s*(?:
        select\s.+\sfrom\s | select\s+[\w.]+\( | insert\s+into\s | update\s+[\w."]+\s+(?:as\s+\w+\s+)?set\s
        | delete\s+from\s | with\s+(?:recursive\s+)?\w+\s*(?:\([\w,\s]*\)\s*)?as\s+(?:not\s+)?(?:materialized\s*)?\(
        | truncate\s+(?:table\s+)?\w | create\s+(?:or\s+replace\s+)?(?:unique\s+)?(?:table|index|view|function|policy)\s
        | (?:create|alter|drop)\s+(?:table|role|user|database|schema|extension|default|owned|index|view)\s
        | grant\s.+\sto\s | revoke\s.+\sfrom\s | set\s+(?:local|session|role)\s | listen\s+\w+$ | notify\s+\w+
        | copy\s+[\w."]+\s*(?:\(|from|to) | lock\s+table\s | explain\s | vacuum\b | merge\s+into\s
    )""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
KEYWORD = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|RETURNING|VALUES|JOIN|ORDER|GROUP|LIMIT|AND|OR|NOT|NULL)\b"
)
ALL_COLUMNS = re.compile(r"\b(?:select|returning)\s+(?:\w+\.)?\*|,\s*(?:\w+\.)\*", re.IGNORECASE)
QUOTED = re.compile(r"'(?:[^']|'')*'")
ALSO_HOME = {"platform/watchfloor/kernel/db.py": "sets the tenant's context; every queries.py stands on it"}
OTHER_PARAMETERS = re.compile(r"%s|%\(\w+\)s|(?<![\w:]):[a-z_]+\b(?!:)|\?(?=\s*[,)])|\{\w*\}")


def is_statement(text: str) -> bool:
    """Whether a text is SQL. A sentence begins with a capital letter and goes on in small ones."""
    return STATEMENT.match(text) is not None and not text.split(maxsplit=1)[0].istitle()


def is_home(source: Source) -> bool:
    return source.path.rsplit("/", 1)[-1] == "queries.py" or source.path in ALSO_HOME


def texts(source: Source) -> Iterator[tuple[ast.expr, str, bool]]:
    """Every string that is no docstring, and whether something is put into it."""
    quiet = {id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            quiet.add(id(node.value))
    for node in ast.walk(source.tree):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "x" for part in node.values)
            yield node, "".join(map(str, parts)), True
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in quiet:
            yield node, node.value, False


def misplaced(source: Source) -> list[str]:
    if is_home(source):
        return []
    return [source.fault(node, "SQL belongs in queries.py") for node, text, _ in texts(source) if is_statement(text)]


def ill_formed(source: Source) -> list[str]:
    if not is_home(source):
        return []
    faults: list[str] = []
    for node, written, composed in texts(source):
        if not is_statement(written):
            continue
        # What the statement itself quotes may be anything, such as the form of another statement.
        text = QUOTED.sub("''", written)
        checks = {
            "SQL is literal: nothing is put into it": composed,
            "keywords are lower-case": KEYWORD.search(text) is not None,
            "columns are named, not starred": ALL_COLUMNS.search(text) is not None,
            "parameters are $1, $2, ...": OTHER_PARAMETERS.search(text) is not None,
        }
        faults += [source.fault(node, rule) for rule, broken in checks.items() if broken]
    return faults + [source.fault(node, f"{name} is not a Final[LiteralString]") for node, name in untyped(source)]


def untyped(source: Source) -> Iterator[tuple[ast.AST, str]]:
    """Statements that are not an upper-case constant of the module, typed as literal."""
    for node in source.tree.body:
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and is_statement(str(node.value.value))
        ):
            yield node, ast.unparse(node.targets[0])
        elif isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
            name = ast.unparse(node.target)
            typed = ast.unparse(node.annotation) in ("Final[LiteralString]", "Final")
            if is_statement(str(node.value.value)) and not (typed and name.isupper()):
                yield node, name
    for call in ast.walk(source.tree):
        if isinstance(call, ast.Call):
            for argument in call.args:
                if isinstance(argument, ast.Constant) and is_statement(str(argument.value)):
                    yield call, "an inline statement"


def test_sql_stands_in_queries_modules() -> None:
    expect_none(fault for source in product() for fault in misplaced(source))


def test_sql_is_literal_lower_case_and_explicit() -> None:
    expect_none(fault for source in product() for fault in ill_formed(source))


@pytest.mark.parametrize(
    "text",
    [
        "Q = 'select id from wf.alerts'",
        'Q = """\n  SELECT id\n  FROM wf.alerts\n"""',
        "def f(tx, name):\n    return tx.fetch(f'select id from {name}')",
        "Q = 'insert into wf.alerts (id) values ($1)'",
        "Q = 'update wf.alerts set state = $1'",
        "Q = 'delete from wf.alerts'",
        "Q = 'with found as (select 1) select * from found'",
        "Q = 'truncate wf.alerts'",
        "Q = 'set local role wf_app'",
        "Q = 'grant select on wf.alerts to wf_app'",
        "Q = \"select set_config('wf.context', $1, true)\"",
        "Q = 'create table x (id int)'",
    ],
)
def test_each_planted_statement_is_found(text: str) -> None:
    assert misplaced(planted("platform/watchfloor/alerts/record.py", text))


@pytest.mark.parametrize(
    "text",
    [
        '"""Select the alerts from the table."""',
        "message = 'Select a feed from the list.'",
        "message = 'Update the rule, then set a window.'",
        "message = 'With care'",
        "message = 'Delete this feed?'",
        "message = 'Create the key first.'",
    ],
)
def test_sentences_pass(text: str) -> None:
    assert misplaced(planted("platform/watchfloor/alerts/record.py", text)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Q: Final[LiteralString] = 'SELECT id FROM wf.alerts'",
        "Q: Final[LiteralString] = 'select * from wf.alerts'",
        "Q: Final[LiteralString] = 'select a.id, a.* from wf.alerts a'",
        "Q: Final[LiteralString] = 'insert into wf.alerts (id) values ($1) returning *'",
        "Q: Final[LiteralString] = 'select id from wf.alerts where id = %s'",
        "Q: Final[LiteralString] = 'select id from wf.alerts where id = :id'",
        "Q: Final[LiteralString] = 'select id from {}'",
        "def f(name):\n    return f'select id from {name}'",
        "Q = 'select id from wf.alerts'",
        "q: Final[LiteralString] = 'select id from wf.alerts'",
        "Q: str = 'select id from wf.alerts'",
        "async def f(tx):\n    return await tx.fetch('select id from wf.alerts')",
    ],
)
def test_each_planted_ill_form_is_found(text: str) -> None:
    assert ill_formed(planted("platform/watchfloor/alerts/queries.py", text))


@pytest.mark.parametrize(
    "text",
    [
        "Q: Final[LiteralString] = 'select id, count(*) from wf.alerts where at > $1::timestamptz group by id'",
        "Q: Final[LiteralString] = 'select 2 * size from wf.files'",
        "async def f(tx):\n    return await tx.fetch(Q)",
    ],
)
def test_well_formed_sql_passes(text: str) -> None:
    assert ill_formed(planted("platform/watchfloor/alerts/queries.py", text)) == []
