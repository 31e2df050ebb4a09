"""Data sets as tensors: batches hold exactly what the data set holds, and padding nothing."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from common.data.examples import FEW_STEPS, IGNORE, PADDING, TensorDataset, batches

lengths_of_sequences = st.lists(st.integers(0, 12), min_size=1, max_size=40)


def ragged(lengths: list[int]) -> TensorDataset:
    """Sequences whose steps are numbered through, labelled with the number of their sequence."""
    offsets = torch.tensor([0, *lengths]).cumsum(0)
    return TensorDataset(torch.arange(1, int(offsets[-1]) + 1), offsets, torch.arange(len(lengths)))


@given(lengths_of_sequences, st.randoms(use_true_random=False))
def test_a_batch_holds_its_sequences_and_zeros(lengths: list[int], random) -> None:
    examples = ragged(lengths)
    index = torch.tensor(random.sample(range(len(lengths)), k=random.randint(1, len(lengths))))
    batch = examples.batch(index)
    assert batch.inputs.shape == (len(index), max(lengths[i] for i in index))
    for row, i in enumerate(index):
        wanted = examples.inputs[examples.offsets[i] : examples.offsets[i + 1]]
        assert torch.equal(batch.inputs[row][batch.mask[row]], wanted)
    assert (batch.inputs[~batch.mask] == 0).all()


@given(lengths_of_sequences)
def test_taking_sequences_is_the_same_as_batching_them(lengths: list[int]) -> None:
    examples = ragged(lengths)
    index = torch.arange(len(lengths)).flip(0)
    taken = examples.take(index)
    assert torch.equal(taken.batch(torch.arange(len(index))).inputs, examples.batch(index).inputs)
    assert torch.equal(taken.labels, examples.labels[index])


def test_labels_of_sequences_are_padded_with_the_label_that_losses_ignore() -> None:
    offsets = torch.tensor([0, 1, 4])
    batch = TensorDataset(torch.zeros(4, 2), offsets, torch.tensor([5, 6, 7, 8]), offsets).batch(torch.tensor([0, 1]))
    assert batch.labels.tolist() == [[5, IGNORE, IGNORE], [6, 7, 8]]


@given(lengths_of_sequences, st.integers(1, 9), st.booleans())
def test_one_pass_sees_every_example_once(lengths: list[int], batch_size: int, shuffled: bool) -> None:
    generator = torch.Generator().manual_seed(0) if shuffled else None
    for examples in (ragged(lengths), TensorDataset(torch.zeros(len(lengths), 3))):
        parts = list(batches(examples, batch_size, generator))
        assert all(0 < len(part) <= batch_size for part in parts)
        assert torch.cat(parts).sort().values.tolist() == list(range(len(lengths)))


def test_batches_of_sequences_are_mostly_not_padding() -> None:
    lengths = torch.randint(1, 400, (2000,), generator=torch.Generator().manual_seed(0)).tolist()
    examples = ragged(lengths)
    padded = sum(
        examples.batch(index).inputs.numel() for index in batches(examples, 32, torch.Generator().manual_seed(1))
    )
    assert sum(lengths) / padded > 0.9


@given(st.lists(st.integers(0, 900), min_size=1, max_size=80), st.integers(1, 40))
def test_without_an_order_of_their_own_batches_have_little_padding(lengths: list[int], batch_size: int) -> None:
    examples = ragged(lengths)
    for index in batches(examples, batch_size):
        batch = examples.batch(index)
        steps = int(batch.lengths.sum())
        assert batch.inputs.numel() - steps <= max(PADDING * steps, FEW_STEPS) and len(batch) <= batch_size


def test_an_empty_data_set_is_one_empty_batch() -> None:
    assert [index.tolist() for index in batches(ragged([]), 4)] == [[]]


def test_random_batches_are_asked_for_where_length_must_not_decide() -> None:
    def spread(by_length: bool) -> float:
        generator = torch.Generator().manual_seed(0)
        groups = batches(ragged(list(range(1, 201))), 10, generator, by_length)
        return float(torch.stack([group.float().std() for group in groups]).mean())

    assert spread(by_length=True) < 10 < 40 < spread(by_length=False)


def test_joined_sequences_keep_their_steps_and_lengths_and_lose_their_labels() -> None:
    short, long = ragged([1, 2]), ragged([4])
    for first, second in ((short, long), (long, short)):
        one, other = (part.batch(torch.arange(len(part))) for part in (first, second))
        both = one.joined(other)
        assert both.inputs.shape == (3, 4) and both.labels is None
        assert both.lengths.tolist() == [*one.lengths.tolist(), *other.lengths.tolist()]
        steps = torch.cat([one.inputs[one.mask], other.inputs[other.mask]])
        assert torch.equal(both.inputs[both.mask], steps) and (both.inputs[~both.mask] == 0).all()


def test_joined_examples_of_one_size_have_no_lengths_and_no_mask() -> None:
    images = TensorDataset(torch.arange(12).reshape(3, 2, 2), labels=torch.tensor([0, 1, 2]))
    both = images.batch(torch.tensor([2])).joined(images.batch(torch.tensor([0, 1])))
    assert torch.equal(both.inputs, images.inputs[[2, 0, 1]])
    assert both.lengths is None and both.mask is None and both.index.tolist() == [2, 0, 1]
