"""No kernel reads or writes a byte that is not its own, whatever the model.

Every tensor and every part of the working memory has pages of its own, with pages that nobody may
touch around them (run_guarded.py). tests/soak/guard_bands.py takes tens of thousands of these.
"""

import guard_cases
import numpy as np
import pytest
from degenerate_models import MAKERS, model_of
from hypothesis import given, settings
from hypothesis import strategies as st
from op_models import RELU, SAME, VALID, Op, Options, Tensor, one_operator, schema


def narrow_convolution(size, filter_size, strides, padding, depth, zero_point=77) -> bytes:
    """A CONV_2D whose weights are narrow enough for two pixels at once."""
    options = schema.Conv2DOptionsT()
    options.strideH, options.strideW = strides
    options.dilationHFactor = options.dilationWFactor = 1
    options.padding, options.fusedActivationFunction = padding, RELU
    sizes = zip(size, filter_size, strides, strict=True)
    out = [-(-n // s) if padding == SAME else (n - f) // s + 1 for n, f, s in sizes]
    tensors = [
        Tensor((1, *size, depth), 0.1, zero_point),
        Tensor((), 0.1, 0, np.ones((3, *filter_size, depth), np.int8)),
        Tensor((), 0.01, 0, np.arange(3).astype(np.int32)),
    ]
    target = Tensor((1, *out, 3), 2.5, 5)
    return one_operator(Op.CONV_2D, tensors, target, (Options.Conv2DOptions, options))


ALONE = {
    "one pixel": ((1, 1), (1, 1), (2, 2), SAME),
    "stride beyond": ((1, 3), (1, 1), (1, 64), VALID),
    "stride larger than filter": ((1, 9), (1, 1), (1, 4), SAME),
    "filter larger than input": ((1, 1), (1, 9), (1, 7), SAME),
    "one row of many": ((4, 5), (4, 2), (1, 3), VALID),
}


@pytest.mark.parametrize("depth", [16, 4096])
@pytest.mark.parametrize("case", ALONE)
def test_last_pixel_without_a_partner(case, depth, guarded):
    """In a row of an odd number of outputs, the last one's partner lies beyond the input."""
    model = narrow_convolution(*ALONE[case], depth)
    for at in range(4):
        assert not guard_cases.wrong_with_kernel(guarded, model, at)


EXAMPLES = {"conv": 12}


@pytest.mark.parametrize("kind", MAKERS)
def test_degenerate_shapes(kind, guarded):
    examples = EXAMPLES.get(kind, 4) // (4 if guarded.is_emulated else 1)

    @settings(max_examples=examples, deadline=None, database=None)
    @given(st.randoms(use_true_random=False))
    def stays_inside(choices):
        at = choices.randrange(4)  # of each parity
        assert not guard_cases.wrong_with_kernel(guarded, model_of(choices, kind), at)

    stays_inside()


def test_damaged_models_stay_inside(guarded):
    """Refused or run, but for each the same whether tensors share memory or not."""
    for seed in range(1 if guarded.is_emulated else 15):
        answer = guarded(guard_cases.damaged_case(seed), guard_cases.place_of(seed))
        assert answer.is_right, (seed, answer)
