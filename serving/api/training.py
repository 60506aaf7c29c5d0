"""The training: lessons, the check at their end, and the badge."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, Field

from serving.api.problems import problems
from serving.deps import ApiContext, LanguageDep
from serving.desk.people import training as desk
from serving.desk.people.eligibility import TRAINING_VERSION
from serving.i18n import translate
from serving.inputs import Input
from serving.parts import Router

router = Router(tags=["me"])


class LessonOut(BaseModel):
    """One rule."""

    title: str
    paragraphs: list[str]


class QuestionOut(BaseModel):
    """One question of the check with its options by key."""

    key: str
    text: str
    options: dict[str, str]


class TrainingOut(BaseModel):
    """Lessons and check as they stand; ``passed_at`` is the badge."""

    version: str
    lessons: list[LessonOut]
    questions: list[QuestionOut]
    passed_at: datetime | None


class AnswersIn(Input):
    """The version of the lessons that were read, and one option for each question, both by key."""

    version: str = Field(max_length=20)
    answers: dict[str, str] = Field(max_length=len(desk.QUESTIONS))


class AgainOut(BaseModel):
    """A question to look at again, and the rule behind it."""

    key: str
    why: str


class ResultOut(BaseModel):
    """What came of a check; wrong answers are kept nowhere."""

    passed: bool
    again: list[AgainOut]
    passed_at: datetime | None


@router.get("/me/training", responses=problems(403, 404))
def get_training(ctx: ApiContext, language: LanguageDep) -> TrainingOut:
    """Give the lessons, the questions, and whether one has the badge."""
    return TrainingOut(
        version=TRAINING_VERSION,
        lessons=[
            LessonOut(
                title=translate(language, each.title),
                paragraphs=[translate(language, text) for text in each.paragraphs],
            )
            for each in desk.LESSONS
        ],
        questions=[
            QuestionOut(
                key=each.key,
                text=translate(language, each.text),
                options={key: translate(language, text) for key, text in each.options.items()},
            )
            for each in desk.QUESTIONS
        ],
        passed_at=desk.passed_at(ctx),
    )


@router.post("/me/training", responses=problems(403, 404, 409))
def take(ctx: ApiContext, language: LanguageDep, body: AnswersIn) -> ResultOut:
    """Take the check: whoever answers everything right has the badge at once; it may be taken as often as one likes."""
    result = desk.take(ctx, body.version, body.answers)
    ctx.session.flush()
    again = [AgainOut(key=each.key, why=translate(language, each.why)) for each in result.again]
    return ResultOut(passed=result.passed, again=again, passed_at=desk.passed_at(ctx))
