"""Every address of Milepost; tests/portal/pages/test_access.py says for each who gets which answer."""

from django.contrib import admin
from django.urls import include, path
from django.urls.converters import register_converter

from portal import health
from portal.pages import (
    account,
    acts,
    alternative,
    brand,
    case,
    coming_back,
    data,
    errors,
    files,
    filing,
    filing_drafts,
    filing_more,
    follow,
    help,
    home,
    how_we_escalate,
    improvements,
    interim,
    joining,
    kept,
    language,
    notifications,
    problems,
    recommend,
    report,
    second_step,
    sent,
    sign_in,
    signing_in,
    static_pages,
    styleguide,
    survey,
    who_sees,
)


class Token:
    """A mailed secret: what `secrets.token_urlsafe` makes."""

    regex = "[A-Za-z0-9_-]{20,100}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class PictureKind:
    """What pictures of ours are kept as."""

    regex = "png|webp"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Token, "token")
register_converter(PictureKind, "picture_kind")

urlpatterns = [
    path("", home.home, name="home"),
    path("help/", help.index, name="help"),
    path("help/<slug:slug>/", help.article, name="help_article"),
    path("help/<slug:slug>/answered/", help.answered, name="help_answered"),
    path("cases/", home.my_cases, name="my_cases"),
    path("cases/new/", filing.begin, name="new_case"),
    path("cases/new/one-page/", filing.one_page, name="one_page"),
    path("cases/new/similar/", filing_more.like, name="similar"),
    path("cases/new/files/", filing_more.add_files, name="add_files"),
    path("cases/new/check/", filing.check, name="check_case"),
    path("cases/new/save/", filing_drafts.save, name="save_draft"),
    path("cases/new/later/", filing_drafts.later, name="later"),
    path("cases/new/draft/", filing_drafts.act, name="draft"),
    path("cases/new/continue/<token:token>/", filing_drafts.landing, name="draft_link"),
    path("cases/new/sent/<str:reference>/", sent.sent, name="sent"),
    path("cases/new/sent/<str:reference>/again/", sent.again, name="sent_again"),
    path("cases/new/<slug:step>/", filing.step, name="filing_step"),
    path("c/<str:reference>/", case.show, name="case"),
    path("c/<str:reference>/message/", case.message, name="message"),
    path("c/<str:reference>/files/<uuid:which>/", files.download, name="file"),
    path("c/<str:reference>/why/", case.why, name="why"),
    path("c/<str:reference>/report.<report_kind:kind>", report.download, name="report"),
    path("c/<str:reference>/who/", who_sees.show, name="who_sees"),
    path("c/<str:reference>/supervisor/", acts.supervisor, name="supervisor"),
    path("c/<str:reference>/fixed/", acts.fixed, name="fixed"),
    path("c/<str:reference>/fixed/more/", acts.fixed_more, name="fixed_more"),
    path("c/<str:reference>/not-fixed/", acts.not_fixed, name="not_fixed"),
    path("c/<str:reference>/reopen/", coming_back.reopen, name="reopen"),
    path("c/<str:reference>/withdraw/", acts.withdraw, name="withdraw"),
    path("c/<str:reference>/alternative/", alternative.alternative, name="alternative"),
    path("follow/", follow.ask, name="follow"),
    path("follow/code/", follow.code, name="follow_code"),
    path("follow/<token:token>/", follow.landing, name="follow_link"),
    path("share/<token:token>/", joining.landing, name="share_link"),
    path("i/<token:token>/", interim.answer, name="interim"),
    path("n/<token:token>/", recommend.answer, name="recommend"),
    path("s/<token:token>/", survey.answer, name="survey"),
    path("s/<token:token>/more/", survey.more, name="survey_more"),
    path("s/<token:token>/thanks/", survey.thanks, name="survey_thanks"),
    path("account/", account.details, name="account"),
    # allauth looks some of its own pages up by name; these are ours in their place.
    path("account/sign-in/", sign_in.ask, name="account_login"),
    path("account/sign-in/code/", sign_in.code, name="account_confirm_login_code"),
    path("account/sign-in/password/", sign_in.password, name="sign_in_password"),
    path("account/sign-in/passkey/", sign_in.passkey, name="sign_in_passkey"),
    path("account/second-step/", second_step.second_step, name="mfa_authenticate"),
    path("account/passkey-options/", second_step.passkey_options, name="passkey_options"),
    path("account/sign-out/", sign_in.sign_out, name="sign_out"),
    path("account/stay/", sign_in.stay, name="stay"),
    path("account/confirm/", account.confirm, name="confirm"),
    path("account/kept/", kept.kept, name="kept"),
    path("account/email/", account.email, name="email_change"),
    path("account/email/code/", account.email_code, name="email_code"),
    path("account/signing-in/", signing_in.show, name="signing_in"),
    path("account/signing-in/second/", signing_in.second, name="second_set_up"),
    path("account/signing-in/password/", signing_in.password, name="password"),
    path("account/signing-in/app/", signing_in.app, name="app_set_up"),
    path("account/signing-in/app/remove/", signing_in.app_remove, name="app_remove"),
    path("account/signing-in/passkeys/", signing_in.passkeys, name="passkey_add"),
    path("account/signing-in/passkeys/<int:number>/remove/", signing_in.passkey_remove, name="passkey_remove"),
    path("account/signing-in/recovery/", signing_in.recovery, name="recovery_codes"),
    path("account/signing-in/devices/", signing_in.sign_out_devices, name="sign_out_devices"),
    path("account/notifications/", notifications.notifications, name="notifications"),
    path("account/data/", data.data, name="data"),
    path("account/data/copy/<int:pk>/", data.download, name="data_copy"),
    path("account/data/erase/", data.erase, name="erase"),
    path("account/data/keep/", data.keep, name="keep_account"),
    path("unsubscribe/<str:token>/", notifications.unsubscribe, name="unsubscribe"),
    path("language/", language.choose, name="language"),
    path("contact/", static_pages.contact, name="contact"),
    path("how-we-escalate/", how_we_escalate.show, name="how_we_escalate"),
    path("improvements/", improvements.listing, name="improvements"),
    path("problems/", problems.listing, name="problems"),
    path("problems/confirm/<token:token>/", problems.confirm, name="problem_confirm"),
    path("problems/leave/<token:token>/", problems.leave, name="problem_leave"),
    path("problems/<slug:slug>/", problems.show, name="problem"),
    path("problems/<slug:slug>/follow/", problems.follow, name="problem_follow"),
    path("problems/<slug:slug>/unfollow/", problems.unfollow, name="problem_unfollow"),
    path("privacy/", static_pages.privacy, name="privacy"),
    path("accessibility/", static_pages.accessibility, name="accessibility"),
    path("brand/<slug:name>.css", brand.sheet, name="brand_sheet"),
    path("brand/<slug:digest>.<picture_kind:kind>", brand.picture, name="brand_picture"),
    path("styleguide/", styleguide.show, name="styleguide"),
    path("styleguide/<slug:page>/", styleguide.show, name="styleguide_page"),
    path("console/", admin.site.urls),
    path("insights/", include("portal.insights.urls")),
    path("api/v1/", include("portal.api.urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.broken
