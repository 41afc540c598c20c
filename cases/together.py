"""Rows of several tables in one question to the database, for a page that shows a little of everything."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import JSONObject
from django.utils.timezone import make_aware


def together(wanted: Mapping[str, QuerySet[Any]]) -> dict[str, list[Any]]:
    """The rows of each query by its name, in no order, each row once: one UNION ALL, whatever the number of tables.

    What a query defers (`only`, `defer`) stays deferred; joins, slices and orders are lost. A row travels as JSON and is
    made whole by its fields, so that it equals what the query alone would have given.
    """
    found: dict[str, dict[Any, Any]] = {name: {} for name in wanted}
    models_ = {name: (query.model, _fields(query)) for name, query in wanted.items()}
    first, *others = [_as_json(name, query, models_[name][1]) for name, query in wanted.items()]
    for name, row in first.union(*others, all=True) if others else first:
        model, fields = models_[name]
        whole = model.from_db(first.db, [f.attname for f in fields], [_value(f, row[f.attname]) for f in fields])
        found[name].setdefault(whole.pk, whole)
    return {name: list(rows.values()) for name, rows in found.items()}


def attach(rows: Iterable[Model], others: Mapping[Any, Model], *names: str) -> None:
    """Puts the objects that `rows` refer to by the fields `names` in their place, as far as `others` has them."""
    for row in rows:
        for name in names:
            other = others.get(getattr(row, f"{name}_id"))
            if other is not None:
                setattr(row, name, other)


def _fields(query: QuerySet[Any]) -> list[models.Field]:
    names, left_out = query.query.deferred_loading
    meta = query.model._meta
    return [f for f in meta.concrete_fields if f.primary_key or left_out == (f.name not in names)]


def _as_json(name: str, query: QuerySet[Any], fields: list[models.Field]) -> QuerySet[Any]:
    # The parts are read as they are, so what they defer must not be asked for again.
    plain = query.defer(None).order_by().select_related(None)
    row = JSONObject(**{f.attname: F(f.attname) for f in fields})
    return plain.annotate(_of=Value(name, output_field=CharField()), _row=row).values_list("_of", "_row")


def _value(field: models.Field, value: Any) -> Any:
    """A value as the field's own column would have given it, out of its spelling in JSON."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if value is None:
        return None
    if isinstance(target, models.JSONField):
        return json.loads(value) if isinstance(value, str) else value
    if isinstance(target, models.DateTimeField):
        instant = datetime.fromisoformat(value)
        return instant.astimezone(UTC) if instant.tzinfo else make_aware(instant, UTC)
    if isinstance(target, models.DecimalField):
        return round(Decimal(str(value)), target.decimal_places)
    return target.to_python(value)
