"""Is a learned confidence better than the MSP of the same network, and do hints cost what they may?

Networks of images, texts and speech learn with hints, at the published budget and at a larger one.

Source of the claims: DeVries & Taylor (2018), arXiv:1802.04865: the learned confidence tells OOD images from
in-distribution ones better than the MSP, and the cost of hints is kept near its budget.
"""

from collections.abc import Sequence
from itertools import product

from common.store.rows import Row
from common.study import Claim, RowsOf, Study, Table, Variant, comparing, with_options
from common.study_figures import error, ood_mean, right_wrong

OBJECTIVE, STEPPED = "learned_confidence", "learned_confidence_stepped"
TASKS = ("vision/mnist", "nlp/reuters52", "speech/digits")
BUDGET = 0.3
BUDGETS = (BUDGET, 1.0)
OOD, OOD_MSP = "OOD, confidence", "OOD, MSP"
RIGHT, RIGHT_MSP = "right/wrong, confidence", "right/wrong, MSP"
COST = "cost, % of budget"


def measure(rows: RowsOf) -> Table:
    """Return AUROCs of the confidence and of the MSP of the same network, and what hints cost."""
    table = {}
    for (task, variant), own in rows.items():
        values = {
            OOD: ood_mean(own, detector=OBJECTIVE),
            "OOD, with input step": ood_mean(own, detector=STEPPED),
            OOD_MSP: ood_mean(own),
            RIGHT: right_wrong(own, OBJECTIVE),
            RIGHT_MSP: right_wrong(own),
            COST: _cost(own, variant),
            "test error": error(own),
        }
        table[_subject(task, variant)] = {name: value for name, value in values.items() if value is not None}
    return table


def _cost(rows: Sequence[Row], variant: str) -> float | None:
    """Return what hints cost in the mean of the test rows, in percent of the budget."""
    told = [row.detector_options["cost"] for row in rows if row.detector == OBJECTIVE]
    return 100 * float(told[0]) / float(variant.split()[-1]) if told else None


def _budget(value: float) -> str:
    return f"budget {value:g}"


def _subject(task: str, variant: str) -> str:
    return f"{task.split('/')[1]}, {variant}"


def _above(says: str, task: str, before: str, after: str) -> Claim:
    """Return a claim on two figures of the network with the published budget."""

    def holds(table: Table) -> bool | None:
        own = table.get(_subject(task, _budget(BUDGET)), {})
        return own[after] > own[before] if before in own and after in own else None

    return Claim(f"{task}: {says}", holds)


STUDY = Study(
    title="Is a learned confidence better than the MSP?",
    tasks=TASKS,
    variants=(*(Variant(_budget(value), OBJECTIVE, with_options(OBJECTIVE, budget=value)) for value in BUDGETS),),
    measure=measure,
    claims=(
        *(_above("the confidence tells OOD better than the MSP does.", task, OOD_MSP, OOD) for task in TASKS),
        *(_above("the confidence tells right from wrong better.", task, RIGHT_MSP, RIGHT) for task in TASKS),
        *(
            Claim(
                f"{task}: hints cost between half and twice the {_budget(budget)}.",
                comparing(COST, _subject(task, _budget(budget)), holds=lambda cost: 50 <= cost <= 200),
            )
            for task, budget in product(TASKS, BUDGETS)
        ),
    ),
    detectors=("msp", OBJECTIVE, STEPPED),
    picture=(OOD, OOD_MSP),
    subject="task and budget",
    notes=(
        "AUROC of two scores of the same network; OOD: mean over all OOD sets, with all test examples. "
        "The published networks see images cut and cropped, these do not.",
        "Cost: -mean log c over the test examples, in percent of the budget, near which training keeps that of its own "
        f"examples; {BUDGET:g} is published. Hints gain nothing where a network makes hardly an error on its training "
        "examples, as that of digits here: their cost then stays below the budget, however cheap they become.",
    ),
)
