"""All rules, in the order in which they are asked."""

from imports.alerts import resources, runs, writing
from imports.alerts.rule import Rule

RULES: tuple[Rule, ...] = (*writing.RULES, *resources.RULES, *runs.RULES)
#: Told by whoever cannot reach the database: no table can be asked.
UNREACHABLE = "database_unreachable"
