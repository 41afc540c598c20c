"""What a colleague is asked to practise because of what went wrong on their cases."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from cases.models import Category, User
from feedback.models.article import Article
from feedback.models.learning import Scenario


class Training(models.Model):
    """One module for one colleague. `aspect`, topic and days say which misses it is for; they are looked up, not copied."""

    class Module(models.TextChoices):
        SCENARIO = "scenario", "Practice case"
        PLAYBOOK = "playbook", "Playbook"
        ARTICLE = "article", "Article"

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="trainings")
    topic = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="+")
    aspect = models.CharField(max_length=8)  # a key of feedback.gaps.MARKED
    first = models.DateField()
    last = models.DateField()
    module = models.CharField(max_length=8, choices=Module.choices)
    # Gone with the words it was made from, or with the article: the topic's playbook is left.
    scenario = models.ForeignKey(Scenario, null=True, on_delete=models.SET_NULL, related_name="+")
    article = models.ForeignKey(Article, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.CharField(max_length=300, blank=True)
    due_on = models.DateField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    learned = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        permissions = (("give_training", "Can give training to colleagues"),)
        constraints: ClassVar = (
            models.UniqueConstraint(
                fields=("person", "topic", "aspect"), condition=Q(done_at=None), name="training_open_once"
            ),
            models.CheckConstraint(
                condition=(Q(module="scenario") | Q(scenario=None)) & (Q(module="article") | Q(article=None)),
                name="training_one_module",
            ),
            models.CheckConstraint(condition=Q(done_at=None) | ~Q(learned=""), name="training_done_with_words"),
        )

    def __str__(self) -> str:
        return f"Training {self.pk}"
