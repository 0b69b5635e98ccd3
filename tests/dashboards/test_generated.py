"""What is committed is what the generator writes, and it keeps every rule."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboards import generate, page, palette, rules
from dashboards.asked import dashboards, every_query
from dashboards.lint import faults, panels_of, source_of
from dashboards.rules import FILE, RULES
from dashboards.rules import text as rules_text
from dashboards.source import DATASOURCE_TYPE, PUBLIC, PUBLISHED, QUERIES, STAFF, sql
from runtime.settings import ROOT

PROVISIONING = Path(generate.__file__).parent / "provisioning"
DASHBOARDS = dashboards()


def provisioned(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((PROVISIONING / kind / "quartiers.yaml").read_text(encoding="utf-8"))
    return found


def test_the_committed_json_is_what_the_generator_writes() -> None:
    for folder in (generate.GENERATED, generate.GENERATED_PUBLIC):
        committed = {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()}
        assert committed == generate.texts(folder), "lancez `quartiers dashboards`"
    assert FILE.read_text(encoding="utf-8") == rules_text(), "lancez `quartiers dashboards`"


def test_the_generator_removes_what_no_builder_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staff, public = tmp_path / "staff", tmp_path / "public"
    monkeypatch.setattr(generate, "GENERATED", staff)
    monkeypatch.setattr(generate, "GENERATED_PUBLIC", public)
    monkeypatch.setattr(rules, "FILE", tmp_path / "alerting" / "quartiers.json")
    staff.mkdir()
    (staff / "old.json").write_text("{}")
    generate.main()
    assert {file.name for file in public.iterdir()} == {"public.json"}
    assert rules.FILE.read_text(encoding="utf-8") == rules_text()
    assert {file.name for file in staff.iterdir()} == {f"{uid}.json" for uid in DASHBOARDS if uid != PUBLIC}


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_a_dashboard_keeps_every_rule(uid: str) -> None:
    assert faults(DASHBOARDS[uid]) == []


@pytest.mark.parametrize("uid", DASHBOARDS)
def test_panels_do_not_overlap_and_leave_no_hole_in_the_width(uid: str) -> None:
    taken: dict[tuple[int, int], int] = {}
    for panel in panels_of(DASHBOARDS[uid]):
        at = panel["gridPos"]
        for y in range(at["y"], at["y"] + at["h"]):
            for x in range(at["x"], at["x"] + at["w"]):
                assert (x, y) not in taken, f"{panel['id']} covers {taken[x, y]}"
                taken[x, y] = panel["id"]
    assert {x for x, _ in taken} == set(range(24))
    assert len(taken) == 24 * (1 + max(y for _, y in taken))


def test_every_file_of_sql_is_asked_by_a_panel_or_a_rule() -> None:
    asked = {one.sql for one in every_query()} | {sql(rule.query) for rule in RULES}
    for file in QUERIES.rglob("*.sql"):
        start = file.read_text(encoding="utf-8").strip().split(":window")[0]
        assert any(query.startswith(start) for query in asked), file


def test_links_lead_to_dashboards_that_exist() -> None:
    for uid, dashboard in DASHBOARDS.items():
        linked = {link["url"].split("?")[0] for link in dashboard["links"]}
        assert linked == {f"/d/{other}" for other in DASHBOARDS if PUBLIC not in (uid, other) and other != uid}
    assert page.TO_QUARTIER[1].startswith(f"/d/{page.QUARTIER}?")
    assert page.TO_INDICATEURS[1].startswith(f"/d/{page.INDICATEURS}?")


def test_a_link_carries_the_territory_into_the_variables_of_the_page_that_it_opens() -> None:
    for dashboard in DASHBOARDS.values():
        mine = {variable["name"] for variable in dashboard["templating"].get("list", [])}
        for link in dashboard["links"]:
            target, _, carried = link["url"].partition("?")
            theirs = {one["name"] for one in DASHBOARDS[target.removeprefix("/d/")]["templating"].get("list", [])}
            assert {pair.split("=")[0] for pair in carried.split("&") if pair} <= {f"var-{name}" for name in theirs}
            assert set(re.findall(r"\$\{(\w+)\}", carried)) <= mine
            assert bool(carried) == bool(mine and theirs), link["url"]


def test_departures_and_arrivals_have_one_colour_everywhere() -> None:
    wanted = {"Départs": palette.DEPARTURES, "Dép. 12 m": palette.DEPARTURES, "Dép. 90 j": palette.DEPARTURES}
    wanted |= {"Arrivées": palette.ARRIVALS, "Arr. 12 m": palette.ARRIVALS, "Arr. 90 j": palette.ARRIVALS}
    seen = set()
    for dashboard in DASHBOARDS.values():
        for panel in panels_of(dashboard):
            for override in panel.get("fieldConfig", {}).get("overrides", []):
                properties = {one["id"]: one["value"] for one in override["properties"]}
                name = override["matcher"]["options"]
                if name in wanted and properties["unit"] == "locale":
                    assert properties["color"] == {"mode": "fixed", "fixedColor": wanted[name]}, (panel["id"], name)
                    seen.add(name)
    assert seen == set(wanted)


def test_the_list_of_quartiers_is_in_the_order_of_codes_and_ranks_nothing() -> None:
    panel = next(one for one in panels_of(DASHBOARDS["region"]) if one["title"].startswith("Les 108 QPV"))
    assert panel["targets"][0]["rawSql"].endswith("ORDER BY qpv.code")
    assert not panel["options"].get("sortBy")


def test_a_map_asks_the_internet_nothing() -> None:
    (panel,) = (one for one in panels_of(DASHBOARDS["region"]) if one["type"] == "geomap")
    assert panel["options"]["basemap"]["config"]["url"].startswith("data:image/gif;base64,")
    assert "approximatives" in panel["description"]
    assert "http" not in json.dumps(panel)


def test_the_data_source_is_provisioned_with_fixed_names_and_the_role_that_sees_no_secret() -> None:
    (source,) = provisioned("datasources")["datasources"]
    assert (source["uid"], source["type"], source["user"]) == (STAFF.uid, DATASOURCE_TYPE, STAFF.role)
    assert source["editable"] is False
    assert source["url"] == "$QUARTIERS_GRAFANA_DATABASE"
    assert source["secureJsonData"]["password"] == "$QUARTIERS_GRAFANA_PASSWORD"
    assert source["jsonData"]["database"] == "$QUARTIERS_GRAFANA_DATABASE_NAME"
    assert (source["jsonData"]["sslmode"], source["jsonData"]["timescaledb"]) == ("disable", True)


def test_dashboards_are_provisioned_from_the_folder_that_the_runtime_names() -> None:
    (provider,) = provisioned("dashboards")["providers"]
    assert provider["options"]["path"] == "$QUARTIERS_DASHBOARDS"
    assert provider["folderUid"] == "quartiers"
    assert provider["allowUiUpdates"] is False


def test_the_public_dashboard_asks_the_source_that_reads_published_figures_only() -> None:
    folder = ROOT / "operations" / "services" / "grafana" / "public"
    (source,) = yaml.safe_load((folder / "datasources" / "published.yaml").read_text(encoding="utf-8"))["datasources"]
    assert (source["uid"], source["user"]) == (PUBLISHED.uid, PUBLISHED.role)
    (provider,) = yaml.safe_load((folder / "dashboards" / "published.yaml").read_text(encoding="utf-8"))["providers"]
    assert provider["options"]["path"] == "$QUARTIERS_DASHBOARDS"
    asked = [one for one in every_query() if one.uid == PUBLIC]
    assert asked
    assert source_of(DASHBOARDS[PUBLIC]) == PUBLISHED
