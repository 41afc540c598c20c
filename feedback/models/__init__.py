"""The tables of the `feedback` room."""

from feedback.models.article import (
    Article,
    ArticleAct,
    ArticleRevision,
    ArticleTried,
    ArticleUse,
    ArticleVote,
    ArticleWord,
    FilingOffer,
)
from feedback.models.facts import CaseFact, FactHold
from feedback.models.post_mortem import (
    Alternative,
    Condition,
    Counterfactual,
    Ground,
    Measure,
    PostMortem,
    TroubledCase,
)
from feedback.models.practice import Worthy
from feedback.models.problem import KnownProblem, ProblemCase, ProblemFollower, ProblemUpdate
from feedback.models.pulse import PulseMonth, PulseTally, PulseTurn
from feedback.models.survey import Survey

__all__ = [
    "Alternative",
    "Article",
    "ArticleAct",
    "ArticleRevision",
    "ArticleTried",
    "ArticleUse",
    "ArticleVote",
    "ArticleWord",
    "CaseFact",
    "Condition",
    "Counterfactual",
    "FactHold",
    "FilingOffer",
    "Ground",
    "KnownProblem",
    "Measure",
    "PostMortem",
    "ProblemCase",
    "ProblemFollower",
    "ProblemUpdate",
    "PulseMonth",
    "PulseTally",
    "PulseTurn",
    "Survey",
    "TroubledCase",
    "Worthy",
]
