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
from feedback.models.ask import Ask
from feedback.models.facts import CaseFact, FactHold
from feedback.models.figure_token import FigureToken
from feedback.models.figure_view import FigureView
from feedback.models.follow_up import FollowUp
from feedback.models.improvement import Evidence, Improvement
from feedback.models.interim import Interim
from feedback.models.learning import Lesson, LessonTag, Retro, Scenario
from feedback.models.low_score import LowScore
from feedback.models.meeting import Meeting, MeetingAction
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
from feedback.models.quality import QualityReview, QualityWeek
from feedback.models.recommend import Recommendation, RecommendRound
from feedback.models.rollup import CountedCase, RollupCell, RollupDay, RollupPart
from feedback.models.survey import Survey
from feedback.models.theme import SecondLook, Theme, ThemeSample, ThemeTag
from feedback.models.training import Training

__all__ = [
    "Alternative",
    "Article",
    "ArticleAct",
    "ArticleRevision",
    "ArticleTried",
    "ArticleUse",
    "ArticleVote",
    "ArticleWord",
    "Ask",
    "CaseFact",
    "Condition",
    "CountedCase",
    "Counterfactual",
    "Evidence",
    "FactHold",
    "FigureToken",
    "FigureView",
    "FilingOffer",
    "FollowUp",
    "Ground",
    "Improvement",
    "Interim",
    "KnownProblem",
    "Lesson",
    "LessonTag",
    "LowScore",
    "Measure",
    "Meeting",
    "MeetingAction",
    "PostMortem",
    "ProblemCase",
    "ProblemFollower",
    "ProblemUpdate",
    "PulseMonth",
    "PulseTally",
    "PulseTurn",
    "QualityReview",
    "QualityWeek",
    "RecommendRound",
    "Recommendation",
    "Retro",
    "RollupCell",
    "RollupDay",
    "RollupPart",
    "Scenario",
    "SecondLook",
    "Survey",
    "Theme",
    "ThemeSample",
    "ThemeTag",
    "Training",
    "TroubledCase",
    "Worthy",
]
