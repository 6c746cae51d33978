"""What a head's file can hold; light, since refusals before work need it."""

UNKNOWN = "unknown"  # the label of anything else
MAX_LABEL_BYTES = 63
MAX_CLASSES = 64  # outputs, that of anything else included
