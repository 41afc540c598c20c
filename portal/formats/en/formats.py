"""Dates and times in English, in the spelling of `portal.templatetags.times`: 'Fri 21 Nov 2025, 16:00', never a.m. or p.m."""

DAY_FORMAT = "D j M"
DAY_WITH_YEAR_FORMAT = "D j M Y"
DATE_FORMAT = DAY_WITH_YEAR_FORMAT
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "D j M Y, H:i"
SHORT_DATE_FORMAT = DATE_FORMAT
SHORT_DATETIME_FORMAT = DATETIME_FORMAT
MONTH_DAY_FORMAT = "j M"
YEAR_MONTH_FORMAT = "M Y"
FIRST_DAY_OF_WEEK = 1
