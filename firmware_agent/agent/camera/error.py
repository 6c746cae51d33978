"""What a camera driver raises."""


class CameraError(Exception):
    """The camera does not start or gives no frame; the message says which."""
