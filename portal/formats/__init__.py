"""How Django's own pages print dates and times: as the portal's pages do (`FORMAT_MODULE_PATH` points here)."""
