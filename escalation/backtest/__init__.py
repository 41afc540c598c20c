"""The back-test: what the recorded past would have been under other rules, decided by the engine's own functions."""

from escalation.backtest.result import Outcome
from escalation.backtest.rules import Trial, trial_of
from escalation.backtest.run import Window, back_test

__all__ = ["Outcome", "Trial", "Window", "back_test", "trial_of"]
