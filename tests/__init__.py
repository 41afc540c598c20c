"""The suite: one folder per room, `house/` for the architecture, `journeys/` for whole stories, `plugins/` for its machinery."""
