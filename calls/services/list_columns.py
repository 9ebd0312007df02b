"""What the columns of a list mean: guessed, remembered for each template, and checked when a person has chosen."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from calls.choices import ListStatus
from calls.models import CallList, CallTemplate, Contact
from calls.services.list_verdicts import Fields
from calls.services.orders import NAME_PLACEHOLDER
from calls.spreadsheets import columns
from calls.spreadsheets.columns import Roles, placeholder_of, value_role

# Older lists of a template are not looked through for the same headings.
_LOOKED_THROUGH = 50
# Column → role; columns that mean nothing are left out.
ByColumn = dict[int, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a row what is known of a person stands."""

    number: int
    names: Sequence[int]
    country: int | None
    time_zone: int | None
    values: Mapping[str, int]

    def fields(self, cells: Sequence[str]) -> Fields:
        """Return what a row says of a person. Every row is as wide as the file."""
        return Fields(
            number=cells[self.number],
            country="" if self.country is None else cells[self.country],
            name=" ".join(part for column in self.names if (part := cells[column])),
            time_zone="" if self.time_zone is None else cells[self.time_zone],
            values={name: cells[column] for name, column in self.values.items() if cells[column]},
        )

    def cells(self, contact: Contact, width: int) -> list[str]:
        """Return the row that says of a person what is known: the other way round."""
        cells = [""] * width
        cells[self.number] = contact.phone_number
        for column, text in (
            (self.names[0] if self.names else None, contact.person_name),
            (self.country, contact.country),
            (self.time_zone, contact.time_zone),
            *((column, contact.values.get(name, "")) for name, column in self.values.items()),
        ):
            if column is not None:
                cells[column] = text
        return cells


def layout(header: Sequence[str], mapping: ByColumn) -> Layout:
    """Return where what stands, for a mapping that was checked."""
    by_role = {role: column for column, role in sorted(mapping.items(), reverse=True)}
    return Layout(
        number=by_role[Roles.NUMBER],
        names=columns.name_columns(header, mapping),
        country=by_role.get(Roles.COUNTRY),
        time_zone=by_role.get(Roles.TIME_ZONE),
        values={placeholder_of(role): column for role, column in by_role.items() if placeholder_of(role)},
    )


def placeholders(template: CallTemplate) -> list[str]:
    """Return the placeholders that columns can fill; the person's name has a role of its own."""
    return [asked.name for asked in template.placeholders() if asked.name != NAME_PLACEHOLDER]


def unmapped(template: CallTemplate, mapping: ByColumn) -> list[str]:
    """Return the placeholders that need a value and get none from any column."""
    filled = {placeholder_of(role) for role in mapping.values()}
    if Roles.NAME in mapping.values():
        filled.add(NAME_PLACEHOLDER)
    needed = [asked.name for asked in template.placeholders() if asked.fallback is None]
    return [name for name in needed if name not in filled]


# --- Guessed and remembered -------------------------------------------------------------------


def guessed(template: CallTemplate, sample: Sequence[Sequence[str]], has_header: bool) -> ByColumn:
    """Return what the columns seem to mean."""
    header = sample[0] if has_header else []
    return columns.guess(header, sample[int(has_header) :], placeholders(template))


def remembered(template: CallTemplate, first_row: Sequence[str]) -> ByColumn | None:
    """Return what people chose for the newest list of this template with these headings; None if there is none.

    Placeholders that the template no longer has are left out; new ones are guessed among the other columns.
    """
    key = columns.header_key(first_row)
    earlier = CallList.objects.filter(template=template, has_header=True).exclude(status=ListStatus.MAPPING)
    for call_list in earlier.exclude(mapping={}).order_by("-pk").only("header", "mapping")[:_LOOKED_THROUGH]:
        if key and columns.header_key(call_list.header) == key:
            return _renewed(template, first_row, mapping_of(call_list))
    return None


def _renewed(template: CallTemplate, header: Sequence[str], mapping: ByColumn) -> ByColumn:
    allowed = set(roles(template))
    kept = {column: role for column, role in mapping.items() if role in allowed and column < len(header)}
    new = {value_role(name) for name in unmapped(template, kept)}
    found = columns.guess(header, [], placeholders(template))
    return {column: role for column, role in found.items() if role in new} | kept


# --- Chosen -----------------------------------------------------------------------------------


def roles(template: CallTemplate) -> list[str]:
    """Return every role that a column can have for this template."""
    return [*Roles, *(value_role(name) for name in placeholders(template))]


def mapping_of(call_list: CallList) -> ByColumn:
    """Return the mapping that is stored in a list."""
    return {int(column): role for column, role in call_list.mapping.items()}


def stored(mapping: ByColumn) -> dict[str, str]:
    """Return a mapping as JSON holds it."""
    return {str(column): str(role) for column, role in sorted(mapping.items())}


def check(template: CallTemplate, mapping: ByColumn, width: int) -> None:
    """Raise ValidationError, with a sentence, unless the columns can be used like this.

    Several columns may make the name, such as first and last name; everything else stands in one.
    """
    known = set(roles(template))
    if any(role not in known or not 0 <= column < width for column, role in mapping.items()):
        raise ValidationError(_("The template or the file has changed. Choose the columns again."))
    if Roles.NUMBER not in mapping.values():
        raise ValidationError(_("Say which column holds the telephone numbers."), code="no_number")
    for role, times in Counter(mapping.values()).items():
        if times > 1 and role != Roles.NAME:
            raise ValidationError(
                _("Two columns are chosen for “%(role)s”. Choose one of them.") % {"role": label(role)},
                code="twice",
            )


def label(role: str) -> str:
    """Return what a role is called on the page."""
    match role:
        case Roles.NUMBER:
            return _("Telephone number")
        case Roles.COUNTRY:
            return _("Country")
        case Roles.NAME:
            return _("Name")
        case Roles.TIME_ZONE:
            return _("Time zone")
    return placeholder_of(role)


def label_of_placeholder(name: str) -> str:
    """Return what a placeholder is called on the page."""
    return label(Roles.NAME) if name == NAME_PLACEHOLDER else name
