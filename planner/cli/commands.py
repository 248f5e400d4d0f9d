"""The commands' names, options and help; what they do stands in one module each, imported when a command runs."""

from __future__ import annotations

from importlib import metadata

import click

from planner.cli.coordinates import crs_option, datum_option
from planner.cli.defining import (
    argument,
    command,
    draws_option,
    json_option,
    lang_option,
    many_option,
    replace_option,
    scenario_argument,
    without_command,
    year_option,
)
from planner.cli.explaining import explain_option
from planner.cli.openings_commands import (
    export_model_command,
    openings_command,
    schedule_command,
    site_command,
)
from planner.cli.usage import (
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
from planner.words import say

WHATS = ("gap", "entry-gap", "odds", "years", "entry-years", "chart", "slider")
"""What `map` draws."""


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
        site_command(),
        schedule_command(),
        openings_command(),
        _map(),
        export_model_command(),
        _backtest(),
        _ledger(),
        _schema(),
    ]
    return Group(
        "planner",
        help=say("Plan school places: who will come, which school they belong to, where seats fall short."),
        commands={each.name: each for each in commands if each.name},
        params=[lang_option(), _version_option(), help_option()],
        add_help_option=False,
        invoke_without_command=True,
        callback=without_command,
    )


def _new() -> click.Command:
    return command(
        "new",
        "making",
        say("Make an empty district with example rows and a description of its columns."),
        argument("folder", say("FOLDER")),
    )


def _import() -> click.Command:
    return command(
        "import",
        "importing",
        say(
            "Make a clean district of a pile of files: folders, GeoPackages, workbooks, single tables. Figures are never changed, and the files are left as they are. What was done stands in import-log.txt."
        ),
        argument("piles", say("FILES ..."), many=True),
        option(
            "--out",
            say("District to write: a folder, or a file that ends in .gpkg; must be given."),
            metavar=say("DISTRICT"),
            required=True,
        ),
        option("--replace", say("Replace the district that is there."), is_flag=True),
        many_option(
            "--table",
            say(
                "Which table a file, layer or sheet is whose name does not say it, as points.shp=schools or book.xlsx:Sheet1=enrolment; nothing after the sign leaves it out. May be given several times."
            ),
            say("FILE[:LAYER]=TABLE"),
        ),
        many_option(
            "--column",
            say(
                "Which column of the dictionary a column of the files is, as enrolment.count=pupils. May be given several times."
            ),
            say("TABLE.THEIRS=OURS"),
        ),
        crs_option(),
        datum_option(),
        many_option(
            "--stage",
            say(
                "Stage of catchments drawn as zones that do not say it, of all files or of one, as east.shp=primary."
            ),
            say("[FILE=]STAGE"),
        ),
        many_option(
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
    return command(
        "check",
        "checking",
        say("List all that is wrong or odd in a district; exit code 1 when there is an error."),
        argument("district", say("DISTRICT")),
        option(
            "--policy",
            say("Policy profile or file; the district's own when not given."),
            metavar=say("POLICY"),
        ),
        crs_option(),
        datum_option(),
        explain_option(),
        json_option(),
    )


def _run() -> click.Command:
    return command(
        "run",
        "running",
        say("Run a scenario: forecast, plan, simulate; write tables, maps, GeoPackage and workbook."),
        scenario_argument(),
        option("--out", say("Folder to write; runs/NAME when not given."), metavar=say("FOLDER")),
        replace_option(),
        draws_option(),
        option("--maps/--no-maps", say("Whether to draw maps and charts; they are drawn."), default=True),
        option(
            "--solver",
            say("Solver that proposes the plan, by PuLP's name for it; HiGHS when not given."),
            metavar=say("NAME"),
            default="HiGHS",
        ),
        option(
            "--seconds",
            say(
                "Time for the solver: the best plan known then is carried out, its gaps stand in goals.csv. As long as it takes when not given."
            ),
            metavar=say("NUMBER"),
            type=Whole(1, 1_000_000),
        ),
    )


def _exceed() -> click.Command:
    return command(
        "exceed",
        "exceeding",
        say("Will a grade exceed its class-size cap? Where, by how many, how sure, and what prevents it."),
        scenario_argument(),
        option(
            "--grade",
            say("Grade as a number, or any; must be given."),
            metavar=say("GRADE"),
            type=Grade(),
            required=True,
        ),
        year_option(say("School year by its autumn; must be given."), required=True),
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
        many_option(
            "--school schools",
            say("Ask about this school alone, by id or name. May be given several times."),
            say("SCHOOL"),
        ),
        many_option(
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
        replace_option(),
        draws_option(),
        json_option(),
    )


def _compare() -> click.Command:
    return command(
        "compare",
        "comparing",
        say("Run scenarios on the same draws and show how they differ from the first."),
        argument("scenarios", say("SCENARIO SCENARIO ..."), many=True),
        year_option(say("Only this school year in tables and maps; the sentences tell of all years.")),
        option(
            "--out",
            say("Folder for every table, a workbook, and maps of what moves and changes."),
            metavar=say("FOLDER"),
        ),
        replace_option(),
        draws_option(),
        option("--maps/--no-maps", say("Whether to draw maps; they are drawn."), default=True),
        option("--all every", say("Show every figure that differs, table by table."), is_flag=True),
        json_option(),
    )


def _map() -> click.Command:
    return command(
        "map",
        "drawing",
        say(
            "Draw one map or chart of a scenario as PNG or SVG, or a page with a slider over the years as HTML."
        ),
        scenario_argument(),
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
        year_option(say("School year; the first of the run when not given.")),
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
        draws_option(),
    )


def _backtest() -> click.Command:
    return command(
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
        replace_option(),
        json_option(),
    )


def _ledger() -> click.Command:
    verbs = [
        command(
            "add",
            "ledger",
            say("Add the forecast of a run folder to a ledger: the mean of every school and grade, by year."),
            argument("run", say("RUN")),
            option(
                "--to",
                say("Ledger to add to: a CSV file, such as forecasts.csv of a district; must be given."),
                metavar=say("FILE"),
                required=True,
            ),
            option("--replace", say("Replace what the ledger has of the same autumn made in."), is_flag=True),
            verb="add",
        ),
        command(
            "show",
            "ledger",
            say("Show how good the forecasts of a ledger were, as far as their years have been counted."),
            argument("district", say("DISTRICT")),
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
        params=[lang_option(), help_option()],
        add_help_option=False,
        invoke_without_command=True,
        callback=without_command,
    )


def _schema() -> click.Command:
    return command("schema", "schema", say("Print the JSON Schema of scenario files, for editors."))
