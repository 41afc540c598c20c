"""The doors and the wiring: settings, pages, console, dashboards, API, commands; no models and no rules."""
