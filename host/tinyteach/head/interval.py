"""How far a share that was counted can be from the true one."""

import math

Z_95 = 1.96  # standard deviations on either side of the middle that hold 95 %


def wilson(share: float, count: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a ``share`` of ``count`` independent cases, at least 1.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", Journal
    of the American Statistical Association 22 (1927).
    """
    spread = Z_95**2 / count
    middle = (share + spread / 2) / (1 + spread)
    variance = share * (1 - share) / count + spread / (4 * count)
    half = Z_95 / (1 + spread) * math.sqrt(variance)
    return max(0.0, middle - half), min(1.0, middle + half)
