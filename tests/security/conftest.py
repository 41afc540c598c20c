"""The cast and a stage, and the doors' clock put to a Monday and back."""

from tests.portal.pages.conftest import cast, kept_stage, monday, sam, stage

__all__ = ["cast", "kept_stage", "monday", "sam", "stage"]
