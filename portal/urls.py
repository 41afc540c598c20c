"""Every address of Milepost; tests/portal/pages/test_access.py says for each who gets which answer."""

from django.contrib import admin
from django.urls import include, path
from django.urls.converters import register_converter

from portal import health
from portal.pages import (
    account,
    acts,
    case,
    errors,
    filing,
    follow,
    help,
    home,
    how_we_escalate,
    static_pages,
    styleguide,
    survey,
)


class Token:
    """A mailed secret: what `secrets.token_urlsafe` makes."""

    regex = "[A-Za-z0-9_-]{20,100}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Token, "token")

urlpatterns = [
    path("", home.home, name="home"),
    path("help/", help.index, name="help"),
    path("help/<slug:slug>/", help.article, name="help_article"),
    path("help/<slug:slug>/answered/", help.answered, name="help_answered"),
    path("help/<slug:slug>/solved/", help.solved, name="help_solved"),
    path("cases/", home.my_cases, name="my_cases"),
    path("cases/new/", filing.new, name="new_case"),
    path("cases/new/sent/<str:reference>/", filing.sent, name="sent"),
    path("c/<str:reference>/", case.show, name="case"),
    path("c/<str:reference>/message/", case.message, name="message"),
    path("c/<str:reference>/why/", case.why, name="why"),
    path("c/<str:reference>/supervisor/", acts.supervisor, name="supervisor"),
    path("c/<str:reference>/fixed/", acts.fixed, name="fixed"),
    path("c/<str:reference>/not-fixed/", acts.not_fixed, name="not_fixed"),
    path("c/<str:reference>/reopen/", acts.reopen, name="reopen"),
    path("c/<str:reference>/withdraw/", acts.withdraw, name="withdraw"),
    path("follow/", follow.ask, name="follow"),
    path("follow/code/", follow.code, name="follow_code"),
    path("follow/<token:token>/", follow.landing, name="follow_link"),
    path("s/<token:token>/", survey.answer, name="survey"),
    path("s/<token:token>/thanks/", survey.thanks, name="survey_thanks"),
    path("account/", account.details, name="account"),
    path("account/sign-in/", account.sign_in, name="sign_in"),
    path("account/sign-out/", account.sign_out, name="sign_out"),
    path("contact/", static_pages.contact, name="contact"),
    path("how-we-escalate/", how_we_escalate.show, name="how_we_escalate"),
    path("privacy/", static_pages.privacy, name="privacy"),
    path("accessibility/", static_pages.accessibility, name="accessibility"),
    path("styleguide/", styleguide.show, name="styleguide"),
    path("styleguide/<slug:page>/", styleguide.show, name="styleguide_page"),
    path("console/", admin.site.urls),
    path("insights/", include("portal.insights.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
