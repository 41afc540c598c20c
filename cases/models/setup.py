"""What of the first-run checklist was skipped; what is done shows in the installation itself."""

from __future__ import annotations

from django.db import models


class SetupSkip(models.Model):
    """A step nobody will take; going back to it removes the row. Who skipped it stands in the audit."""

    key = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
