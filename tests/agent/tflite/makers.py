"""Every maker of random models of an operator or a few, by name."""

import random_models
import random_other_models

MAKERS = {**random_models.MAKERS, **random_other_models.MAKERS}
