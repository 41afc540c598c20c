"""Quality reviews in the console: the samples and what was scored, one review with its rubric, and its one answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.admin import AdminSite
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.access import WORK, Viewer
from cases.models import Case
from escalation.verbs import Refused
from feedback import quality, rubric, sampling
from feedback.models import QualityReview, QualityWeek
from portal.console import noting
from portal.console.needs import door
from portal.console.protocol_editing import see_other
from portal.console.restricted import closed
from portal.console.retros import figure
from portal.console.words import make_tag
from portal.forms import Plain, choice, text

PER_PAGE, WEEKS = 50, 8
NOT_APPLICABLE = "na"
REASONS = {
    "low_score": "low score", "broken_promise": "broken promise", "passed_up": "passed up", "long_silence": "long silence",
}  # fmt: skip
POINTS = ("0 points", "1 point", "2 points")


class Score(Plain):
    """A question for each criterion of the rubric, and a sentence or two."""

    words = text(
        "In words", quality.WORDS_MOST, rows=4, wrong="Say what to keep and what to do differently.",
        help_text="What to keep, and what to do differently next time. Your colleague reads this.",
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for one in rubric.CRITERIA:
            choices = [(str(n), label) for n, label in enumerate(POINTS)] + [(NOT_APPLICABLE, "Does not apply")]
            field: Any = choice(
                f"{one.name}: {one.question}", choices, wrong="Choose what fits best, or that it does not apply."
            )
            field.hints = {str(n): said for n, said in enumerate(one.anchors)}
            self.fields[one.key] = field
        self.order_fields([*rubric.KEYS, "words"])

    def scores(self) -> dict[str, int | None]:
        """What was chosen, for the act."""
        chosen = {key: self.cleaned_data[key] for key in rubric.KEYS}
        return {key: None if said == NOT_APPLICABLE else int(said) for key, said in chosen.items()}


class Reply(Plain):
    """What a colleague says to a review of their work."""

    agrees = choice("Do you see it the same way?", [("yes", "Yes"), ("no", "No")], wrong="Choose one of the two.")
    reply = text(
        "Your words", quality.WORDS_MOST, rows=3, required=False,
        help_text="Needed when you see it differently. You can answer once.",
    )  # fmt: skip


def urls(site: AdminSite) -> list[URLPattern]:
    """The addresses of quality reviews; what somebody finds there depends on whom they lead."""
    return [
        path("quality/", door(site, listing, WORK), name="quality"),
        path("quality/<int:pk>/", door(site, page, WORK), name="quality_review"),
    ]


@require_safe
def listing(request: HttpRequest, site: AdminSite) -> HttpResponse:
    """What one may score, what was scored, and for supervisors the samples by week."""
    frame = site.each_context(request)
    user = frame["actor"].user
    scored = quality.readable(user).filter(reviewed_at__isnull=False)
    rows = Paginator(scored, PER_PAGE).get_page(request.GET.get("page"))
    seen = set(visible(user).filter(pk__in=[one.case_id for one in rows]).values_list("pk", flat=True))
    context = {
        "title": "Quality reviews",
        "waiting": [row(one) for one in quality.to_score(user)],
        "rows": [row(one) | {"sees": one.case_id in seen} for one in rows],
        "page": rows,
        "agreement": figure(quality.agreement(user)),
        "weeks": weeks() if frame["actor"].supervises else [],
        "rule": [{"label": REASONS[key], "weight": weight} for key, weight in sampling.WEIGHTS.items()],
    }
    return TemplateResponse(request, "console/quality.html", frame | context)


def visible(user: Any) -> Any:
    return Case.objects.visible_to(Viewer(user))


def weeks() -> list[dict[str, Any]]:
    """The last samples: from how many cases, the seed that draws them again, and how many are scored."""
    found = QualityWeek.objects.prefetch_related("reviews")[:WEEKS]
    return [
        {
            "week": one,
            "population": len(one.population),
            "drawn": len(reviews := list(one.reviews.all())),
            "scored": sum(review.reviewed_at is not None for review in reviews),
        }
        for one in found
    ]


def row(review: QualityReview) -> dict[str, Any]:
    """A review in a list."""
    return {
        "one": review,
        "points": rubric.points(review.scores),
        "why": why(review),
        "tag": tag_of(review),
    }


def why(review: QualityReview) -> str:
    """'By chance', or 'By risk: low score, passed up'."""
    said = ", ".join(REASONS[key] for key in review.reasons if key in REASONS)
    return "By chance" if review.by_chance else f"By risk: {said}" if said else "By risk, though nothing stood out"


def tag_of(review: QualityReview) -> dict[str, str]:
    if review.reviewed_at is None:
        return make_tag("ring", "neutral", "Not scored yet")
    if review.replied_at is None:
        return make_tag("half", "progress", "Scored")
    return make_tag("tick", "good", "Agreed") if review.agrees else make_tag("triangle", "soon", "Seen differently")


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, site: AdminSite, pk: int) -> HttpResponse:
    """One review: its rubric to fill in, or what was scored and what the colleague says to it."""
    frame = site.each_context(request)
    user = frame["actor"].user
    review = get_object_or_404(quality.readable(user), pk=min(pk, 2**62))
    sees = visible(user).filter(pk=review.case_id).exists()
    if sees and (away := closed(request, review.case)):
        return away
    refusal = quality.why_not(review, user)
    form = form_of(review, user, refusal, request.POST if request.method == "POST" else None)
    wrong = ""
    if request.method == "POST":
        wrong, done = sent(request, review, form, frame)
        if done:
            noting.note(request, "quality_review", review.case)
            messages.success(request, done)
            return see_other(reverse("admin:quality_review", args=[review.pk]))
    context = {
        "title": f"Quality review of {review.case.reference}" if sees else "Quality review",
        "review": review,
        "row": row(review),
        "case": review.case if sees else None,
        "scored": scored(review),
        "form": form,
        "replies": isinstance(form, Reply),
        "refusal": refusal if review.reviewed_at is None else "",
        "wrong": wrong,
    }
    failed = bool(wrong or (form and form.errors))
    return TemplateResponse(request, "console/quality_review.html", frame | context, status=422 if failed else 200)


def form_of(review: QualityReview, user: Any, refusal: str, posted: Any) -> Score | Reply | None:
    """The form this person has on the page: scoring, answering, or none."""
    if review.reviewed_at is None:
        return None if refusal else Score(posted)
    return Reply(posted) if review.person_id == user.pk and review.replied_at is None else None


def sent(
    request: HttpRequest, review: QualityReview, form: Score | Reply | None, frame: dict[str, Any]
) -> tuple[str, str]:
    """Scores or answers: (what is wrong with no field, what is said when it went well)."""
    given: dict[str, Any] = {"by": frame["actor"].user, "at": frame["now"]}
    if form is None:
        return quality.why_not(review, frame["actor"].user) or "There is nothing to send here.", ""
    if not form.is_valid():
        return "", ""
    said: dict[str, Any] = form.cleaned_data
    try:
        if isinstance(form, Score):
            quality.score(review, form.scores(), said["words"], **given)
            return "", "Scored. Your colleague gets a letter and may answer."
        quality.reply(review, said["agrees"] == "yes", said["reply"], **given)
        return "", "Answered. Who scored it gets a letter."
    except Refused as why:
        if why.field in form.fields:
            form.add_error(why.field, str(why))
            return "", ""
        return str(why), ""


def scored(review: QualityReview) -> list[dict[str, Any]]:
    """What was given on each criterion, with what it means."""
    rows: list[dict[str, Any]] = []
    known = {one.key: one for one in rubric.CRITERIA} if review.rubric == rubric.VERSION else {}
    for key, points in review.scores.items():
        one, said = known.get(key), "Does not apply" if points is None else f"{points} of {rubric.MOST}"
        # An older rubric meant something else by its points: the number stands alone then.
        anchor = one.anchors[points] if one and points is not None else ""
        rows.append(
            {"name": one.name if one else key, "question": one.question if one else "", "said": said, "anchor": anchor}
        )
    return sorted(rows, key=lambda row: [*(one.name for one in known.values()), row["name"]].index(row["name"]))
