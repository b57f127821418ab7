"""What is refused outside of checkpoints."""


class Unsupported(ValueError):
    """A model that the crate cannot express, or whose numbers it would refuse. The message names the layer or tensor."""


class Mismatch(ValueError):
    """Arrays that are not those of the model. The message names the tensor, with both shapes."""


class ExchangeError(ValueError):
    """A file that is not an exchange file of this version."""
