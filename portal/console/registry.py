"""What the console shows, on one screen: nothing else is registered, not even by Django's own apps."""

from django.contrib import admin
from django.contrib.auth.models import Group
from django_q.models import Schedule

from cases.models import Case, Category, Event, Organisation, PersonSkill, Product, Skill, Team, User
from escalation.models import CalendarVersion, Notice, ProtocolVersion
from portal.console.audit import EventAdmin
from portal.console.calendars import CalendarAdmin
from portal.console.case_admin import CaseAdmin
from portal.console.people import CategoryAdmin, OrganisationAdmin, PersonAdmin, ProductAdmin, RoleAdmin, TeamAdmin
from portal.console.protocol import ProtocolAdmin
from portal.console.records import NoticeAdmin, ScheduleAdmin
from portal.console.skills import PersonSkillAdmin, SkillAdmin

admin.site.register(Case, CaseAdmin)
admin.site.register(User, PersonAdmin)
admin.site.register(Team, TeamAdmin)
admin.site.register(Category, CategoryAdmin)
admin.site.register(Product, ProductAdmin)
admin.site.register(Organisation, OrganisationAdmin)
# Importing Django's UserAdmin registers its own page for groups.
admin.site.unregister(Group)
admin.site.register(Group, RoleAdmin)
admin.site.register(ProtocolVersion, ProtocolAdmin)
admin.site.register(CalendarVersion, CalendarAdmin)
admin.site.register(Notice, NoticeAdmin)
admin.site.register(Event, EventAdmin)
admin.site.register(Schedule, ScheduleAdmin)
admin.site.register(Skill, SkillAdmin)
admin.site.register(PersonSkill, PersonSkillAdmin)
