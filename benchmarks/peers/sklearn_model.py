"""Our linear model as scikit-learn has it: words of one and two, letters inside a word, logistic regression."""

from collections.abc import Sequence

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline


def fitted(texts: Sequence[str]) -> Pipeline:
    """Fit it on texts with labels that alternate: how long it answers does not depend on what it learnt."""
    features = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2))),
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5))),
        ]
    )
    pipeline = Pipeline([("features", features), ("model", LogisticRegression(solver="liblinear"))])
    return pipeline.fit(texts, [at % 2 for at in range(len(texts))])
