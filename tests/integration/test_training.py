"""The training: everything right gives the badge, and a ministry may ask for it before the first offer."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from serving.db.tables import AuditRow, Influencer, User
from serving.desk.outreach import waves
from serving.desk.people import influencers, training
from serving.desk.people.eligibility import TRAINING_VERSION, ReasonKind
from serving.errors import InvalidInputError
from serving.vocabulary import Role
from tests.integration import carrying
from tests.integration.test_campaigns import Browser

RIGHT = {question.key: question.right for question in training.QUESTIONS}


def _kinds(ctx):
    return [reason.kind for reason in influencers.own_profile(ctx).reasons]


@pytest.mark.parametrize("question", training.QUESTIONS, ids=lambda question: question.key)
def test_each_question_has_one_right_answer(question):
    """Every other option, and none at all, is to be looked at again, and that question alone."""
    assert question.right in question.options
    wrong = [key for key in question.options if key != question.right]
    for answers in (*({question.key: key} for key in wrong), {}):
        given = {key: answer for key, answer in RIGHT.items() if key != question.key} | answers
        assert training.check(given).again == (question,)


def test_what_is_no_option_is_refused():
    """An answer to no question, and one that is no option, is no wrong answer but no answer."""
    for answers in ({"account": "none"}, {"nothing": "own"}):
        with pytest.raises(InvalidInputError):
            training.check(answers)


def test_a_badge_of_other_lessons_is_none(client, service, acting, story):
    """Whoever passed before the lessons changed has no badge, at either door."""
    with acting() as ctx:
        row = ctx.session.get(Influencer, story.influencer_id)
        row.trained_version, row.trained_at = "0", ctx.now
    with acting(story.person) as ctx:
        assert training.passed_at(ctx) is None
    mine = client.get("/v1/me/profile", headers=carrying.key_of(service, story.person)).json()
    assert mine["trained_at"] is None


def test_everything_right_gives_the_badge_and_keeps_its_day(acting, story, clock):
    """Passing is recorded once with its version; what was wrong before it is recorded nowhere."""
    with acting(story.person) as ctx:
        assert not training.take(ctx, TRAINING_VERSION, RIGHT | {"decline": "must"}).passed
        assert training.passed_at(ctx) is None
        assert training.take(ctx, TRAINING_VERSION, RIGHT).passed
        first = training.passed_at(ctx)
    clock.forward(hours=48)
    with acting(story.person) as ctx:
        assert training.take(ctx, TRAINING_VERSION, RIGHT).passed
        assert training.passed_at(ctx) == first
        steps = ctx.session.scalars(select(AuditRow).where(AuditRow.action == "influencer.trained")).all()
        assert len(steps) == 1


def test_older_lessons_give_no_badge(acting, story):
    """A check of other lessons is refused, and a badge for them is no badge any more."""
    with acting(story.person) as ctx, pytest.raises(training.TrainingVersionError):
        training.take(ctx, "0", RIGHT)
    with acting(story.person) as ctx:
        row = influencers.own(ctx)
        row.trained_version, row.trained_at = "0", ctx.now
        ctx.session.flush()
        assert training.passed_at(ctx) is None


def test_a_ministry_may_ask_for_it_before_the_first_offer(acting, story, sign_up):
    """Nothing is asked by default; where the wave asks for it the person waits, is told so, and passing lets them in."""
    with acting(story.person) as ctx:
        assert _kinds(ctx) == []
    with acting(sign_up("manajer", Role.MANAGER)) as ctx:
        plan = waves.one(ctx, "komdigi").plan
        waves.put(ctx, "komdigi", waves.Plan(plan.live_at, training_required=True))
        (found, _) = influencers.search(ctx, influencers.Search())
        assert not found.eligible
    with acting(story.person) as ctx:
        assert _kinds(ctx) == [ReasonKind.NOT_TRAINED]
        training.take(ctx, TRAINING_VERSION, RIGHT)
        ctx.session.flush()
        assert _kinds(ctx) == []


def test_the_training_on_the_phone(client, service, story):
    """A lesson a page, then the check; a wrong answer is explained and stays chosen; passing leads to the badge."""
    phone = Browser(client, service, story.person)
    for step, lesson in enumerate(training.LESSONS, 1):
        status, page = phone.get(f"/pelatihan?langkah={step}")
        assert (status, page.h1.text) == (200, lesson.title)
        assert page.find("a", rel="next")["href"] == f"/pelatihan?langkah={step + 1}"
    status, page = phone.get(f"/pelatihan?langkah={len(training.LESSONS) + 1}")
    assert status == 200
    assert not page.find("input", checked=True)
    assert phone.get(f"/pelatihan?langkah={len(training.LESSONS) + 2}")[0] == 422
    assert "Mulai pelatihan" in phone.get("/profil")[1].text
    assert len(phone.post("/pelatihan", version=TRAINING_VERSION)[2].find_all("small", class_="error")) == len(RIGHT)
    status, _, page = phone.post("/pelatihan", version=TRAINING_VERSION, **RIGHT | {"author": "tag"})
    assert status == 422
    assert page.find(id="author-why")
    assert page.find("input", attrs={"name": "author", "checked": True})["value"] == "tag"
    assert phone.post("/pelatihan", version="0", **RIGHT)[0] == 409
    status, location, _ = phone.post("/pelatihan", version=TRAINING_VERSION, **RIGHT)
    assert (status, location) == (303, "/profil#lencana")
    assert "ASN influencer terlatih" in phone.get("/profil")[1].text


def test_the_training_over_the_api(client, key_for, acting, story):
    """Lessons and questions are read without their answers; a check tells which rule to look at again."""
    headers = key_for("asn3", Role.INFLUENCER)
    with acting() as ctx:
        user_id = ctx.session.scalars(select(User.id).where(User.name == "asn3")).one()
        ctx.session.get(Influencer, story.influencer_id).user_id = user_id
    found = client.get("/v1/me/training", headers=headers).json()
    assert "right" not in str(found["questions"])
    assert found["passed_at"] is None
    url, version = "/v1/me/training", found["version"]
    wrong = client.post(url, headers=headers, json={"version": version, "answers": {}}).json()
    assert (wrong["passed"], len(wrong["again"])) == (False, len(training.QUESTIONS))
    assert client.post(url, headers=headers, json={"version": "0", "answers": {}}).status_code == 409
    body = {"version": version, "answers": {"account": "none"}}
    assert client.post(url, headers=headers, json=body).status_code == 422
    right = client.post(url, headers=headers, json={"version": version, "answers": RIGHT}).json()
    assert right["passed"]
    assert client.get("/v1/me/profile", headers=headers).json()["trained_at"] == right["passed_at"]
