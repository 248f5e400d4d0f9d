"""Building projects, housing, drivers of migration and events of 玉河区: what people decided, as facts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Project:
    """A row of the table of projects."""

    project: str
    name: str
    name_en: str
    school: str
    kind: str
    rooms: str
    status: str
    cost_yuan: int
    source: str
    opens: int | None = None
    certainty: float | None = None
    grades: str = ""
    seats_stated: int | None = None
    earliest: int | None = None
    depends_on: str = ""
    choice: str = ""
    """What a schedule may do with it; blank: see the column dictionary."""
    sites: str = ""
    sizes: str = ""
    lasts: int | None = None
    building_years: int | None = None
    room_yuan: int | None = None
    running_yuan: int | None = None
    approval: str = ""
    land: str = ""
    consent: str = ""
    development: str = ""
    receives: str = ""
    replaces: str = ""
    bus: str = ""
    one_of: str = ""
    at: tuple[float, float] | None = None
    """Where a new school will stand; other projects stand at their school. [km east, km north]"""


PROJECTS = (
    Project(project="xc3-new", name="新城第三小学新建", name_en="New Xincheng No. 3 Primary School", school="P31", kind="new",
            grades="1-6", rooms="12;24;36", seats_stated=1620, opens=2028, earliest=2028, status="started", certainty=0.9,
            cost_yuan=89_100_000, at=(3.4, 1.5), source="玉河区中小学布局规划(2025-2035) 项目1"),
    Project(project="xc2z-new", name="新城第二中学新建", name_en="New Xincheng No. 2 Junior High School", school="J13", kind="new",
            grades="7-9", rooms="10;20;30", seats_stated=1500, opens=2028, earliest=2028, status="approved", certainty=0.75,
            cost_yuan=84_000_000, at=(4.6, 3.4), source="玉河区中小学布局规划(2025-2035) 项目2"),
    Project(project="hx9-new", name="河西九年一贯制学校新建", name_en="New Hexi Nine-Year School", school="N05", kind="new",
            grades="1-9", rooms="12;24;36;45", seats_stated=2100, opens=2030, earliest=2029, status="idea", certainty=0.4,
            cost_yuan=121_800_000, at=(-2.2, -1.2), source="玉河区中小学布局规划(2025-2035) 储备项目1"),
    Project(project="p04-extension", name="柳堤小学教学楼扩建", name_en="Liudi Primary extension", school="P04", kind="expansion",
            rooms="6", seats_stated=270, opens=2029, earliest=2028, status="planned", certainty=0.6, cost_yuan=18_360_000,
            source="2026年教育项目储备表 第7项"),
    Project(project="j02-extension", name="第二中学教学楼扩建", name_en="No. 2 Junior High extension", school="J02", kind="expansion",
            rooms="5", seats_stated=250, opens=2028, earliest=2027, status="started", certainty=0.9, cost_yuan=17_000_000,
            source="2026年教育项目计划 第2项"),
    Project(project="j03-extension", name="第三中学综合楼扩建", name_en="No. 3 Junior High extension", school="J03",
            kind="expansion", rooms="3", seats_stated=150, opens=2028, earliest=2028, status="approved", certainty=0.85,
            cost_yuan=10_500_000, source="2026年教育项目计划 第3项"),
    Project(project="j01-extension", name="实验中学东院扩建", name_en="Experimental Junior High east court extension", school="J01",
            kind="expansion", rooms="4;5", seats_stated=250, opens=2028, earliest=2028, status="started", certainty=0.85,
            cost_yuan=17_500_000, source="2026年教育项目计划 第1项"),
    Project(project="j06-extension", name="新城第一中学三期", name_en="Xincheng No. 1 Junior High phase 3", school="J06",
            kind="expansion", rooms="12", seats_stated=647, opens=2027, earliest=2027, status="started", certainty=0.95,
            cost_yuan=36_000_000, source="2025年教育项目计划 第4项（新增班级12个，新增学位647个）"),
    Project(project="p10-relocation", name="书院街小学迁建", name_en="Shuyuan Street Primary relocation", school="P10",
            kind="relocation", rooms="9", seats_stated=405, opens=2028, earliest=2027, status="approved", certainty=0.7,
            cost_yuan=74_250_000, at=(0.1, -0.9), one_of="书院街小学", source="玉河区中小学布局规划(2025-2035) 项目5"),
    Project(project="j07-fit-out", name="云湖中学四楼装饰装修", name_en="Yunhu Junior High fourth-floor fit-out", school="J07",
            kind="fit_out", rooms="6", seats_stated=300, opens=2027, earliest=2027, status="fitting_out", certainty=0.95,
            cost_yuan=3_900_000, source="2026年教育项目计划 第6项"),
    Project(project="j05-conversion", name="原玉河职业班校舍改造为滨河中学西院",
            name_en="Conversion of an idle vocational building for Binhe Junior High", school="J05", kind="conversion", rooms="3",
            seats_stated=150, opens=2028, earliest=2027, status="approved", certainty=0.8, cost_yuan=3_900_000,
            source="2026年教育项目计划 第8项"),
    Project(project="n01-conversion", name="育才学校小学部教室改作初中部", name_en="Yucai primary rooms turned to junior use",
            school="N01", kind="conversion", rooms="2", seats_stated=100, opens=2029, earliest=2028, status="idea", certainty=0.5,
            cost_yuan=1_600_000, source="2026年教育项目储备表 第9项"),
    Project(project="j04-temporary", name="第四中学过渡教室", name_en="No. 4 Junior High temporary classrooms", school="J04",
            kind="temporary", rooms="3;3;3;3;0", seats_stated=150, opens=2028, earliest=2027, status="planned", certainty=1.0,
            cost_yuan=1_350_000, source="区教体局2026年第12次办公会纪要"),
    Project(project="p30-closure", name="石门小学撤并至南庄镇中心小学", name_en="Closure of Shimen Primary", school="P30",
            kind="closure", rooms="-10", opens=2029, earliest=2028, status="idea", certainty=0.5, cost_yuan=0,
            depends_on="p21-upgrade", consent="2028", receives="P21", bus="yes", running_yuan=150_000,
            source="乡村学校布局调整征求意见稿 第3条"),
    Project(project="p21-upgrade", name="南庄镇中心小学食堂及宿舍提升", name_en="Nanzhuang Central Primary canteen upgrade",
            school="P21", kind="upgrade", rooms="0", opens=2027, earliest=2027, status="started", certainty=1.0,
            cost_yuan=6_800_000, source="2026年教育项目计划 第11项"),
    Project(project="xc4-new", name="新城第四小学新建", name_en="New Xincheng No. 4 Primary School", school="P32", kind="new",
            grades="1-6", rooms="12;24", sizes="12;24 | 12;24;36", sites="B149;B152;B209", seats_stated=1080, status="planned",
            choice="free", approval="2027", land="2027", cost_yuan=57_240_000, at=(4.8, 2.2),
            source="玉河区中小学布局规划(2025-2035) 储备项目2（三处备选用地）"),
    Project(project="yh9-new", name="云湖九年一贯制学校新建（配建）", name_en="New Yunhu Nine-Year School (by a developer)",
            school="N06", kind="new", grades="1-9", rooms="12;24;36", seats_stated=1680, status="planned", choice="free",
            development="H10", land="yes", cost_yuan=92_400_000, at=(5.4, -1.1),
            source="紫荆湖岸地块国有建设用地使用权出让公告 配建条款（与首期住宅同步交付）"),
    Project(project="hd-junior-new", name="河东初级中学新建", name_en="New Hedong Junior High School", school="J14", kind="new",
            grades="7-9", rooms="24", sizes="18 | 24 | 30", seats_stated=1200, status="idea", choice="free", land="2028",
            cost_yuan=67_200_000, at=(-0.4, 2.7), source="玉河区中小学布局规划(2025-2035) 储备项目3"),
    Project(project="j02-idle", name="原河西职业中专两栋闲置校舍改造为第二中学南院",
            name_en="Conversion of two idle buildings for No. 2 Junior High", school="J02", kind="conversion", rooms="12",
            seats_stated=600, status="planned", choice="free", building_years=1, cost_yuan=10_000_000,
            source="2026年教育项目储备表 第3项"),
    Project(project="j04-wing", name="第四中学教学楼扩建", name_en="No. 4 Junior High extension", school="J04", kind="expansion",
            rooms="6", sizes="6 | 12", seats_stated=300, status="planned", choice="free", approval="2027", room_yuan=3_170_000,
            cost_yuan=19_020_000, source="2026年教育项目储备表 第4项"),
    Project(project="j01-temporary", name="实验中学过渡教室", name_en="Experimental Junior High temporary classrooms", school="J01",
            kind="temporary", rooms="6", lasts=5, seats_stated=300, status="idea", choice="free", cost_yuan=2_700_000,
            source="2026年教育项目储备表 第5项"),
    Project(project="n02-wing", name="新城实验学校综合楼扩建", name_en="Xincheng Experimental School extension", school="N02",
            kind="expansion", rooms="9", seats_stated=420, status="idea", choice="free", cost_yuan=28_530_000,
            source="2026年教育项目储备表 第6项"),
    Project(project="p02-wing", name="第一小学教学楼扩建", name_en="Yuhe No. 1 Primary extension", school="P02", kind="expansion",
            rooms="8", seats_stated=360, status="idea", choice="free", cost_yuan=24_480_000,
            source="2026年教育项目储备表 第8项"),
    Project(project="p10-rebuilt", name="书院街小学整体迁建（先建后拆）", name_en="Shuyuan Street Primary rebuilt on a new site",
            school="P33", kind="new", grades="1-6", rooms="30", seats_stated=1350, status="idea", choice="free", replaces="P10",
            land="2028", one_of="书院街小学", cost_yuan=74_250_000, at=(0.1, -0.9),
            source="玉河区中小学布局规划(2025-2035) 项目5 比选方案"),
    Project(project="t02-closure", name="东沟教学点并入石桥镇中心小学", name_en="Donggou point merged into Shiqiao Central Primary",
            school="T02", kind="closure", rooms="-5", status="idea", choice="free", consent="2028", receives="P17", bus="yes",
            running_yuan=150_000, cost_yuan=0, source="乡村学校布局调整征求意见稿 第4条"),
    Project(project="t04-closure", name="沙河口教学点并入青泉镇九年一贯制学校", name_en="Shahekou point merged into Qingquan Nine-Year",
            school="T04", kind="closure", rooms="-5", opens=2029, certainty=0.4, status="idea", consent="no", receives="N03",
            bus="yes", running_yuan=150_000, cost_yuan=0, source="乡村学校布局调整征求意见稿 第5条（多数家长不同意）"),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Development:
    """A housing development: phases as (day of hand-over, dwellings, certainty)."""

    development: str
    name: str
    at: tuple[float, float]
    kind: str
    children_per_dwelling: float | None
    phases: tuple[tuple[str, int, float], ...]


HOUSING = (
    Development(development="H01", name="云湖天境", at=(6.0, 0.9), kind="high-rise", children_per_dwelling=0.05, phases=(
        ("2024-06-30", 420, 1.0), ("2025-09-30", 380, 1.0), ("2027-06-30", 460, 0.9), ("2028-12-31", 400, 0.7))),
    Development(development="H02", name="锦绣澜湾", at=(6.5, 1.6), kind="mid-rise", children_per_dwelling=0.055, phases=(
        ("2025-06-30", 260, 1.0), ("2026-06-30", 280, 1.0), ("2028-06-30", 300, 0.8))),
    Development(development="H03", name="星河时代", at=(5.3, 3.3), kind="high-rise", children_per_dwelling=0.05, phases=(
        ("2024-12-31", 360, 1.0), ("2026-12-31", 360, 0.95), ("2028-12-31", 340, 0.75), ("2030-06-30", 320, 0.5))),
    Development(development="H04", name="翠屏华府", at=(4.2, 3.2), kind="high-rise", children_per_dwelling=None, phases=(
        ("2025-12-31", 340, 1.0), ("2027-12-31", 340, 0.85))),
    Development(development="H05", name="金桂书香里", at=(4.6, 1.6), kind="mid-rise", children_per_dwelling=0.06, phases=(
        ("2026-09-30", 240, 0.95), ("2027-09-30", 220, 0.9))),
    Development(development="H06", name="湖滨公馆", at=(6.7, -0.4), kind="low-rise", children_per_dwelling=0.045, phases=(
        ("2027-12-31", 180, 0.8), ("2029-06-30", 200, 0.6), ("2031-06-30", 220, 0.4))),
    Development(development="H07", name="祥云新苑（回迁安置）", at=(4.3, -0.9), kind="resettlement", children_per_dwelling=0.07,
                phases=(("2024-10-31", 520, 1.0), ("2026-10-31", 480, 0.95))),
    Development(development="H08", name="新城人才公寓", at=(3.4, 1.3), kind="rental", children_per_dwelling=0.03, phases=(
        ("2026-03-31", 600, 1.0), ("2029-12-31", 400, 0.5))),
    Development(development="H09", name="泰和府", at=(-2.1, -0.7), kind="high-rise", children_per_dwelling=0.045, phases=(
        ("2027-03-31", 240, 0.9), ("2029-03-31", 220, 0.6))),
    Development(development="H10", name="紫荆湖岸", at=(5.4, -0.9), kind="high-rise", children_per_dwelling=0.05, phases=(
        ("2027-10-31", 360, 0.8), ("2029-10-31", 360, 0.6), ("2031-10-31", 300, 0.4))),
    Development(development="H11", name="西关安置小区", at=(-1.9, -2.2), kind="resettlement", children_per_dwelling=0.07, phases=(
        ("2027-09-30", 280, 0.95), ("2028-06-30", 240, 0.9))),
    Development(development="H12", name="南门里旧改", at=(0.9, -1.7), kind="resettlement", children_per_dwelling=0.07, phases=(
        ("2027-06-30", 220, 0.95), ("2028-06-30", 160, 0.9))),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Driver:
    """A row of the table of drivers of migration."""

    driver: str
    name: str
    kind: str
    area: str
    since: int
    children: int
    low: int
    high: int
    ages: tuple[int, int]
    source: str
    until: int | None = None
    certainty: float | None = None
    include: str = ""
    """no: counts only in scenarios that name it."""
    status: str = ""


DRIVERS = (
    Driver(driver="permit-points", name="居住证积分入学放宽", kind="residence_permit", area="新城街道", since=2027, children=60,
           low=35, high=95, ages=(6, 11), certainty=0.6, include="no", status="migrant",
           source="玉河区流动人口居住证积分入学实施办法（征求意见稿） 第九条"),
    Driver(driver="old-town-move", name="河东片区棚改外迁", kind="relocation", area="河东街道", since=2027, until=2029, children=-45,
           low=-70, high=-25, ages=(3, 11), certainty=0.7, include="no", source="玉河区2026-2028年棚户区改造计划 片区2"),
    Driver(driver="old-town-move", name="河东片区棚改外迁", kind="relocation", area="云湖街道", since=2027, until=2029, children=45,
           low=25, high=70, ages=(3, 11), certainty=0.7, include="no", source="玉河区2026-2028年棚户区改造计划 片区2"),
    Driver(driver="talent-quota", name="人才引进子女入学定额", kind="talent", area="新城街道", since=2024, children=20, low=20, high=20,
           ages=(6, 6), source="玉河区高层次人才子女入学服务细则 第四条（每年20个起始年级学位）"),
)  # fmt: skip
