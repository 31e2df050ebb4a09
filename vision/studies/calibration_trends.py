"""What makes a network overconfident? Depth, width, batch normalisation, weight decay, and depth with width.

Source of the claims: Guo, Pleiss, Sun & Weinberger (ICML 2017), arXiv:1706.04599, figure 2: the calibration error of
residual networks on CIFAR-100 grows with depth, with width and with batch normalisation, and falls with weight decay.
Growing depth and width together follows the idea of Tan & Le (ICML 2019), arXiv:1905.11946, section 3.

Perceptrons are trained on 1,000 digits, so that the networks are larger than the data, as there; seconds a network.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from common.store.rows import Row
from common.study import Claim, Study, Variant, falling, ordered, variants_table
from common.study_figures import error
from common.task import Budget, Model, Task

EXAMPLES = 1_000
ECE, TEMPERATURE = "ECE", "temperature x 100"
AFTERWARDS = "Overconfidence itself (claim added when the first figures were known)"


def _smaller(budget: Budget, weight_decay: float) -> Budget:
    return replace(budget, examples=EXAMPLES, test_examples=None, weight_decay=weight_decay)


def _changed(task: Task, depth: int, width: int, batch_norm: bool, weight_decay: float) -> Task:
    return replace(
        task,
        ood=(),
        augment=None,
        model=Model("plain_mlp", {"depth": depth, "width": width, "batch_norm": batch_norm}),
        quick=_smaller(task.quick, weight_decay),
        paper=_smaller(task.paper, weight_decay),
    )


def _network(name: str, depth: int = 2, width: int = 128, batch_norm: bool = False, decay: float = 0.0) -> Variant:
    change = partial(_changed, depth=depth, width=width, batch_norm=batch_norm, weight_decay=decay)
    return Variant(name, change=change)


def _of_msp(figure: str) -> Callable[[Sequence[Row]], float | None]:
    def read(rows: Sequence[Row]) -> float | None:
        found = [getattr(row, figure) for row in rows if row.question == "misclassification" and row.detector == "msp"]
        return None if not found or found[0] is None else 100 * float(found[0])

    return read


DEPTHS, WIDTHS, DECAYS = (1, 2, 4, 8), (16, 64, 256, 1024), (0.0, 1e-4, 1e-3, 1e-2)
TOGETHER = ((1, 32), (2, 64), (4, 128), (8, 256))

STUDY = Study(
    title="What makes a network overconfident?",
    tasks=("vision/mnist",),
    variants=(
        *(_network(f"depth {depth}", depth=depth) for depth in DEPTHS),
        *(_network(f"width {width}", width=width) for width in WIDTHS),
        _network("no batch normalisation", depth=4),
        _network("batch normalisation", depth=4, batch_norm=True),
        *(_network(f"weight decay {decay:g}", decay=decay) for decay in DECAYS),
        *(_network(f"depth {depth} with width {width}", depth=depth, width=width) for depth, width in TOGETHER),
    ),
    measure=variants_table(
        {
            ECE: _of_msp("ece"),
            "ECE, scaled": _of_msp("ece_scaled"),
            TEMPERATURE: _of_msp("temperature"),
            "NLL x 100": _of_msp("nll"),
            "test error": error,
        }
    ),
    claims=(
        Claim("ECE grows from the shallowest to the deepest network.", ordered(ECE, "depth 1", "depth 8")),
        Claim("ECE grows from the narrowest to the widest network.", ordered(ECE, "width 16", "width 1024")),
        Claim("ECE is larger with batch normalisation.", ordered(ECE, "no batch normalisation", "batch normalisation")),
        Claim("ECE falls from no weight decay to the largest.", falling(ECE, "weight decay 0", "weight decay 0.01")),
        Claim(
            "ECE grows where depth and width grow together.",
            ordered(ECE, "depth 1 with width 32", "depth 8 with width 256"),
        ),
        Claim(
            f"{AFTERWARDS}: the temperature grows with each step in depth.",
            ordered(TEMPERATURE, *(f"depth {depth}" for depth in DEPTHS)),
        ),
        Claim(
            f"{AFTERWARDS}: the temperature grows with each step in width.",
            ordered(TEMPERATURE, *(f"width {width}" for width in WIDTHS)),
        ),
        Claim(
            f"{AFTERWARDS}: the temperature is larger with batch normalisation.",
            ordered(TEMPERATURE, "no batch normalisation", "batch normalisation"),
        ),
        Claim(
            f"{AFTERWARDS}: the temperature falls with each step in weight decay.",
            falling(TEMPERATURE, *(f"weight decay {decay:g}" for decay in DECAYS)),
        ),
        Claim(
            "Temperature scaling takes at least half of the deepest network's ECE away.",
            lambda table: (
                None if "depth 8" not in table else table["depth 8"]["ECE, scaled"] < table["depth 8"][ECE] / 2
            ),
        ),
    ),
    picture=(ECE, "ECE, scaled"),
    # Small networks are underconfident here (temperature below 1), so that ECE has a minimum between the ends.
    notes=(
        f"Networks are trained on {EXAMPLES:,} digits; weight decay is the coefficient of half the squared norm of all "
        "weights, added to the loss.",
        "ECE is large for underconfident networks too. The best temperature, in hundredths, is above 100 where one "
        "is overconfident and below where it is underconfident, as the smallest are here.",
        "The published trends are those of residual networks on CIFAR-100; the same is asked here of perceptrons.",
    ),
)
