"""The commands' names, options and help; what they do stands in one module each, imported when a command runs."""

from __future__ import annotations

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

import click

from planner.cli.coordinates import crs_option, datum_option
from planner.cli.explaining import explain_option
from planner.cli.usage import (
    Command,
    Grade,
    Group,
    Picture,
    Probability,
    Whole,
    Wholes,
    Word,
    Years,
    help_option,
    option,
)
from planner.words import LANGUAGES, say

if TYPE_CHECKING:
    from collections.abc import Callable

WHATS = ("gap", "entry-gap", "odds", "years", "entry-years", "chart", "slider")
"""What `map` draws."""


def _does(module: str, **fixed: str) -> Callable[..., Any]:
    """Return a callback that imports `planner.cli.<module>` only when its command runs."""

    def callback(**options: Any) -> Any:
        options.pop("lang")
        return import_module(f"planner.cli.{module}").command(**fixed, **options)

    return callback


def _argument(name: str, metavar: str, *, many: bool = False) -> click.Argument:
    return click.Argument([name], required=True, nargs=-1 if many else 1, metavar=metavar)


def _lang() -> click.Option:
    return option(
        "--lang", say("Language of everything shown; PLANNER_LANG sets it too."), type=Word(LANGUAGES)
    )


def _command(name: str, module: str, text: str, *parameters: click.Parameter, **fixed: str) -> click.Command:
    return Command(
        name,
        callback=_does(module, **fixed),
        help=text,
        params=[*parameters, _lang(), help_option()],
        add_help_option=False,
    )


@click.pass_context
def _without_command(ctx: click.Context, **_: object) -> None:
    """Show the help, as an error, where no command is named."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(2)


def _version_option() -> click.Option:
    def show(ctx: click.Context, _: click.Parameter, asked: object) -> None:
        if asked:
            click.echo(f"planner {metadata.version('school-catchment-planner')}")
            ctx.exit()

    return option(
        "--version",
        say("Show the version."),
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=show,
    )


def planner_command() -> click.Group:
    """Return the command group, its help said in the current language."""
    commands = [
        _new(),
        _import(),
        _check(),
        _run(),
        _exceed(),
        _compare(),
        _map(),
        _backtest(),
        _ledger(),
        _schema(),
    ]
    return Group(
        "planner",
        help=say("Plan school places: who will come, which school they belong to, where seats fall short."),
        commands={command.name: command for command in commands if command.name},
        params=[_lang(), _version_option(), help_option()],
        add_help_option=False,
        invoke_without_command=True,
        callback=_without_command,
    )


def _scenario() -> click.Argument:
    return _argument("scenario", say("SCENARIO"))


def _draws() -> click.Option:
    return option(
        "--draws",
        say("Number of draws; the scenario's when not given."),
        metavar=say("NUMBER"),
        type=Whole(1, 100_000),
    )


def _json() -> click.Option:
    return option("--json as_json", say("Print JSON."), is_flag=True)


def _replace() -> click.Option:
    return option("--replace", say("Replace the run that the folder holds."), is_flag=True)


def _year(text: str, *, required: bool = False) -> click.Option:
    return option("--year", text, metavar=say("YEAR"), type=Whole(1, 9999), required=required)


def _new() -> click.Command:
    return _command(
        "new",
        "making",
        say("Make an empty district with example rows and a description of its columns."),
        _argument("folder", say("FOLDER")),
    )


def _many(name: str, text: str, metavar: str) -> click.Option:
    return option(name, text, metavar=metavar, multiple=True)


def _import() -> click.Command:
    return _command(
        "import",
        "importing",
        say(
            "Make a clean district of a pile of files: folders, GeoPackages, workbooks, single tables. Figures are never changed, and the files are left as they are. What was done stands in import-log.txt."
        ),
        _argument("piles", say("FILES ..."), many=True),
        option(
            "--out",
            say("District to write: a folder, or a file that ends in .gpkg; must be given."),
            metavar=say("DISTRICT"),
            required=True,
        ),
        option("--replace", say("Replace the district that is there."), is_flag=True),
        _many(
            "--table",
            say(
                "Which table a file, layer or sheet is whose name does not say it, as points.shp=schools or book.xlsx:Sheet1=enrolment; nothing after the sign leaves it out. May be given several times."
            ),
            say("FILE[:LAYER]=TABLE"),
        ),
        _many(
            "--column",
            say(
                "Which column of the dictionary a column of the files is, as enrolment.count=pupils. May be given several times."
            ),
            say("TABLE.THEIRS=OURS"),
        ),
        crs_option(),
        datum_option(),
        _many(
            "--stage",
            say(
                "Stage of catchments drawn as zones that do not say it, of all files or of one, as east.shp=primary."
            ),
            say("[FILE=]STAGE"),
        ),
        _many(
            "--since",
            say("First school year of catchments drawn as zones that do not say it, as --stage."),
            say("[FILE=]YEAR"),
        ),
        option("--nearest", say("Give blocks that lie in no zone to the nearest one."), is_flag=True),
        option(
            "--policy",
            say("Shipped policy to plan by, written into the district."),
            metavar=say("POLICY"),
        ),
        option(
            "--fix",
            say(
                "Repair shapes, never figures: points drawn twice; rings that cross themselves, where the area changes by no more than 0.1 % or 10 m2; parts of blocks up to 20 m2; gaps and overlaps of blocks narrower than 1 m, or up to 20 m2; borders that do not meet point by point. No border moves by more than 1 m, or 5 m beside a gap or overlap up to 20 m2. Schools up to 30 m outside every block are told of and left."
            ),
            is_flag=True,
        ),
        option(
            "--tolerance",
            say("As --fix, but with gaps and overlaps closed, and borders moved, up to this width: 1 to 10."),
            metavar=say("METRES"),
            type=Whole(1, 10),
        ),
        option(
            "--recipe",
            say(
                "TOML file that holds the same as these options; what is given here counts besides, or instead."
            ),
            metavar=say("FILE"),
        ),
    )


def _check() -> click.Command:
    return _command(
        "check",
        "checking",
        say("List all that is wrong or odd in a district; exit code 1 when there is an error."),
        _argument("district", say("DISTRICT")),
        option(
            "--policy",
            say("Policy profile or file; the district's own when not given."),
            metavar=say("POLICY"),
        ),
        crs_option(),
        datum_option(),
        explain_option(),
        _json(),
    )


def _run() -> click.Command:
    return _command(
        "run",
        "running",
        say("Run a scenario: forecast, plan, simulate; write tables, maps, GeoPackage and workbook."),
        _scenario(),
        option("--out", say("Folder to write; runs/NAME when not given."), metavar=say("FOLDER")),
        _replace(),
        _draws(),
        option("--maps/--no-maps", say("Whether to draw maps and charts; they are drawn."), default=True),
    )


def _exceed() -> click.Command:
    return _command(
        "exceed",
        "exceeding",
        say("Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."),
        _scenario(),
        option(
            "--grade",
            say("Grade as a number, or any; must be given."),
            metavar=say("GRADE"),
            type=Grade(),
            required=True,
        ),
        _year(say("School year by its autumn; must be given."), required=True),
        option(
            "--cap",
            say("Class size; the policy's when not given."),
            metavar=say("NUMBER"),
            type=Whole(1, 200),
        ),
        option(
            "--level",
            say("Probability from which a school is named; 0.2 when not given."),
            metavar=say("SHARE"),
            type=Probability(),
            default=0.2,
        ),
        _many(
            "--school schools",
            say("Ask about this school alone, by id or name. May be given several times."),
            say("SCHOOL"),
        ),
        _many(
            "--area areas",
            say(
                "Ask about the schools of this street or town, as the schools' area names it. May be given several times."
            ),
            say("AREA"),
        ),
        option(
            "--until",
            say("Ask about all school years up to this one too: each, at least one of them, all of them."),
            metavar=say("YEAR"),
            type=Whole(1, 9999),
        ),
        option(
            "--in-a-row",
            say("Ask about so many autumns in a row, from --year on or anywhere up to --until: 2 to 30."),
            metavar=say("NUMBER"),
            type=Whole(2, 30),
        ),
        option(
            "--drivers",
            say("Find where the uncertainty comes from; takes some seconds, as it draws anew for each part."),
            is_flag=True,
        ),
        option(
            "--track-record",
            say(
                "Find what forecasts of the last three autumns would have said, and what came; takes some seconds, as they are made again."
            ),
            is_flag=True,
        ),
        option("--levers", say("Find what brings each school below the level."), is_flag=True),
        option("--out", say("Folder for the answer, its tables and pictures."), metavar=say("FOLDER")),
        _replace(),
        _draws(),
        _json(),
    )


def _compare() -> click.Command:
    return _command(
        "compare",
        "comparing",
        say("Run scenarios on the same draws and show how they differ from the first."),
        _argument("scenarios", say("SCENARIO SCENARIO ..."), many=True),
        _year(say("Only this school year in tables and maps; the sentences tell of all years.")),
        option(
            "--out",
            say("Folder for every table, a workbook, and maps of what moves and changes."),
            metavar=say("FOLDER"),
        ),
        _replace(),
        _draws(),
        option("--maps/--no-maps", say("Whether to draw maps; they are drawn."), default=True),
        option("--all every", say("Show every figure that differs, table by table."), is_flag=True),
        _json(),
    )


def _map() -> click.Command:
    return _command(
        "map",
        "drawing",
        say(
            "Draw one map or chart of a scenario as PNG or SVG, or a page with a slider over the years as HTML."
        ),
        _scenario(),
        option(
            "--out",
            say("File to write: .png or .svg, .html for the slider; must be given."),
            metavar=say("FILE"),
            type=Picture(),
            required=True,
        ),
        option(
            "--what",
            say(
                "What to draw: the seat gap of a stage, which is so when not given, or of its starting grade, in one year or over the years; the odds of a class above its cap; pupils and seats as a chart; or a slider over the years."
            ),
            type=Word(WHATS),
            default="gap",
        ),
        option("--stage", say("Stage; the first when not given."), metavar=say("STAGE")),
        _year(say("School year; the first of the run when not given.")),
        option(
            "--by",
            say(
                "Colour catchments by who lives there, which is so when not given, or by who comes to the school."
            ),
            type=Word(("catchment", "school")),
            default="catchment",
        ),
        option(
            "--school",
            say("School of the chart; the whole district when not given."),
            metavar=say("SCHOOL"),
        ),
        option(
            "--grade",
            say("Grade of the odds; the starting grade of the stage when not given."),
            metavar=say("GRADE"),
            type=Whole(0, 30),
        ),
        _draws(),
    )


def _backtest() -> click.Command:
    return _command(
        "backtest",
        "backtesting",
        say(
            "Forecast again at past autumns with what was known then, and show how good numbers and odds were."
        ),
        click.Argument(["district"], required=False, metavar=say("[DISTRICT]")),
        option(
            "--policy",
            say("Policy profile or file; the district's own when not given."),
            metavar=say("POLICY"),
        ),
        option(
            "--ledger",
            say("Ledger file of official forecasts; the district's table forecasts when not given."),
            metavar=say("FILE"),
        ),
        option(
            "--enrolment",
            say(
                "Instead of a district, plain counts as .csv or .csv.gz: unit_id, year, grade, enrollment, or a district's table enrolment."
            ),
            metavar=say("FILE"),
        ),
        option(
            "--births",
            say("Births as .csv or .csv.gz: area_id, year (of the cohort), births."),
            metavar=say("FILE"),
        ),
        option(
            "--birth-lag",
            say("Years from a birth cohort to the autumn of its entry; 5 when not given."),
            metavar=say("NUMBER"),
            type=Whole(0, 10),
        ),
        option(
            "--areas",
            say("Which area of births a unit is in: unit_id, area_id; units of the same id when not given."),
            metavar=say("FILE"),
        ),
        option(
            "--entry",
            say("Entry grade of plain counts, as K or 1; must be given with them."),
            metavar=say("GRADE"),
        ),
        option(
            "--origins",
            say("Last autumns known, as 2010:2015; all that leave enough when not given."),
            metavar=say("YEARS"),
            type=Years(),
        ),
        option(
            "--leads",
            say("Years ahead, as 1,2,3,5; these when not given."),
            metavar=say("NUMBERS"),
            type=Wholes(1, 15),
            default="1,2,3,5",
        ),
        option(
            "--cap",
            say(
                "Class size of the question whether another class is needed; the policy's when not given, 25 for plain counts."
            ),
            metavar=say("NUMBER"),
            type=Whole(1, 200),
        ),
        option(
            "--draws",
            say("Number of draws, 100 at least; 2000 when not given."),
            metavar=say("NUMBER"),
            type=Whole(100, 100_000),
            default=2000,
        ),
        option(
            "--seed",
            say("Seed of the draws; 1 when not given."),
            metavar=say("NUMBER"),
            type=Whole(0, 10**9),
            default=1,
        ),
        option("--out", say("Folder for forecasts, scores and the picture."), metavar=say("FOLDER")),
        _replace(),
        _json(),
    )


def _ledger() -> click.Command:
    verbs = [
        _command(
            "add",
            "ledger",
            say("Add the forecast of a run folder to a ledger: the mean of every school and grade, by year."),
            _argument("run", say("RUN")),
            option(
                "--to",
                say("Ledger to add to: a CSV file, such as forecasts.csv of a district; must be given."),
                metavar=say("FILE"),
                required=True,
            ),
            option("--replace", say("Replace what the ledger has of the same autumn made in."), is_flag=True),
            verb="add",
        ),
        _command(
            "show",
            "ledger",
            say("Show how good the forecasts of a ledger were, as far as their years have been counted."),
            _argument("district", say("DISTRICT")),
            option(
                "--ledger",
                say("Ledger file of official forecasts; the district's table forecasts when not given."),
                metavar=say("FILE"),
            ),
            verb="show",
        ),
    ]
    return Group(
        "ledger",
        help=say("Keep every year's official forecast, and score it when its years have been counted."),
        commands={verb.name: verb for verb in verbs if verb.name},
        params=[_lang(), help_option()],
        add_help_option=False,
        invoke_without_command=True,
        callback=_without_command,
    )


def _schema() -> click.Command:
    return _command("schema", "schema", say("Print the JSON Schema of scenario files, for editors."))
