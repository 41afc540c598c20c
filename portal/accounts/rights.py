"""Who signs in by password, and what they may do: Django's own, asked in one question instead of two."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q


class Rights(ModelBackend):
    """A page asks for somebody's rights each time it is looked at, by role and by name together."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """What Django's gives, "app.codename"; nothing for who has left or is not signed in, and for one object alone."""
        if not user_obj.is_active or user_obj.is_anonymous or obj is not None:
            return set()
        if not hasattr(user_obj, "_perm_cache"):
            rows = Permission.objects.order_by()
            if not user_obj.is_superuser:
                rows = rows.filter(Q(user=user_obj) | Q(group__user=user_obj)).distinct()
            user_obj._perm_cache = {
                f"{app}.{name}" for app, name in rows.values_list("content_type__app_label", "codename")
            }
        return user_obj._perm_cache
