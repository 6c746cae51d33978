"""What systems, file managers and network drives leave beside photographs: never a photograph."""

# All in small letters. Names that begin with a dot are litter, too.
_LITTER = frozenset(
    {
        "thumbs.db",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "desktop.ini",
        "picasa.ini",
        "icon\r",
        "zbthumbnail.info",
        "$recycle.bin",
        "system volume information",
        "lost+found",
        "lost.dir",
        "@eadir",
        "@__thumb",
        "@recycle",
        "@recently-snapshot",
        "@tmp",
        "#recycle",
        "#snapshot",
        "__pycache__",
    }
)
_BEGINNINGS = (".", "__macosx", "~$")
# What Windows keeps of a download's origin, as other systems see it: after a colon, or after the
# private character that stands for one where a name may hold none.
_ENDINGS = (":zone.identifier", "\uf03azone.identifier")


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is passed over without a word."""
    folded = name.lower()
    return folded in _LITTER or folded.startswith(_BEGINNINGS) or folded.endswith(_ENDINGS)
