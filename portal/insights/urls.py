"""The addresses below /insights/."""

from django.urls import path

from portal.insights import reporting, saving, verbatims, views

urlpatterns = [
    path("", views.figures, name="insights"),
    path("all/", views.all_figures, name="insights_all"),
    path("all.csv", views.all_figures_csv, name="insights_all_csv"),
    path("promises/", views.promises, name="insights_promises"),
    path("promises.csv", views.promises_csv, name="insights_promises_csv"),
    path("promises/versions/", views.versions, name="insights_versions"),
    path("promises/versions.csv", views.versions_csv, name="insights_versions_csv"),
    path("promises/teams/", views.teams, name="insights_teams"),
    path("promises/teams.csv", views.teams_csv, name="insights_teams_csv"),
    path("promises/load/", views.loads, name="insights_loads"),
    path("promises/load.csv", views.loads_csv, name="insights_loads_csv"),
    path("bottlenecks/", views.bottlenecks, name="insights_bottlenecks"),
    path("bottlenecks.csv", views.bottlenecks_csv, name="insights_bottlenecks_csv"),
    path("bottlenecks/training/", views.training, name="insights_training"),
    path("bottlenecks/training.csv", views.training_csv, name="insights_training_csv"),
    path("compare/", views.comparing, name="insights_compare"),
    path("compare.csv", views.comparing_csv, name="insights_compare_csv"),
    path("compare/coming-back/", views.coming_back, name="insights_coming_back"),
    path("compare/coming-back.csv", views.coming_back_csv, name="insights_coming_back_csv"),
    path("topics/", views.topics, name="insights_topics"),
    path("topics.csv", views.topics_csv, name="insights_topics_csv"),
    path("words/", verbatims.words, name="insights_words"),
    path("words.csv", verbatims.words_csv, name="insights_words_csv"),
    path("writing/", views.writing, name="insights_writing"),
    path("writing.csv", views.writing_csv, name="insights_writing_csv"),
    path("cases/", views.cases, name="insights_cases"),
    path("cases/report/", reporting.show, name="insights_report"),
    path("cases.csv", views.cases_file, name="insights_csv"),
    path("recommend/", views.recommend, name="insights_recommend"),
    path("recommend.csv", views.recommend_csv, name="insights_recommend_csv"),
    path("pulse/", views.pulse, name="insights_pulse"),
    path("knowledge/", views.knowledge, name="insights_knowledge"),
    path("knowledge.csv", views.knowledge_csv, name="insights_knowledge_csv"),
    path("views/", saving.listing, name="insights_views"),
    path("views/new/", saving.new, name="insights_view_new"),
    path("definitions/", views.definitions, name="insights_definitions"),
]
