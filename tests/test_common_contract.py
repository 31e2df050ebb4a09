"""The contract of methods holds for images, tagged tokens and utterances alike: one of each kind on real networks."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from common.base.seeds import seed_of
from common.data.examples import Batch
from common.detector import Probe
from common.detectors.mahalanobis import Mahalanobis
from common.detectors.odin import Odin
from common.features.fitted import Fitted
from common.features.linear_head import fitted_head, head_of
from common.features.moments import moments, whitener
from common.features.training_views import TrainingViews
from common.metrics.detection import roc_auc
from common.model import Classifier, View, look
from common.objective import LossObjective
from common.objectives.deep_ensemble import DeepEnsemble, Ensemble
from common.objectives.outlier_exposure import OBJECTIVE as OUTLIER_EXPOSURE
from common.training.exposure import joint_logits
from common.training.loop import fit_steps, place
from common.training.predict import predict
from common.training.probing import probe_scores, training_views
from common.training.setup import Setup, Stream
from common.training.steps import autocast, descend, set_rate
from common.training.uniform import uniform_cross_entropy
from tests.small_models import BUDGET, CLASSES, KINDS, Trained, first_rows, same


@dataclass(frozen=True)
class ClassMeans(Probe):
    """Distance to the nearest class mean: the detector of CONTRIBUTING.md."""

    def fit(self, train: TrainingViews) -> Fitted:
        return {"means": train.moments().means.float()}

    def score(self, view: View, fitted: Fitted) -> Tensor:
        return -torch.cdist(view.features, fitted["means"]).amin(1)


@dataclass(frozen=True)
class Longest(Probe):
    """A score of a group: how many rows it has."""

    per: ClassVar = "group"

    def score(self, view: View, fitted: Fitted) -> Tensor:
        assert view.batch is not None
        return torch.bincount(view.row_of, minlength=len(view.batch)).float()


@pytest.fixture(scope="module", params=list(KINDS))
def trained(request: pytest.FixtureRequest) -> Trained:
    return KINDS[request.param]()


def scores(trained: Trained, probe: Probe, which: str = "test") -> np.ndarray:
    views = training_views(trained.model, trained.train, [probe], seed=0)
    return probe_scores(trained.model, getattr(trained, which), {"it": (probe, probe.fit(views))})["it"]


def test_a_view_has_the_rows_that_prediction_has(trained: Trained) -> None:
    outputs = predict(trained.model, trained.test)
    whole = trained.test.batch(torch.arange(len(trained.test)))
    with torch.inference_mode():
        view = look(trained.model, whole, inputs=True)
    assert np.allclose(view.logits, outputs.scored_logits, atol=1e-4)
    assert view.logits.shape[1] == CLASSES and view.features.shape[0] == len(view.logits)
    assert view.inputs is not None and len(view.inputs) == len(view.logits)
    if outputs.groups is not None:
        assert np.array_equal(view.row_of, outputs.groups)
    assert (view.labels is None) == (outputs.labels is None)


@pytest.mark.parametrize("probe", [Mahalanobis(), ClassMeans(), Odin(temperature=10.0, epsilon=0.05)])
def test_probes_score_every_row_and_tell_data_that_look_otherwise(trained: Trained, probe: Probe) -> None:
    inside, outside = scores(trained, probe), scores(trained, probe, "outside")
    assert len(inside) == len(predict(trained.model, trained.test).logits)
    inside, outside = inside[~np.isnan(inside)], outside[~np.isnan(outside)]
    assert roc_auc(inside, outside) > 0.6, "a confidence: higher means more in-distribution"


@pytest.mark.parametrize("probe", [Mahalanobis(), Odin(temperature=10.0, epsilon=0.05)])
def test_scores_depend_on_neither_order_nor_size_of_batches(
    trained: Trained, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scores(trained, probe)
    monkeypatch.setattr("common.training.probing.BATCH", 7)
    part = scores(trained, probe)
    assert np.array_equal(np.isnan(whole), np.isnan(part))
    assert np.allclose(whole, part, rtol=1e-2, atol=1e-3, equal_nan=True)


def test_an_input_step_raises_what_it_is_to_raise(trained: Trained) -> None:
    batch = trained.test.batch(torch.arange(20))
    view = look(trained.model.eval(), batch, gradient=True)
    before = view.logits.log_softmax(1).amax(1)
    after = view.stepped(before, 0.01).logits.log_softmax(1).amax(1)
    assert after.sum() > before.sum()
    with torch.no_grad():
        assert same(view.stepped(before, 0.0).logits, view.logits)


def test_steps_of_several_sizes_share_the_direction_of_an_objective_that_has_a_name(trained: Trained) -> None:
    view = look(trained.model.eval(), trained.test.batch(torch.arange(20)), gradient=True)
    objective = view.logits.log_softmax(1).amax(1)
    alone = [view.stepped(objective, epsilon).logits for epsilon in (0.01, 0.1)]
    shared = [view.stepped(objective, epsilon, "confidence").logits for epsilon in (0.01, 0.1)]
    assert all(torch.equal(one, other) for one, other in zip(alone, shared, strict=True))
    again = view.stepped(-objective, 0.1, "confidence").logits  # the name says what the objective is
    assert torch.equal(again, shared[1]) and not torch.equal(view.stepped(-objective, 0.1).logits, again)


def test_probes_without_an_input_step_see_no_autograd_graph(trained: Trained) -> None:
    @dataclass(frozen=True)
    class Watching(Probe):
        gradient: ClassVar[bool] = False

        def score(self, view: View, fitted: Fitted) -> Tensor:
            assert not view.features.requires_grad and not view.logits.requires_grad
            assert not torch.is_grad_enabled()
            return view.features.sum(1)

    probes = {"watching": (Watching(), {}), "odin": (Odin(), {"step": torch.tensor(0.01)})}
    together = probe_scores(trained.model, trained.test, probes)
    assert Odin().steps and not Odin(epsilon=0.0).steps, "no step, no graph"
    alone = probe_scores(trained.model, trained.test, {"watching": probes["watching"]})
    assert np.array_equal(together["watching"], alone["watching"], equal_nan=True)


def test_frames_of_the_blank_are_neither_learned_from_nor_scored() -> None:
    trained = KINDS["utterances"]()
    views = training_views(trained.model, trained.train, [], seed=0)
    outputs = predict(trained.model, trained.train)
    blank = outputs.logits.argmax(1) == CLASSES
    assert 0 < blank.sum() < len(blank)
    assert len(views.features) == (~blank).sum() and views.labels is None
    assert torch.equal(views.classes, views.logits.argmax(1)), "transcripts have no label a frame: the predicted class"
    test = predict(trained.model, trained.test)
    assert np.array_equal(np.isnan(scores(trained, ClassMeans())), test.logits.argmax(1) == CLASSES)


@pytest.mark.parametrize("probe", [ClassMeans(), Odin(1000.0, 0.0), Odin(10.0, 0.1)])
def test_scored_frames_have_the_scores_that_a_view_of_all_frames_gives_them(probe: Probe) -> None:
    """A step moves by the gradient of scored frames alone: the others have no part in the sum."""
    trained = KINDS["utterances"]()
    views = training_views(trained.model, trained.train, [probe], seed=0)
    fitted = probe.fit(views)
    index = torch.arange(len(trained.test))
    view = look(trained.model, trained.test.batch(index), gradient=True)
    kept = view.logits.new_ones(len(view.logits), dtype=torch.bool) if view.unscored is None else ~view.unscored
    every = probe.score(view, fitted).detach().numpy()
    seen = probe_scores(trained.model, trained.test, {"it": (probe, fitted)})["it"]
    some = ~np.isnan(seen)
    assert np.array_equal(some, kept.numpy()) and 0 < some.sum() < len(some)
    if probe.gradient and getattr(probe, "epsilon", 0):
        assert not np.allclose(seen[some], every[some], rtol=1e-6)
    else:
        assert np.allclose(seen[some], every[some], rtol=1e-5, atol=1e-6)


def test_a_probe_may_score_groups(trained: Trained) -> None:
    found = scores(trained, Longest())
    lengths = trained.test.lengths
    assert len(found) == len(trained.test)
    assert found.tolist() == ([1.0] * len(found) if lengths is None else lengths.tolist())


def test_a_large_training_set_gives_a_seeded_sample(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = training_views(trained.model, trained.train, [], seed=0)
    monkeypatch.setattr("common.training.probing.ROWS", 50)
    monkeypatch.setattr("common.training.probing.BATCH", 20)
    one, again, other = (training_views(trained.model, trained.train, [], seed) for seed in (0, 0, 1))
    assert len(one.features) == 50 and one.total == pytest.approx(whole.total, rel=0.5)
    assert torch.equal(one.features, again.features) and not torch.equal(one.features, other.features)


def test_a_sample_of_training_rows_is_the_first_drawn_examples_of_whatever_length(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("common.training.probing.ROWS", 30)
    views = training_views(trained.model, trained.train, [], seed=0)
    generator = torch.Generator().manual_seed(seed_of(0, "training views"))
    drawn = torch.randperm(len(trained.train), generator=generator)
    kept = views.row_of.unique()
    assert set(kept.tolist()) == set(drawn[: len(kept)].tolist())


def test_the_last_layer_is_found_and_a_bent_one_is_not(trained: Trained) -> None:
    views = training_views(trained.model, trained.train, [], seed=0)
    assert views.head is not None and same(views.head(views.features), views.logits)
    fitted = fitted_head(views.features, views.logits)
    assert fitted is not None and torch.allclose(fitted(views.features), views.logits, atol=1e-2)
    bent = views.logits.square()
    assert head_of(trained.model, views.features, bent) is None and fitted_head(views.features, bent) is None


def test_moments_are_those_of_numpy() -> None:
    generator = np.random.default_rng(0)
    rows, classes = generator.normal(5, 2, (300, 6)), generator.integers(0, 4, 300)
    classes[classes == 2] = 3  # a class without rows
    found = moments(torch.from_numpy(rows).float(), torch.from_numpy(classes))
    rows = rows.astype(np.float32).astype(np.float64)
    means = np.stack([rows[classes == kind].mean(0) for kind in (0, 1, 3)])
    centred = rows - means[np.searchsorted([0, 1, 3], classes)]
    np.testing.assert_allclose(found.means, means, rtol=1e-9)
    np.testing.assert_allclose(found.tied, centred.T @ centred / 300, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(found.whole, np.cov(rows.T, bias=True), rtol=1e-7, atol=1e-9)
    whiten = whitener(found.tied).numpy()
    np.testing.assert_allclose(whiten.T @ whiten, np.linalg.inv(found.tied), rtol=1e-3)


def test_outliers_share_the_forward_pass_unless_they_are_sequences_that_nothing_normalises(trained: Trained) -> None:
    batch, outliers = trained.train.batch(torch.arange(9)), trained.outside.batch(torch.arange(5))
    sizes: list[int] = []
    hook = trained.model.register_forward_pre_hook(lambda module, inputs: sizes.append(len(inputs[0])))
    joint_logits(trained.model, batch, outliers)
    trained.model.normalises = nn.BatchNorm1d(1)
    joint_logits(trained.model, batch, outliers)
    del trained.model.normalises
    hook.remove()
    assert sizes == ([14, 14] if batch.lengths is None else [9, 5, 14])


def test_each_side_of_an_exposure_is_as_it_would_be_alone(trained: Trained) -> None:
    batch, outliers = trained.train.batch(torch.arange(9)), trained.outside.batch(torch.arange(5))
    model = trained.model.eval()
    with torch.no_grad():
        known, unknown = joint_logits(model, batch, outliers)
        assert torch.allclose(known, model(batch), atol=1e-4) and torch.allclose(unknown, model(outliers), atol=1e-4)
        view = look(model, outliers)
        expected = -view.logits.log_softmax(1).mean() - np.log(CLASSES)
    found = uniform_cross_entropy(model, unknown, outliers) - np.log(CLASSES)
    assert float(found) == pytest.approx(float(expected), abs=1e-4), "uniform over the scored classes, no padding"


def test_outlier_exposure_makes_outliers_less_sure_and_forgets_nothing(trained: Trained) -> None:
    before = predict(trained.model, trained.outside).logit_scores["log_msp"].mean()
    sure = predict(trained.model, trained.test).logit_scores["log_msp"].mean()
    state = {name: value.clone() for name, value in trained.model.state_dict().items()}
    setup = trained.setup(budget=replace(BUDGET, epochs=30, batch_size=8, learning_rate=3e-3))
    OUTLIER_EXPOSURE.train(trained.model, setup)
    after = predict(trained.model, trained.outside).logit_scores["log_msp"].mean()
    still = predict(trained.model, trained.test).logit_scores["log_msp"].mean()
    trained.model.load_state_dict(state)
    assert after < before - 0.1 and still - after > sure - before


def test_an_ensemble_answers_with_the_mean_probability_of_its_members(trained: Trained) -> None:
    objective = DeepEnsemble(members=2)
    torch.manual_seed(1)
    fresh = iter([trained.model, _another(trained)])
    ensemble = objective.wrap(lambda: next(fresh), trained.train)
    assert isinstance(ensemble, Ensemble)
    outputs = predict(ensemble, trained.test)
    each = [predict(member, trained.test) for member in (ensemble._members())]
    probabilities = [np.exp(one.logits - np.logaddexp.reduce(one.logits, 1, keepdims=True)) for one in each]
    np.testing.assert_allclose(np.exp(outputs.logits), np.mean(probabilities, 0), atol=1e-4)
    assert (outputs.row_extras["mutual_information"] <= 0).all() and outputs.row_extras["mutual_information"].min() < 0
    assert set(outputs.group_extras) == set(each[0].group_extras), "an ensemble spells too"
    batch = trained.test.batch(torch.arange(4))
    view = look(ensemble, batch, gradient=True)
    assert view.stepped(view.logits.amax(1), 0.01).logits.shape == view.logits.shape


def test_padding_plays_no_part_in_the_spread_of_an_ensembles_input(trained: Trained) -> None:
    alone = training_views(trained.model, trained.train, [Odin()], seed=0).input_std
    twice = training_views(Ensemble([trained.model] * 2), trained.train, [Odin()], seed=0).input_std
    assert twice == pytest.approx(alone, rel=1e-6)


def _another(trained: Trained) -> Classifier:
    import copy

    other = copy.deepcopy(trained.model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    return other


def test_members_have_seeds_and_files_of_their_own_and_a_finished_one_is_not_trained_again(tmp_path: Path) -> None:
    trained = KINDS["images"]()
    ensemble = Ensemble([_another(trained) for _ in range(2)])
    objective, setup = DeepEnsemble(members=2), trained.setup(checkpoints=tmp_path)
    objective.train(ensemble, setup)
    files = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("member.checkpoint"))
    assert files == ["member0/member.checkpoint", "member1/member.checkpoint"]
    again = Ensemble([_another(trained) for _ in range(2)])
    (tmp_path / files[1]).unlink()
    objective.train(again, setup)
    first, second = again._members()
    assert all(same(a, b) for a, b in zip(first.parameters(), ensemble._members()[0].parameters(), strict=True))
    assert not all(same(a, b) for a, b in zip(second.parameters(), first.parameters(), strict=True))


def test_the_first_member_is_the_network_that_the_own_objective_trains() -> None:
    trained = KINDS["images"]()
    ensemble, alone = Ensemble([_another(trained) for _ in range(2)]), _another(trained)
    alone.load_state_dict(ensemble._members()[0].state_dict())
    setup = trained.setup()
    LossObjective(setup.own_criterion("deep_ensemble")).train(alone, setup)
    DeepEnsemble(members=2).train(ensemble, setup)
    assert all(same(a, b) for a, b in zip(ensemble._members()[0].parameters(), alone.parameters(), strict=True))
    DeepEnsemble(members=2).train(ensemble, replace(setup, own_network=lambda: trained.model))
    first, second = ensemble._members()
    assert all(same(a, b) for a, b in zip(first.parameters(), trained.model.parameters(), strict=True))
    assert not all(same(a, b) for a, b in zip(second.parameters(), trained.model.parameters(), strict=True))


class Adversaries:
    """Two networks and two optimisers, as a GAN has: the second learns to undo the first's biases."""

    def __init__(self, model: Classifier, setup: Setup) -> None:
        torch.manual_seed(0)
        self.model, self.other = model, nn.Linear(CLASSES, CLASSES)
        for network in (self.model, self.other):
            place(network, setup)
        self.optimizers = [torch.optim.Adam(one.parameters(), lr=1e-2) for one in (self.model, self.other)]

    def __call__(self, batch: Batch, beside: dict[str, Batch], rate: float, weight: float) -> Tensor:
        with autocast(batch.inputs.device, BUDGET):
            logits = self.model(batch)
            loss = nn.functional.cross_entropy(logits, batch.labels) + self.model(beside["more"]).square().mean()
        set_rate(self.optimizers[0], 1e-2 * rate)
        descend(self.optimizers[0], loss, weight)
        descend(self.optimizers[1], self.other(logits.detach()).square().mean() + torch.rand(()), weight)
        return loss.detach()

    def parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        first, second = self.optimizers
        return {"model": self.model, "other": self.other, "first": first, "second": second}


def test_a_step_with_two_networks_and_optimisers_survives_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = KINDS["images"]()
    start = {name: value.clone() for name, value in trained.model.state_dict().items()}
    beside = {"more": Stream(trained.outside, 10)}
    monkeypatch.setattr("common.training.checkpoint.SECONDS_BETWEEN", 0.0)

    class Killer:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            if done == 4:
                raise KeyboardInterrupt

    def run(**changes: object) -> list[Tensor]:
        trained.model.load_state_dict(start)
        setup = trained.setup(**changes)
        step = Adversaries(trained.model, setup)
        fit_steps(trained.model, step, setup, beside=beside)
        return [*trained.model.state_dict().values(), *step.other.state_dict().values()]

    unbroken = [value.clone() for value in run()]
    with pytest.raises(KeyboardInterrupt):
        run(checkpoints=tmp_path, progress=Killer())
    continued = run(checkpoints=tmp_path)
    assert all(torch.equal(one, other) for one, other in zip(unbroken, continued, strict=True))


def test_a_stream_goes_through_all_its_examples_before_it_repeats_one() -> None:
    trained = KINDS["images"]()
    seen: list[int] = []

    def loss(model: Classifier, batch: Batch, beside: dict[str, Batch]) -> Tensor:
        seen.extend(beside["few"].index.tolist())
        return model(batch).square().mean()

    from common.training.loop import fit

    few = Stream(first_rows(trained.outside, 10), 4)
    fit(trained.model, loss, trained.setup(budget=replace(BUDGET, epochs=1)), beside={"few": few})
    steps = -(-400 // BUDGET.batch_size)
    assert len(seen) == 4 * steps
    assert all(sorted(seen[i : i + 10]) == list(range(10)) for i in range(0, len(seen) - 10, 10))
