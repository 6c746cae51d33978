"""What is named where a board is paired; light, so that what is none is told before any work."""

from tinyteach.board_facts import check_camera
from tinyteach.device.registry import check_name
from tinyteach.service.projects.embedding_files import check_kind, embedding_path


def check_pairing(name: str | None, embedding: str | None, camera: str | None) -> None:
    """Raises UsageError for a name that is none, an embedding or a camera that there is not.

    ModelError for a file that is no embedding.
    """
    if name is not None:
        check_name(name)
    if embedding is not None:
        check_kind(embedding_path(embedding))
    if camera is not None:
        check_camera(camera)
