"""The staff console: Django's admin site in the portal's own finish; every page checks access, calls a verb or a query, renders."""
