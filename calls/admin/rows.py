"""Form fields made of rows: facts (name and value) and data points (what to find out).

Each column is posted under one name, so rows can be added and removed by a script without numbering, and a
page without scripts offers spare rows. What was typed is shown again as it was typed.
"""

import json
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from calls.models import DataPoint

Row = dict[str, str]
SPARE_ROWS = 2


class RowsWidget(forms.Widget):
    """Rows of inputs; `columns` are the keys of a row, each posted as "<field>_<column>"."""

    use_fieldset = True
    template_name: str
    columns: tuple[str, ...]

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[Row]:
        """Return the posted rows, empty ones left out."""
        lists = [self._posted(data, f"{name}_{column}") for column in self.columns]
        rows = [
            dict(zip(self.columns, (str(cell) for cell in cells), strict=True))
            for cells in zip_longest(*lists, fillvalue="")
        ]
        return [row for row in rows if not self.is_blank(row)]

    @staticmethod
    def _posted(data: Any, name: str) -> list[str]:
        if isinstance(data, MultiValueDict):
            return data.getlist(name)
        return list(data.get(name, []))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return not any(f"{name}_{column}" in data for column in self.columns)

    def is_blank(self, row: Row) -> bool:
        return not any(row[column].strip() for column in self.columns)

    def id_for_label(self, id_: str, index: Any = None) -> str:
        return ""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> Any:
        rows = value or []
        context = {
            "name": name,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "rows": rows,
            "spare": range(SPARE_ROWS),
            "invalid": bool((attrs or {}).get("aria-invalid")),
            "described_by": (attrs or {}).get("aria-describedby", ""),
        }
        return render_to_string(self.template_name, context)


class FactsWidget(RowsWidget):
    template_name = "console/widgets/facts.html"
    columns = ("name", "value", "kind")

    def is_blank(self, row: Row) -> bool:
        return not (row["name"].strip() or row["value"].strip())


class DataPointsWidget(RowsWidget):
    template_name = "console/widgets/data_points.html"
    columns = ("key", "description", "required", "output_format")

    def is_blank(self, row: Row) -> bool:
        return not any(row[column].strip() for column in ("key", "description", "output_format"))


class RowsField(forms.Field):
    """A field whose posted rows become one value; empty_value is the value of no rows."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.prepare_value(initial) != data

    def get_bound_field(self, form: Any, field_name: str) -> forms.BoundField:
        return _RowsBoundField(form, self, field_name)


class _RowsBoundField(forms.BoundField):
    """Django leaves aria-describedby off groups of inputs; these rows pass it on to their group."""

    def build_widget_attrs(self, attrs: Any, widget: Any = None) -> dict[str, Any]:
        attrs = super().build_widget_attrs(attrs, widget)
        places = [f"{self.auto_id}_helptext"] if self.help_text else []
        places += [f"{self.auto_id}_error"] if self.errors else []
        return attrs | ({"aria-describedby": " ".join(places)} if places else {})


class FactsField(RowsField):
    """Names and values as a JSON object. Texts stay texts; other JSON values keep their type."""

    widget = FactsWidget

    def prepare_value(self, value: Any) -> list[Row]:
        if not isinstance(value, dict):
            return value or []
        return [_fact_row(name, item) for name, item in value.items()]

    def clean(self, value: list[Row]) -> dict[str, Any]:
        facts: dict[str, Any] = {}
        problems = []
        for number, row in enumerate(value or [], start=1):
            name = row["name"].strip()
            if not name:
                problems.append(_("Row %(number)d has a value but no name.") % {"number": number})
            elif name in facts:
                problems.append(_("The name “%(name)s” is there twice.") % {"name": name})
            else:
                facts[name] = _fact_value(row)
        if problems:
            raise ValidationError(problems, code="facts")
        return facts


def _fact_row(name: str, value: Any) -> Row:
    if isinstance(value, str):
        return {"name": name, "value": value, "kind": "text"}
    return {"name": name, "value": json.dumps(value, ensure_ascii=False), "kind": "json"}


def _fact_value(row: Row) -> Any:
    """Return the text, or what it means where the row held something else than text before."""
    if row["kind"] != "json":
        return row["value"]
    try:
        return json.loads(row["value"], parse_constant=_no_json)
    except ValueError:
        return row["value"]


def _no_json(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON.")


class DataPointsField(RowsField):
    """Data points as the contract takes them, checked by the rules of the DataPoint model."""

    widget = DataPointsWidget

    def prepare_value(self, value: Any) -> list[Row]:
        return [point if _is_row(point) else _point_row(point) for point in value or []]

    def clean(self, value: list[Row]) -> list[dict[str, Any]]:
        points = [_point(row) for row in value or []]
        problems = [
            _("Row %(number)d: %(problem)s") % {"number": number, "problem": problem}
            for number, point in enumerate(points, start=1)
            for problem in _point_problems(point)
        ]
        keys = [point.key for point in points if point.key]
        twice = dict.fromkeys(key for key in keys if keys.count(key) > 1)
        problems += [_("The name “%(name)s” is there twice.") % {"name": key} for key in twice]
        if problems:
            raise ValidationError(problems, code="data_points")
        return [point.content() for point in points]


def _is_row(point: dict[str, Any]) -> bool:
    return isinstance(point.get("required"), str)


def _point_row(point: dict[str, Any]) -> Row:
    return {
        "key": str(point.get("key") or ""),
        "description": str(point.get("description") or ""),
        "required": "yes" if point.get("required") else "",
        "output_format": str(point.get("output_format") or ""),
    }


def _point(row: Row) -> DataPoint:
    return DataPoint(
        key=row["key"].strip(),
        description=row["description"].strip(),
        required=row["required"] == "yes",
        output_format=row["output_format"].strip(),
    )


def _point_problems(point: DataPoint) -> Iterator[str]:
    try:
        point.clean_fields(exclude=["template"])
    except ValidationError as error:
        for field, problems in error.error_dict.items():
            if any(problem.code == "blank" for problem in problems):
                yield str(_BLANK[field])
            else:
                yield " ".join(message for problem in problems for message in problem.messages)


_BLANK = {
    "key": _lazy("Give the answer a name, such as confirmed."),
    "description": _lazy("Say what to find out."),
}
