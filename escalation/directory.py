"""Who stands where right now: teams, their leads and members, found once for a whole batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cases.models import Case, Category, Team
from escalation.protocol import Protocol


@dataclass(frozen=True)
class Post:
    """A team as the engine needs it."""

    id: int
    name: str
    lead: int | None
    members: tuple[int, ...]

    @property
    def people(self) -> tuple[int, ...]:
        """Everyone who may be told, the lead included."""
        return tuple(dict.fromkeys((*self.members, *((self.lead,) if self.lead else ()))))


@dataclass
class Directory:
    """Teams by slug, active people only."""

    posts: Mapping[str, Post]
    _categories: dict[str, int] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Directory:
        members: dict[int, list[int]] = {}
        through = Team.members.through.objects.filter(user__is_active=True)
        for team, user in through.order_by("user_id").values_list("team_id", "user_id"):
            members.setdefault(team, []).append(user)
        posts = {}
        for pk, slug, name, lead, active in Team.objects.values_list(
            "pk", "slug", "name", "lead_id", "lead__is_active"
        ):
            posts[slug] = Post(pk, name, lead if active else None, tuple(members.get(pk, ())))
        return cls(posts)

    def empty_teams(self, protocol: Protocol) -> tuple[str, ...]:
        """Teams the protocol names behind which nobody stands now."""
        named = {tier.team for tier in protocol.tiers}
        return tuple(sorted(s for s in named if s not in self.posts or not self.posts[s].people))

    def team_id(self, slug: str) -> int:
        """The team's row. Raises LookupError with a sentence when the protocol names one that is not there."""
        if slug not in self.posts:
            raise LookupError(f"The protocol names the team “{slug}”, which does not exist.")
        return self.posts[slug].id

    def slug_of(self, team_id: int | None) -> str | None:
        return next((slug for slug, post in self.posts.items() if post.id == team_id), None)

    def category_id(self, slug: str) -> int:
        if slug not in self._categories:
            self._categories.update(Category.objects.values_list("slug", "pk"))
        return self._categories[slug]

    def recipients(self, to: str, case: Case, protocol: Protocol) -> Iterable[int]:
        """The people behind an address of a Tell; falls back upwards so that nobody is told nothing."""
        kind, _, name = to.partition(":")
        if kind == "customer":
            return (case.customer_id,)
        if kind == "user":
            return (int(name),)
        if kind == "owner" and case.owner_id:
            return (case.owner_id,)
        if kind == "supervisor":
            return self._supervisors(case, protocol)
        post = self.posts.get(name or self.slug_of(case.team_id) or "")
        if post is None:
            return ()
        return (post.lead,) if kind == "lead" and post.lead else post.people

    def _supervisors(self, case: Case, protocol: Protocol) -> Iterable[int]:
        """The first tier above the case that has people; at the top, the case's own team."""
        for tier in (*protocol.tiers[case.tier :], protocol.tier(case.tier)):
            post = self.posts.get(tier.team)
            if post and post.people:
                return (post.lead,) if post.lead else post.people
        return ()
