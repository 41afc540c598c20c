"""Which role opens which address of the console: one table for every address, asked for one role at a time."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from tests.a11y import console_gallery as gallery
from tests.cast import MONDAY, person

ROLE = {
    "A": "Agents", "S": "Supervisors", "P": "Protocol authors", "T": "Trainers", "U": "Auditors", "D": "Administrators",
}  # fmt: skip


@pytest.fixture
def here(db, settings, go):
    settings.INBOUND = {"scheme": "imaps"}
    go(MONDAY)
    return gallery.world()


def browser(role):
    user = person(f"role-{role.lower()}@example.com", ROLE[role], is_staff=True)
    user.groups.add(Group.objects.get(name=ROLE[role]))
    found = Client()
    found.force_login(user)
    return found


def asked():
    """One look of each address."""
    found = {}
    for look in gallery.looks():
        if not (look.words or look.query):
            found.setdefault(look.name, look)
    return found


#: Who opens what, by the letters of the roles; to the others it is 403, 404 where it would tell that a
#: row is there, or a way back to the list.
TABLE = {
    "ASPTUD": """
        around article articles escalation_protocolversion_change escalation_protocolversion_changelist
        escalation_protocolversion_choices experts index keys own_work playbook playbooks problem problems protocol_read
        pulse remedies replies reply
    """,
    "ASPTU": """
        best board likely_late cases_case_act cases_case_change cases_case_changelist cases_event_change cases_event_changelist
        cases_event_history escalation_calendarversion_changelist escalation_protocolversion_history today view_new views
        more_filters escalation_notice_change escalation_notice_history worth learning lesson meetings post_mortem post_mortems improvement improvements
    """,
    "ASPT": """
        bulk worth_mark scenario lesson_new retros quality second_look trainings improvement_new improvement_evidence
        improvement_version follow_ups follow_up
    """,
    "SPTU": """
        plan_review plan_reviews
    """,
    "AST": """
        article_edit article_from_case article_new
    """,
    "SPT": """
        reply_edit reply_new
    """,
    "ST": """
        training
    """,
    "SUD": """
        cases_category_change cases_category_changelist cases_category_history cases_organisation_change
        cases_organisation_changelist cases_organisation_history cases_product_change
        cases_product_changelist cases_product_history cases_team_change cases_team_changelist
        cases_team_history cases_user_change cases_user_changelist cases_user_history
    """,
    "SP": """
        backtest backtest_case backtest_result escalation_calendarversion_change
        escalation_calendarversion_history escalation_protocolversion_choice remedy_edit remedy_new
    """,
    "SU": """
        escalation_notice_changelist letter_texts letter_text restricted
        meeting meeting_action meeting_pack
    """,
    "UD": """
        auth_group_change auth_group_changelist auth_group_history
    """,
    "SD": """
        start
    """,
    "D": """
        auth_user_password_change cases_category_add cases_organisation_add cases_product_add cases_team_add
        cases_user_add
    """,
    "P": """
        escalation_calendarversion_edit escalation_calendarversion_new escalation_protocolversion_edit
        escalation_protocolversion_import
    """,
    "S": """
        cases_personskill_add cases_personskill_change cases_personskill_changelist cases_personskill_history
        cases_skill_add cases_skill_change cases_skill_changelist cases_skill_history
        brand bulk_result cover cover_cap cover_cap_add cover_leave cover_leave_add cover_leaver cover_leaving
        cover_shift cover_shift_add cover_swap cover_swap_add cover_team cover_zone django_q_schedule_change low_score low_scores
        untouched django_q_schedule_changelist django_q_schedule_history mail_in mail_one problem_new quality_review
        themes theme theme_agreement words_tags case_post_mortem post_mortem_measure post_mortem_measure_done post_mortem_offer post_mortem_try
        improvement_decide improvement_done improvement_check
    """,
    "": """
        auth_group_add protocol_adopt retro view
    """,
}
WHO = {name: roles for roles, names in TABLE.items() for name in names.split()}


def test_every_address_with_a_page_stands_in_the_table():
    assert sorted(WHO) == sorted(asked())


@pytest.mark.parametrize("role", ROLE)
def test_each_role_opens_what_the_table_says_and_nothing_else(here, role):
    one, wrong = browser(role), {}
    for name, look in asked().items():
        answer = one.get(reverse(f"admin:{name}", args=[here.part(part) for part in look.parts]))
        if answer.status_code not in ((200,) if role in WHO[name] else (302, 403, 404)):
            wrong[name] = answer.status_code
    assert wrong == {}


#: Acts that are looked at where they are not possible: silence closes, and there is no second version to move to.
SHUT = {"close", "adopt"}


def test_every_act_is_looked_at_where_its_form_is_offered(here):
    """By whom the gallery says: a page that says “not possible now” shows nothing of the form behind it."""
    refused, browsers = {}, {}
    for look in gallery.looks():
        if look.name != "cases_case_act" or look.words:
            continue
        client = browsers.setdefault(look.who, Client())
        client.force_login(here.who(look.who))
        page = client.get(reverse("admin:cases_case_act", args=[here.part(part) for part in look.parts]))
        if page.context["why"]:
            refused[look.parts[1]] = page.context["why"]
        else:
            assert '<form method="post" novalidate' in page.content.decode(), look
    assert refused.keys() == SHUT, refused
