"""What a reader chooses at the top of a page, and how the choice goes with him from page to page.

Invariant: the pages of one territory of any level share the variables `niveau` and `territoire`; *Quartier* has
`departement` and `qpv`. A link turns the one pair into the other, so that the territory is kept.
"""

from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.builders import dashboard as sdk
from grafana_foundation_sdk.models import dashboard as kinds

from dashboards.source import source_of, sql

REGION = "region"
QUARTIER = "quartier"
TERRITOIRE = "territoire"
CARRIED = {
    (QUARTIER, TERRITOIRE): "?var-niveau=qpv_2024&var-territoire=${qpv}",
    (TERRITOIRE, TERRITOIRE): "?var-niveau=${niveau}&var-territoire=${territoire}",
    (TERRITOIRE, QUARTIER): "?var-departement=${departement}&var-qpv=${territoire}",
}
"""What a link adds to the address, from a page that chooses in one way to one that chooses in another."""


def asked(name: str, query: str, label: str = "") -> Any:
    """Return a variable whose values a query gives; hidden when it has no label."""
    variable = (
        sdk.QueryVariable(name)
        .label(label)
        .query(sql(query))
        .definition(sql(query))
        .datasource(source_of(query).reference())
        .refresh(kinds.VariableRefresh.ON_DASHBOARD_LOAD)
        .sort(kinds.VariableSort.DISABLED)
        .allow_custom_value(False)
    )
    return variable if label else variable.hide(kinds.VariableHide.HIDE_VARIABLE)


def listed(name: str, label: str, values: Mapping[str, str]) -> Any:
    """Return a variable with fixed values, each with the reader's word; the first is chosen."""
    first = next(iter(values))
    return (
        sdk.CustomVariable(name)
        .label(label)
        .values(",".join(f"{word} : {value}" for value, word in values.items()))
        .current(kinds.VariableOption(text=values[first], value=first, selected=True))
        .options(
            [kinds.VariableOption(text=word, value=value, selected=value == first) for value, word in values.items()]
        )
        .allow_custom_value(False)
    )


def territory() -> list[Any]:
    """Return the variables of a page that shows one territory of any level."""
    return [
        asked("niveau", "territoire/niveau", "Niveau"),
        asked("territoire", "territoire/territoire", "Territoire"),
        asked("departement", "territoire/departement"),
    ]
