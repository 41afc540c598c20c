"""The directory of experts: only trained people, who is there, who fits the topic, and asking from the case."""

from datetime import date, timedelta

import pytest

from cases.models import Category, PersonSkill, Skill
from escalation.models import Leave
from portal.console.experts_known import AWAY, HERE, experts
from tests.cast import MONDAY
from tests.escalation.stories import publish_protocol
from tests.portal.console import stories
from tests.portal.console.stories import act_url, page_url
from tests.portal.console.test_guided_pages import text_of


def skill(slug, name):
    return Skill.objects.get_or_create(slug=slug, defaults={"name": name})[0]


def train(person, slug="law", name="Law", on=date(2026, 1, 12), until=None):
    return PersonSkill.objects.create(person=person, skill=skill(slug, name), trained_on=on, until=until)


def names(found):
    return [one.person.name for one in found]


@pytest.fixture
def trained(cast, monday):
    train(cast.tiers[3])
    train(cast.tiers[2], "money", "Money")
    return cast


def test_only_trained_people_who_work_here_are_listed(cast, trained):
    day = MONDAY.date()
    train(cast.mate, on=None)
    train(cast.tiers[4], on=day + timedelta(days=1))
    train(cast.tiers[5], until=day - timedelta(days=1), on=date(2025, 1, 1))
    train(cast.customer)
    train(cast.manager)
    assert set(names(experts(MONDAY))) == {"Priya Shah", "Mara Lindt"}
    cast.tiers[3].is_active = False
    cast.tiers[3].save(update_fields=["is_active"])
    assert names(experts(MONDAY)) == ["Mara Lindt"]
    Skill.objects.filter(slug="money").update(is_active=False)
    assert experts(MONDAY) == []


def test_who_is_away_says_so_and_stands_last(cast, trained):
    Leave.objects.create(user=cast.tiers[2], starts_at=MONDAY - timedelta(days=1), ends_at=MONDAY + timedelta(days=1))
    found = experts(MONDAY)
    assert [(one.person.name, one.presence) for one in found] == [("Priya Shah", HERE), ("Mara Lindt", AWAY)]


def test_who_has_the_skill_of_the_topic_stands_first(cast, trained):
    publish_protocol(lambda d: d["topics"].update(orders={"skill": "law"}))
    case = cast.file(at=MONDAY + timedelta(minutes=1))
    assert Category.objects.get(slug="orders") == case.category
    assert [(one.person.name, one.fits) for one in experts(MONDAY, case)] == [
        ("Priya Shah", True), ("Mara Lindt", False),
    ]  # fmt: skip


def test_the_page_narrows_to_a_skill_and_asks_from_a_case(signed_in, cast, trained):
    case, client = stories.acknowledged(cast), signed_in(cast.tiers[1])
    page = text_of(client.get("/console/experts/"))
    assert "Priya Shah On duty now Law" in page and "Mara Lindt" in page and "Ask Priya" not in page
    assert "Mara Lindt" not in text_of(client.get("/console/experts/?skill=law"))
    here = client.get(f"/console/experts/?case={case.pk}")
    link = f"{act_url(case, 'consult')}?expert={cast.tiers[3].pk}"
    assert link in here.content.decode() and case.reference in text_of(here)
    form = client.get(link).content.decode()
    assert f'<option value="{cast.tiers[3].pk}" selected>Priya Shah: Law (on duty now)</option>' in form
    assert f"/console/experts/?case={case.pk}" in client.get(page_url(case)).content.decode()


@pytest.mark.parametrize("query", ["?skill=nothing", "?case=x", "?case=999999", "?case=" + "9" * 30])
def test_an_address_that_names_nothing_is_a_404(signed_in, cast, trained, query):
    assert signed_in(cast.tiers[1]).get(f"/console/experts/{query}").status_code == 404


def test_nobody_is_asked_by_who_may_not_or_by_themselves(signed_in, cast, trained):
    case = stories.acknowledged(cast)
    stranger = signed_in(cast.tiers[5]).get(f"/console/experts/?case={case.pk}")
    assert "Not possible now. Needs someone of" in text_of(stranger)
    assert act_url(case, "consult") not in stranger.content.decode()
    train(cast.tiers[1])
    mine = signed_in(cast.tiers[1]).get(f"/console/experts/?case={case.pk}").content.decode()
    assert f"expert={cast.tiers[1].pk}" not in mine and f"expert={cast.tiers[3].pk}" in mine


def test_with_nobody_trained_the_act_says_so(signed_in, cast, monday):
    case = stories.acknowledged(cast)
    page = text_of(signed_in(cast.tiers[1]).get(act_url(case, "consult")))
    assert "Nobody else is trained in anything yet." in page


def test_an_untrained_person_cannot_be_slipped_in(signed_in, cast, trained, everything):
    case, client = stories.acknowledged(cast), signed_in(cast.tiers[1])
    page, before = client.get(act_url(case, "consult")), everything()
    sent = stories.hidden(page) | {"expert": cast.mate.pk, "question": "May we?", "due_at": "2026-01-13T11:30"}
    answer = client.post(act_url(case, "consult"), sent)
    assert answer.status_code == 422
    assert "Ana Mate is not trained in anything." in text_of(answer)
    assert "May we?" in answer.content.decode()
    assert everything() == before


def test_the_expert_answers_on_a_case_of_another_team_and_nobody_else_does(signed_in, cast, monday):
    case = stories.asked_expert(cast)
    other = text_of(signed_in(cast.supervisor).get(act_url(case, "answer_consult")))
    assert "Nobody waits for an answer from you on this case." in other
    shown = signed_in(cast.tiers[3]).get(page_url(case)).content.decode()
    assert act_url(case, "answer_consult") in shown
    assert act_url(case, "answer_consult") not in signed_in(cast.tiers[1]).get(page_url(case)).content.decode()


class TestTraining:
    def test_supervisors_say_who_is_trained_and_agents_do_not(self, signed_in, cast, monday):
        law, boss = skill("law", "Law"), signed_in(cast.supervisor)
        page = boss.get("/console/cases/personskill/add/")
        assert page.status_code == 200
        told = {"person": cast.mate.pk, "skill": law.pk, "trained_on": "2026-01-05", "until": ""}
        assert boss.post("/console/cases/personskill/add/", told).status_code == 302
        assert names(experts(MONDAY)) == ["Ana Mate"]
        again = boss.post("/console/cases/personskill/add/", told)
        assert again.status_code == 200 and "This person has this skill already." in text_of(again)
        wrong = told | {"person": cast.tiers[4].pk, "until": "2026-01-01"}
        assert "must not lie before the day of training" in text_of(boss.post("/console/cases/personskill/add/", wrong))
        listed = text_of(boss.get("/console/cases/personskill/"))
        assert "Ana Mate" in listed and "Trained on 2026-01-05" in listed
        agent = signed_in(cast.tiers[1])
        for where in ("skill/", "skill/add/", "personskill/", "personskill/add/"):
            assert agent.get(f"/console/cases/{where}").status_code == 403

    def test_no_input_of_the_forms_is_without_a_label(self, signed_in, cast, monday):
        for where in ("skill/add/", "personskill/add/"):
            html = signed_in(cast.supervisor).get(f"/console/cases/{where}").content.decode()
            form = html.partition('id="content')[2]
            for field in ("name", "slug") if where == "skill/add/" else ("person", "skill", "trained_on", "until"):
                assert f'for="id_{field}"' in form, field
