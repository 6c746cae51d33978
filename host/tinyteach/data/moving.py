"""Photographs moved from one class to another, with what is known of how they were taken."""

from collections.abc import Sequence
from dataclasses import replace

from tinyteach.data.deleted import free_path, move_file, photo_path
from tinyteach.data.photo_index import append_records, path_key, read_records
from tinyteach.data.project import Project


def move_photos(project: Project, photo_ids: Sequence[str], class_name: str) -> list[str]:
    """Move photographs into a class; their ids from then on.

    One whose name is taken there gets another. PhotoError or ProjectError where there is no such
    photograph or class; nothing was moved then.
    """
    folder, name = project.class_dir(class_name), project.class_name(class_name)
    paths = [photo_path(project, photo_id) for photo_id in photo_ids]
    records = read_records(project.index_path)
    moved = []
    for path in paths:
        if folder in path.parents:
            moved.append(f"{name}/{path.relative_to(folder).as_posix()}")
            continue
        record = records.get(path_key(path.relative_to(project.root))) or records.get(path.name)
        with project.changing():
            target = free_path(folder / path.name)
            if record is not None:  # first: a record of nothing does no harm
                now = target.relative_to(project.root).as_posix()
                append_records(project.index_path, [replace(record, path=now, class_name=name)])
            move_file(path, target)
        moved.append(f"{name}/{target.name}")
    project.compact_index()
    return moved
