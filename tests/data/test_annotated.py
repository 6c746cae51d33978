"""Collections whose labels stand in files beside the photographs: refused, never guessed."""

import json

import pytest

from tinyteach.data.layouts import read_collection
from tinyteach.errors import PhotoError

COCO = json.dumps({"images": [{"file_name": "1.jpg"}], "annotations": [{"bbox": [1, 2, 3, 4]}]})
VOC = "<annotation><object><name>cup</name><bndbox/></object></annotation>"
YOLO = "0 0.5 0.5 0.1 0.1\n"
SHAPES = json.dumps({"version": "5", "shapes": [{"label": "cup"}]})
TABLE = "id,label\n1.jpg,cup\n2.jpg,mug\n"


@pytest.fixture
def build(tmp_path):
    """build(files) makes a folder of these files; a photograph where no content is given."""

    def make(files: dict[str, str | None], name: str = "set"):
        for place, content in files.items():
            path = tmp_path / name / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content or "no decoder looks at it")
        return tmp_path / name

    return make


def photos(*folders: str, count: int = 4) -> dict[str, None]:
    return {f"{folder}/{n}.jpg".lstrip("/"): None for folder in folders for n in range(count)}


ANNOTATED = {
    "Roboflow's COCO": {
        **{f"{s}/IMG_{n}_jpg.rf.{n:08x}.jpg": None for s in ("train", "valid") for n in range(3)},
        "train/_annotations.coco.json": COCO,
        "valid/_annotations.coco.json": COCO,
    },
    "Roboflow's table": {**photos("train", "test"), "train/_classes.csv": "filename, cup\n"},
    "Roboflow's CreateML": {**photos("train"), "train/_annotations.createml.json": "[]"},
    "COCO": {
        **photos("train2017", "val2017"),
        "annotations/instances_train2017.json": COCO,
    },
    "YOLO": {
        **photos("images/train", "images/val"),
        **{f"labels/train/{n}.txt": YOLO for n in range(4)},
        "data.yaml": "names: [cup]",
    },
    "YOLO without a list of names": {
        **photos("images"),
        **{f"labels/{n}.txt": YOLO for n in range(4)},
    },
    "YOLO by split": {
        **photos("train/images", "valid/images"),
        **{f"train/labels/{n}.txt": YOLO for n in range(4)},
    },
    "darknet": {
        **photos("obj_train_data"),
        **{f"obj_train_data/{n}.txt": YOLO for n in range(4)},
        "obj.names": "cup",
    },
    "Pascal VOC": {
        **photos("VOC2012/JPEGImages", "VOC2012/SegmentationClass"),
        **{f"VOC2012/Annotations/{n}.xml": VOC for n in range(4)},
    },
    "Pascal VOC beside each": {**photos("all of them"), "all of them/1.xml": VOC},
    "LabelMe": {**photos("pictures of cups"), "pictures of cups/1.json": SHAPES},
    "Supervisely": {**photos("ds0/img"), "ds0/ann/1.jpg.json": '{"objects": []}'},
    "CVAT": {**photos("images"), "annotations.xml": "<annotations/>"},
    "labels for Matlab (Flowers 102)": {**photos("jpg"), "imagelabels.mat": "", "setid.mat": ""},
    "parts with a table (HAM10000)": {
        **photos("HAM_images_part_1", "HAM_images_part_2"),
        "HAM_metadata.csv": "image_id,dx",
    },
    "a table": {**photos("train", "test"), "train.csv": TABLE},
    "a table beside one folder": {**photos("photos of all"), "table.csv": TABLE},
    "a table of names without endings": {
        **{f"images/Train_{n}.jpg": None for n in range(4)},
        "train.csv": "image_id,healthy,scab\nTrain_0,1,0\nTrain_1,0,1\n",
    },
    "a table of numbers": {
        **photos("photos of all"),
        "train.csv": "id,label\n0,1\n1,0\n2,1\n3,0\n",
    },
    "a table in JSON": {**photos(""), "list.json": '[{"file": "x/1.jpg", "label": 3}]'},
    "metadata of Hugging Face": {**photos("train"), "train/metadata.jsonl": "{}"},
    "Tiny ImageNet's validation alone": {
        **photos("val/images"),
        "val/val_annotations.txt": "0.jpg n01\n",
    },
    "sittings with boxes": {
        **photos("camera A", "camera B"),
        **{f"camera {side}/{n}.xml": VOC for side in "AB" for n in range(4)},
    },
    "sittings with boxes and a list of names": {
        **photos("desk", "floor"),
        **{f"{side}/{n}.txt": YOLO for side in ("desk", "floor") for n in range(4)},
        "classes.txt": "cup\nmug\n",
    },
    "images beside what was made of them": {
        **photos("train2017", "stuffthingmaps"),
        "annotations/instances_train2017.json": COCO,
    },
    "Edge Impulse's boxes": {**photos("training"), "training/bounding_boxes.labels": "{}"},
}


@pytest.mark.parametrize("files", ANNOTATED.values(), ids=ANNOTATED.keys())
def test_annotated_collections_are_refused(build, files):
    with pytest.raises(PhotoError, match="has no folder for each class.*stands in files such as"):
        read_collection(build(files))


FINE = {
    "classes with boxes": {**photos("cat", "dog"), "cat/1.xml": VOC, "dog/1.txt": YOLO},
    "classes with boxes in all": {
        **photos("cat", "dog"),
        **{
            f"{name}/{n}.xml": VOC.replace("cup", name) for name in ("cat", "dog") for n in range(4)
        },
    },
    "classes with a table of all": {**photos("cat", "dog"), "table.csv": TABLE},
    "classes below images": {**photos("images/cat", "images/dog"), "meta/train.json": COCO},
    "a phone's notes of one class": {
        **photos("cup"),
        "cup/1.jpg.json": '{"photoTakenTime": {"timestamp": "1"}, "geoData": {}}',
    },
    "captions of one class": {**photos("cup"), "cup/1.txt": "a red cup, 2 of them"},
    "notes beside one class": {
        **photos("cup"),
        "cup/README.txt": "1.jpg by me",
        "cup/a.csv": "1,2",
    },
    "a table of other things beside one class": {
        **{f"cup/cup2024-{n}.jpg": None for n in range(3)},
        "cup/prices.csv": "cup2024,3\ncup2024-1,4\n",
    },
}


@pytest.mark.parametrize("files", FINE.values(), ids=FINE.keys())
def test_classes_with_files_beside_them_are_taken(build, files):
    collection = read_collection(build(files))
    assert {photo.class_name for photo in collection.photos} <= {"cat", "dog", "cup"}
    assert len(collection.photos) == sum(place.endswith(".jpg") for place in files)


def test_level_takes_the_folders_that_a_person_names(build):
    source = build({**photos("train/cup", "test/cup"), "train/_annotations.coco.json": COCO})
    for level, names in ((0, {"set"}), (1, {"train", "test"}), (2, {"cup"})):
        photos_there = read_collection(source, level=level).photos
        assert {photo.class_name for photo in photos_there} == names
    with pytest.raises(PhotoError, match="at level 3; name another level"):
        read_collection(source, level=3)


def test_photographs_without_any_hint_are_refused(build):
    with pytest.raises(PhotoError, match="Nothing says which classes the 8 photographs"):
        read_collection(build(photos("train", "test")))
    with pytest.raises(PhotoError, match="Nothing says which classes the 4 photographs"):
        read_collection(build(photos(""), name="Downloads"))


def test_damaged_companions_are_no_reason_to_stop(build):
    deep = "[" * 100_000
    for name, content in (("a.json", deep), ("a.xml", "\0\xff"), ("a.csv", "\ud800"[:0])):
        collection = read_collection(build({**photos("cat", "dog"), name: content}))
        assert len(collection.photos) == 8
