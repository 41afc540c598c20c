"""Accounts: what django-allauth is told about us, and what a session must have shown."""
