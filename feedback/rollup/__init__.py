"""Figures of whole days, kept beside the facts and always equal to counting anew; docs/rollup.md."""
