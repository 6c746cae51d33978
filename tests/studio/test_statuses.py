"""Every error has a status on the web."""

from tinyteach import errors
from tinyteach.studio.statuses import STATUSES, status_of


def test_every_kind_of_error_has_its_status():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type)}
    assert kinds - {errors.DepartedError} == set(STATUSES)  # its parent's


def test_a_kind_within_a_kind_has_its_parents_status():
    class MoreLinkError(errors.LinkError):
        pass

    assert status_of(MoreLinkError) == 504
