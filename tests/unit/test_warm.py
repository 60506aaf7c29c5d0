"""What is compiled at the making of an image is all that a service asks for."""

import subprocess
import sys

_ASKED = r"""
from numba.core.dispatcher import Dispatcher
from data import _minhash, _plain_text
from models import _linear, _ngrams, _postings, _search, _search_codes, _search_ranking, _search_words, artifact, warm
from models.matcher import Matcher
from models.retrieval import Record

def compiled():
    modules = (_minhash, _plain_text, _linear, _ngrams, _postings, _search, _search_codes, _search_ranking, _search_words)
    kernels = {id(each): each for module in modules for each in vars(module).values() if isinstance(each, Dispatcher)}
    return {each.py_func.__qualname__: len(each.signatures) for each in kernels.values()}

warm.main()
before = compiled()
texts = ["", "kata", "\ud800", "VIRAL!!! 😱 kata é han 한 https://contoh.example", "kata " * 3000, "@akun 08123456789"]
for name in (artifact.QUICK, artifact.JUDGE):
    scorer = artifact.released(name)
    for some in ([], *([text] for text in texts), texts):
        scorer.probabilities(some), scorer.score_many(some)
artifact.released_moderator("moderation").moderate_many(texts)
Matcher.build([Record(str(at), text, text) for at, text in enumerate(texts)]).search_many(texts)
late = {name for name, n in compiled().items() if n != before[name]}
assert not late, late
assert sum(map(bool, before.values())) > 10
"""


def test_nothing_is_left_to_compile():
    """After `python -m models.warm` texts of every kind, alone and together, meet compiled kernels only."""
    found = subprocess.run([sys.executable, "-c", _ASKED], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    assert "The kernels are compiled" in found.stdout
