"""Dates and times in Arabic: 24 hours, weekday and month by their full names: Arabic shortens neither."""

DAY_FORMAT = "l j F"
DAY_WITH_YEAR_FORMAT = "l j F Y"
DATE_FORMAT = DAY_WITH_YEAR_FORMAT
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "l j F Y, H:i"
SHORT_DATE_FORMAT = DATE_FORMAT
SHORT_DATETIME_FORMAT = DATETIME_FORMAT
MONTH_DAY_FORMAT = "j F"
YEAR_MONTH_FORMAT = "F Y"
FIRST_DAY_OF_WEEK = 1
