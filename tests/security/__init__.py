"""Named tests for the weaknesses help desks really had."""
