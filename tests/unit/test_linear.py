"""The kernel answers as scikit-learn does on the same features, and any text is an input."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from data.normalise import normalise
from data.schema import Example, Kind, Label
from models._linear import _rounded
from models.calibration import Platt
from models.explain import strongest
from models.hashing import NGrams, buckets_of
from models.linear import LinearScorer
from models.score import DECLARED_HOAX_SHARE, Band, ReasonCode, Scorer, Thresholds
from training.fit_linear import Features, fit_weights, normalised, presence, rounded_idf, row_weights
from training.recipe import Shares, read_recipe

RECIPE = read_recipe("linear")
PLAIN = Platt(1.0, 0.0)
BANDS = Thresholds(look=0.7, clear=0.3)
HOAXES = [f"sebarkan segera bantuan tunai gratis klik tautan daftar {at} sekarang juga" for at in "abcdef"]
OTHERS = [f"menteri membuka rapat tahunan ke {at} bersama wali kota contoh" for at in "abcdef"]


class SmallRows:
    """The two things that features read of `training.rows.Rows`."""

    def __init__(self, train):
        self.train = train
        self.cleaned = {row.id: normalise(row.text) for row in train}


@pytest.fixture(scope="module")
def rows():
    """Six invented hoaxes and six invented headlines."""
    return tuple(
        Example(f"{label}-{number}", text, label, Kind.NEWS_HEADLINE, "contoh", "contoh", f"{label}{number}")
        for label, texts in ((Label.HOAX, HOAXES), (Label.NOT_HOAX, OTHERS))
        for number, text in enumerate(texts)
    )


@pytest.fixture(scope="module")
def weights(rows):
    """A fit on them."""
    return fit_weights(rows, Features(SmallRows(rows), RECIPE.ngrams), RECIPE)


@pytest.fixture(scope="module")
def scorer(weights):
    """Its scorer."""
    return LinearScorer(weights, PLAIN, BANDS, "linear-test")


def test_the_kernel_agrees_with_scikit_learn(rows, weights, scorer):
    """On the same features the probabilities equal scikit-learn's own to 1e-6."""
    cleaned = [*(normalise(row.text) for row in rows), "kata yang belum pernah terlihat", "bantuan"]
    counts = presence(cleaned, RECIPE.ngrams)
    model = LogisticRegression()
    model.fit(normalised(counts[:12], rounded_idf(counts[:12])), [True] * 6 + [False] * 6)
    model.coef_ = weights.weights.astype(np.float64)[None, :]
    model.intercept_ = np.array([weights.bias])
    expected = model.predict_proba(normalised(counts, weights.idf))[:, 1]
    found = PLAIN.probabilities(scorer.raw_logits(cleaned)[0])
    assert np.abs(found - expected).max() <= 1e-6


@given(st.lists(st.text(alphabet="abc 012@é한", max_size=40), max_size=5))
@settings(deadline=None)
def test_buckets_are_distinct_and_do_not_depend_on_the_neighbours(texts):
    """A text has the same buckets alone and among others, each once."""
    flat, ends = buckets_of(texts, NGrams(bits=20))
    for number, text in enumerate(texts):
        row = flat[ends[number] : ends[number + 1]]
        assert len(set(row.tolist())) == row.size
        assert row.tolist() == buckets_of([text], NGrams(bits=20))[0].tolist()


def test_placeholders_and_bare_numbers_are_no_words():
    """A handle, a link and a year say nothing about a claim."""
    assert buckets_of(["@akun 2024 @tautan"], NGrams())[0].size == 0


def test_it_scores_through_the_protocol(scorer):
    """The linear scorer is a Scorer."""
    assert isinstance(scorer, Scorer)


def test_hoaxes_of_training_score_above_the_rest(scorer):
    """The fit separates what it saw."""
    assert scorer.probabilities(HOAXES).min() > scorer.probabilities(OTHERS).max()


@pytest.mark.parametrize("text", ["", "   ", "halo", "@budi 2024 http://contoh.example", "😭😭😭", "\ud800"])
def test_too_few_words_abstain_and_say_so(scorer, text):
    """A text that holds fewer than three words is not judged."""
    (answer,) = scorer.score_many([text])
    assert (answer.band, answer.p_hoax) == (Band.ABSTAIN, DECLARED_HOAX_SHARE)
    assert [reason.code for reason in answer.reasons] == [ReasonCode.TOO_SHORT]


def test_ten_megabytes_are_read_up_to_the_limit(scorer):
    """Of a long text the first 4,000 characters count, and the answer says so."""
    opening = " ".join(OTHERS)[:4000].ljust(4000, "x")
    short, long = scorer.score_many([opening, opening + HOAXES[0] * 150_000])
    assert long.p_hoax == short.p_hoax
    assert long.reasons[-1].code is ReasonCode.TRUNCATED


def test_answers_come_in_order_and_alike_from_both_doors(scorer):
    """One score a text, in order; the fast path gives the same numbers."""
    texts = [HOAXES[0], "", OTHERS[0]] * 1500
    assert [answer.p_hoax for answer in scorer.score_many(texts)] == scorer.probabilities(texts).tolist()


def test_no_texts_give_no_scores(scorer):
    """An empty batch is no error."""
    assert scorer.score_many([]) == []
    assert scorer.probabilities([]).shape == (0,)


def test_words_share_the_logit_exactly(scorer):
    """What the words add, and the bias, sum to the logit."""
    cleaned = normalise(HOAXES[0])
    shares = scorer.word_weights(cleaned)
    (logit,), _ = scorer.raw_logits([cleaned])
    (empty,), _ = scorer.raw_logits([""])
    assert sum(shares.values()) == pytest.approx(logit - empty, abs=1e-5)
    assert set(shares) == set(cleaned.split())


def test_the_strongest_words_come_first_with_their_sign():
    """Reasons are ordered by size, whatever their direction."""
    found = strongest({"a": 0.1, "b": -0.9, "c": 0.5, "d": 0.001}, n=3)
    assert [(reason.text, reason.weight) for reason in found] == [("b", -0.9), ("c", 0.5), ("a", 0.1)]


@given(st.floats(-60, 60) | st.integers(-600_000, 600_000).map(lambda n: n / 10_000 + 0.00005))
def test_a_weight_is_rounded_as_python_rounds_it_or_not_at_all(weight):
    """The kernel tells a half that only exact decimals could decide from what it can decide itself."""
    found, is_rounded = _rounded(weight)
    assert found == (round(weight, 4) if is_rounded else weight)


def test_half_a_step_is_left_to_exact_decimals():
    """What a float multiplied by ten thousand says of a half may be wrong, so the kernel says nothing."""
    assert _rounded(0.12345) == (0.12345, False)
    assert _rounded(0.12344) == (0.1234, True)


@pytest.mark.parametrize("text", ["خبر عاجل sebarkan segera bantuan", "sebarkan segera bantuan tunai ğratis"])
def test_words_of_other_letters_are_read_back_whole(scorer, text):
    """A word is cut out where it stands, however many bytes its letters have."""
    (score,) = scorer.score_many([text])
    assert score.reasons == strongest(scorer.word_weights(scorer.cleaned(text)))


@pytest.mark.parametrize(
    ("p", "band"), [(0.7, Band.LOOK), (0.69, Band.ABSTAIN), (0.3, Band.ABSTAIN), (0.29, Band.CLEAR)]
)
def test_bands_begin_at_their_thresholds(p, band):
    """`look` includes its threshold, `clear` ends below its own."""
    assert BANDS.band(p) is band


def test_crossed_thresholds_are_refused():
    """`clear` above `look` makes no bands."""
    with pytest.raises(ValueError, match="clear"):
        Thresholds(look=0.2, clear=0.5)


def test_each_part_weighs_its_share(rows):
    """Hoaxes and news weigh what the recipe says, whatever their numbers."""
    unequal = rows[:2] + rows[6:]
    weights = row_weights(unequal, Shares(hoax_title=1, hoax_post=1, news=1, opinion=1, criticism=1))
    assert weights[:2].sum() == pytest.approx(weights[2:].sum())


def test_criticism_weighs_more_than_other_opinion():
    """An opinion that speaks of government weighs as many times more as the recipe says."""
    texts = ("kopi di sini enak sekali", "pemerintah lamban sekali")
    opinions = [Example(text, text, Label.OPINION, Kind.COMMENT, "contoh", "contoh", text) for text in texts]
    shares = Shares(hoax_title=1, hoax_post=1, news=1, opinion=1, criticism=5)
    chatter, criticism = row_weights(opinions, shares)
    assert criticism == pytest.approx(5 * chatter)


def test_scoring_needs_nothing_of_training():
    """The serving half imports without scikit-learn, pandas, Arrow or MLflow."""
    code = (
        "import sys, models.cli, models.artifact; "
        "sys.exit(', '.join({'sklearn', 'pandas', 'mlflow', 'pyarrow'} & sys.modules.keys()) or None)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
