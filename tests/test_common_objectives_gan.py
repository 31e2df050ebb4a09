"""The GAN objective: its three losses, padding, what the classifier says of what is generated, and a kill."""

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from common.base.errors import UserError
from common.data.examples import TensorDataset
from common.experiment import Experiment, RunOptions
from common.objectives.gan import OBJECTIVE, GanStep, gan_step
from common.training.adversary import NOISE, Generator, Range
from common.training.embedded import Vectors, shortened
from common.training.loop import fit_steps
from tests.small_models import BUDGET, CLASSES, KINDS, Trained, padded_further


@pytest.fixture(scope="module", params=list(KINDS))
def trained(request: pytest.FixtureRequest) -> Trained:
    return KINDS[request.param]()


def step_of(trained: Trained, **changes: object) -> GanStep:
    step = gan_step(trained.model.eval(), trained.setup(**changes))[0]
    step.generator.eval()
    return step


def made(step: GanStep, trained: Trained, count: int = 6) -> tuple[Vectors, Range, Tensor]:
    batch = trained.train.batch(torch.arange(count))
    torch.manual_seed(1)
    with torch.no_grad():
        embedded = trained.model.embed(batch)
        layout = Vectors.of(embedded, batch, "gan")
        return layout, Range.of(layout.split(embedded), layout), step.generator.sample(layout)


def test_the_classifier_learns_from_real_examples_and_is_to_be_unsure_of_generated_ones(trained: Trained) -> None:
    step, batch = step_of(trained), trained.train.batch(torch.arange(6))
    layout, values, unit = made(step, trained)
    fake = layout.joined(values.from_unit(unit))
    with torch.no_grad():
        known, of_made = step.joint_logits(batch, batch, fake)
        own, unsure = trained.own.criterion(trained.model, known, batch), step.unsure(batch, of_made)
        logits = trained.model.classify(trained.model.encode(fake, batch))
        expected = float(trained.own.criterion(trained.model, trained.model(batch), batch))
        if logits.ndim == 3:
            logits = logits[layout.inside]
    log_p = logits[:, :CLASSES].double().log_softmax(1).numpy()
    assert float(own) == pytest.approx(expected, abs=1e-3)
    assert float(unsure) == pytest.approx(-(log_p + np.log(CLASSES)).mean(), abs=1e-3), "KL(uniform || p)"


def test_padding_plays_no_part_in_any_of_the_losses(trained: Trained) -> None:
    step, batch = step_of(trained), trained.train.batch(torch.arange(6))
    layout, values, unit = made(step, trained)
    longer = padded_further(batch)
    with torch.no_grad():
        wide = Vectors.of(trained.model.embed(longer), longer, "gan")
        real = layout.split(trained.model.embed(batch))
        assert torch.allclose(real, wide.split(trained.model.embed(longer)))
        found = step.unsure(batch, step.made_logits(batch, batch, layout.joined(values.from_unit(unit))))
        padded = step.unsure(longer, step.made_logits(longer, longer, wide.joined(values.from_unit(unit))))
    assert float(found) == pytest.approx(float(padded), abs=1e-3)
    assert torch.equal(wide.split(wide.joined(unit)), unit) and len(wide.example) == len(unit)


def test_the_discriminator_minimises_the_cross_entropy_of_real_and_generated(trained: Trained) -> None:
    step = step_of(trained)
    layout, values, unit = made(step, trained)
    with torch.no_grad():
        real = values.to_unit(layout.split(trained.model.embed(trained.train.batch(torch.arange(6)))))
        of_real, of_made = (step.discriminator(one).double().numpy() for one in (real, unit))
        found = float(step.discrimination(real, unit))
    assert real.min() >= 0 and real.max() <= 1 + 1e-6 and unit.min() >= 0 and unit.max() <= 1
    assert found == pytest.approx(np.log1p(np.exp(-of_real)).mean() + np.log1p(np.exp(of_made)).mean(), rel=1e-4)


def test_generated_sequences_may_be_shorter_than_the_real_ones_beside_them() -> None:
    trained = KINDS["tokens"]()
    step, batch = step_of(trained), trained.train.batch(torch.arange(6))
    short = shortened(batch, 2, 100)
    assert short.lengths is not None and batch.lengths is not None
    assert short.lengths.tolist() == [min(int(length), 2) for length in batch.lengths]
    with torch.no_grad():
        fake = trained.model.embed(short) + 1
        known, of_made = step.joint_logits(batch, short, fake)
        alone = trained.model.classify(trained.model.encode(fake, short))
        assert torch.allclose(known, trained.model(batch), atol=1e-4)
        assert float(step.unsure(short, of_made)) == pytest.approx(float(step.unsure(short, alone)), abs=1e-4)


def test_real_sequences_beside_generated_ones_play_a_part_in_batch_normalisation_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained = KINDS["tokens"]()
    step, batch = step_of(trained), trained.train.batch(torch.arange(6))
    short = shortened(batch, 2, 100)
    with torch.no_grad():
        fake = trained.model.embed(short) + 1
        alone = step.made_logits(batch, short, fake)
        for module in ("common.objectives.gan", "common.training.exposure"):
            monkeypatch.setattr(f"{module}.normalises_batches", lambda model: True)
        joint = step.made_logits(batch, short, fake)
    assert joint.shape[1] > alone.shape[1], "padded as the real ones are"
    inside = short.mask
    assert torch.allclose(joint[:, : alone.shape[1]][inside], alone[inside], atol=1e-4)


def test_of_many_sequences_fewer_are_generated_and_the_real_ones_are_classified_all_the_same() -> None:
    trained = KINDS["tokens"]()
    step, batch = step_of(trained), trained.train.batch(torch.arange(6))
    short = shortened(batch, 2, 5)
    assert short.lengths is not None and 1 <= len(short) < 6 and int(short.lengths.sum()) <= 5
    assert len(shortened(batch, 2, 0)) == 1, "one at least"
    with torch.no_grad():
        known, of_made = step.joint_logits(batch, short, trained.model.embed(short) + 1)
        assert len(of_made) == len(short) and torch.allclose(known, trained.model(batch), atol=1e-4)
    images = KINDS["images"]().train.batch(torch.arange(6))
    assert shortened(images, 2, 5) is images


def test_steps_of_a_sequence_share_half_of_their_noise_and_other_sequences_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Tensor] = []
    generator = Generator(5)
    monkeypatch.setattr(generator.layers[0], "forward", lambda noise: (seen.append(noise), torch.zeros(3, 32))[1])
    data = TensorDataset(torch.zeros(3, 5), torch.tensor([0, 2, 3]))
    batch = data.batch(torch.arange(2))
    generator.sample(Vectors.of(batch.inputs, batch, "gan"))
    half = NOISE // 2
    first, second, other = seen[0]
    assert torch.equal(first[:half], second[:half]) and not torch.equal(first[half:], second[half:])
    assert not torch.equal(first[:half], other[:half])


def test_each_step_changes_all_three_networks(trained: Trained) -> None:
    own = replace(trained, model=copy.deepcopy(trained.model))
    step = step_of(own)
    networks = (step.model, step.generator, step.discriminator)
    before = [[value.clone() for value in network.parameters()] for network in networks]
    for network in networks:
        network.train()
    step(trained.train.batch(torch.arange(6)), {}, 1.0, 1.0)
    for network, values in zip(networks, before, strict=True):
        assert any(not torch.equal(a, b) for a, b in zip(network.parameters(), values, strict=True))


def sureness(beta: float) -> tuple[float, float]:
    """Mean MSP of what is generated after training, and the error on the test set."""
    trained = KINDS["images"]()
    setup = trained.setup(budget=replace(BUDGET, epochs=8, learning_rate=1e-2))
    setup = replace(setup, task=replace(setup.task, options={"gan": {"beta": beta}}))
    step, budget = gan_step(trained.model, setup)
    fit_steps(trained.model, step, setup, phase="gan", budget=budget)
    layout, values, unit = made(step, trained, 200)
    with torch.no_grad():
        msp = trained.model.classify(trained.model.encode(values.from_unit(unit), None)).softmax(1).amax(1)
        test = trained.test.batch(torch.arange(200))
        return float(msp.mean()), float((trained.model(test).argmax(1) != test.labels).float().mean())


@pytest.mark.slow
def test_predictions_of_generated_images_become_nearly_uniform_and_real_ones_stay_right() -> None:
    (sure, _), (unsure, wrong) = sureness(0.0), sureness(1.0)
    assert unsure < 0.4 < sure and wrong < 0.05, f"mean MSP {sure:.2f} without the term, {unsure:.2f} with it"


def test_a_kill_loses_no_network_and_no_optimiser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained = KINDS["images"]()
    start = {name: value.clone() for name, value in trained.model.state_dict().items()}
    monkeypatch.setattr("common.training.checkpoint.SECONDS_BETWEEN", 0.0)

    class Killer:
        def epoch(self, phase: str, done: int, total: int, loss: float) -> None:
            if done == 3:
                raise KeyboardInterrupt

    def run(**changes: object) -> list[Tensor]:
        trained.model.load_state_dict(start)
        OBJECTIVE.train(trained.model, trained.setup(**changes))
        return [value.clone() for value in trained.model.state_dict().values()]

    unbroken = run()
    with pytest.raises(KeyboardInterrupt):
        run(checkpoints=tmp_path, progress=Killer())
    continued = run(checkpoints=tmp_path)
    assert all(torch.equal(one, other) for one, other in zip(unbroken, continued, strict=True))


def test_a_task_may_shorten_the_training_which_then_ends_at_a_rate_of_nothing() -> None:
    trained = KINDS["images"]()
    setup = trained.setup()
    short = replace(setup, task=replace(setup.task, options={"gan": {"epochs": 2}}))
    assert gan_step(trained.model, setup)[1] == BUDGET
    assert gan_step(trained.model, short)[1] == replace(BUDGET, epochs=2, schedule="cosine")


def test_waveforms_and_pieces_of_words_are_refused() -> None:
    trained = KINDS["images"]()
    waves = TensorDataset(torch.zeros(5), torch.tensor([0, 2, 5]), torch.tensor([0, 1]))

    class Waves(torch.nn.Linear):
        def embed(self, batch: object) -> Tensor:
            return batch.inputs

    with pytest.raises(UserError, match="objective gan makes vectors, and small has waveforms; choose another"):
        gan_step(Waves(2, 2), trained.setup(train=waves))
    batch = waves.batch(torch.arange(2))
    with pytest.raises(UserError, match="this one has 9 steps for 3; choose another model or objective"):
        Vectors.of(torch.zeros(2, 9, 4), batch, "mixup")


def test_a_task_may_let_the_gan_go_on_from_its_own_network() -> None:
    names = "nlp/reuters8", "vision/mnist", "vision/cifar10"
    before = [Experiment(name, 0, RunOptions()).before("gan") for name in names]
    assert before == ["cross_entropy", "cross_entropy", None]
