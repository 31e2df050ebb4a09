"""IMDB sentiment classification, bag of embeddings; OOD: customer and movie reviews.

Reproduces the IMDB rows of tables 3 and 4, Hendrycks & Gimpel (ICLR 2017), arXiv:1610.02136.
"""

from common.task import Budget, Model, Task
from nlp.data.customer_reviews import CUSTOMER_REVIEWS
from nlp.data.imdb import TEST, TRAIN
from nlp.data.movie_reviews import MOVIE_REVIEWS
from nlp.data.outliers import TEXT_OUTLIERS, with_outliers

TASK = Task(
    title="IMDB",
    in_dist="IMDB",
    train=TRAIN,
    test=TEST,
    ood=(CUSTOMER_REVIEWS, MOVIE_REVIEWS),
    outliers=TEXT_OUTLIERS,
    options=with_outliers(epochs=4),
    model=Model("bag_of_embeddings"),
    quick=Budget(epochs=4, batch_size=32, learning_rate=3e-3, examples=10_000, test_examples=5000, validation=1000),
    paper=Budget(epochs=15, batch_size=32, learning_rate=1e-3, validation=5000),
    row_name="document",
    deviations_from_paper=(
        "Validation is once per epoch; the authors validated every 100 steps.",
        "Stop words are scikit-learn's, not NLTK's, and HTML line breaks are replaced by spaces.",
    ),
)

if __name__ == "__main__":
    from common.cli.run_all import main

    main(__spec__.name)
