"""A model as C: an array, a header and labels, for C99, C11 and C++ alike."""

from collections.abc import Sequence

NAME = "tinyteach_model"
_BYTES_A_LINE = 16

_HEADER = """\
/* A TinyTeach classifier: {side} x {side} RGB pixels less 128 in, {outputs} scores out. */
#ifndef TINYTEACH_MODEL_H
#define TINYTEACH_MODEL_H

#include <stddef.h>

#define TINYTEACH_SIDE {side}
#define TINYTEACH_OUTPUTS {outputs}
/* The first so many outputs are classes; one more is what is none of them. */
#define TINYTEACH_CLASSES {classes}
/* A best class whose score + 128 is below is unknown; the probability is (score + 128) / 256. */
#define TINYTEACH_THRESHOLD {threshold}

#ifdef __cplusplus
extern "C" {{
#endif

extern const unsigned char {name}[];
extern const size_t {name}_bytes;
extern const char *const tinyteach_labels[TINYTEACH_OUTPUTS];

#ifdef __cplusplus
}}
#endif

#endif
"""

_SOURCE = """\
#include "{name}.h"

/* TFLite Micro reads the model in place, as numbers of up to 16 bytes. */
#if defined(__GNUC__)
__attribute__((aligned(16)))
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
_Alignas(16)
#endif
const unsigned char {name}[] = {{
{content}
}};

const size_t {name}_bytes = sizeof({name});

const char *const tinyteach_labels[TINYTEACH_OUTPUTS] = {{
{labels}
}};
"""


def c_header(outputs: Sequence[str], classes: int, threshold: int, side: int) -> str:
    """What declares the array, the labels and what is to be known of them."""
    numbers = {"outputs": len(outputs), "classes": classes, "threshold": threshold, "side": side}
    return _HEADER.format(name=NAME, **numbers)


def c_source(content: bytes, outputs: Sequence[str]) -> str:
    """What defines them."""
    lines = (
        content[at : at + _BYTES_A_LINE].hex(",") for at in range(0, len(content), _BYTES_A_LINE)
    )
    rows = ("0x" + line.replace(",", ",0x") + "," for line in lines)
    labels = (f"  {c_string(label)}," for label in outputs)
    return _SOURCE.format(name=NAME, content="\n".join(rows), labels="\n".join(labels))


def c_string(text: str) -> str:
    """A string literal of the text's UTF-8: of printable ASCII, so that any compiler reads it."""
    return '"' + "".join(map(_c_character, text.encode())) + '"'


def _c_character(byte: int) -> str:
    # A question mark may begin a trigraph.
    return chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}"
