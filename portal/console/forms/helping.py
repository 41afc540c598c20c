"""Forms of acts that help a colleague or calm a customer."""

from __future__ import annotations

from portal.console.forms.act import ActForm, writing


class Help(ActForm):
    words = writing(
        "What helps?", rows=5,
        help_text="Internal: the customer does not see this. What to try, what they may decide themselves, whom to ask.",
        missing="Write what helps: what to try, what they may decide, whom to ask.",
    )  # fmt: skip


class Upset(ActForm):
    reason = writing(
        "What upset them?", rows=3, help_text="Internal: the customer does not see this. Who speaks to them next reads it.",
        missing="Say what upset the customer, so that whoever speaks to them next knows.",
    )  # fmt: skip
