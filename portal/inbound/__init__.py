"""Mail that comes in: fetched, read, and put where it belongs; see docs/inbound.md."""
