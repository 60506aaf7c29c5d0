"""What people of the desk do around a claim: hand it over, type and lose nothing, tell colleagues, step for several."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select

from serving.db.claims import Filters, strongest_matches
from serving.db.tables import AuditRow, Claim, Draft, Match, Post, TypedDraft, User
from serving.deps import SESSION_COOKIE, csrf_token, session_token
from serving.desk import retention
from serving.desk.checking import bulk, claims, leases, matching, notes, review, typed, views
from serving.desk.checking.bulk import Asked, ChangedSinceError, NotWaitingError, UndoOverError
from serving.desk.checking.gates import Prepared
from serving.desk.checking.leases import HeldByAnotherError, NotAColleagueError, NotHolderError
from serving.desk.checking.notes import UnknownColleagueError
from serving.desk.checking.views import TooManyViewsError
from serving.desk.context import SERVICE
from serving.errors import ForbiddenError, InvalidInputError, NotFoundError, TooLargeError
from serving.i18n import Language, translate
from serving.vocabulary import BulkAction, ClaimState, DismissReason, MatchStatus, Role
from tests import factories

TYPED = {"title": "Judul yang belum selesai", "shown": "gates,sources,verdict,clarification"}


@pytest.fixture
def several(act):
    """Three queued claims."""
    return tuple(act(SERVICE, factories.claim).id for _ in range(3))


@pytest.fixture
def state_of(service):
    """Tell where a claim stands."""

    def read(number):
        with service.database.read() as session:
            return session.get(Claim, number).state

    return read


@pytest.fixture
def steps(service):
    """Give the actions of the record that begin with a word, each with what it is about."""

    def read(starts):
        with service.database.read() as session:
            rows = session.execute(select(AuditRow.action, AuditRow.entity_id).order_by(AuditRow.seq))
            return [(row[0], row[1]) for row in rows if row[0].startswith(starts)]

    return read


@pytest.fixture
def browser(client, service):
    """Give page and form of a signed-in browser without a script."""

    def open_for(actor, epoch=0):
        cookie = session_token(service, actor.user_id, epoch)
        client.cookies.set(SESSION_COOKIE, cookie)
        csrf = csrf_token(service, cookie)

        def get(path):
            client.cookies.set(SESSION_COOKIE, cookie)
            return client.get(path, follow_redirects=False)

        def post(path, **fields):
            client.cookies.set(SESSION_COOKIE, cookie)
            return client.post(path, data={"csrf": csrf, **fields}, follow_redirects=False)

        return get, post

    return open_for


def _soup(answer, status=200):
    assert answer.status_code == status, answer.text[:500]
    return BeautifulSoup(answer.text, "html.parser")


def _words(node):
    return re.sub(r"\s+", " ", node.get_text(" "))


# ---- one claim, one person ---------------------------------------------------------------------------------------


def test_a_claim_is_handed_to_a_colleague_with_its_draft(act, ani, budi, claim_id, steps):
    """The colleague holds it with a lease of their own and is told; whoever gave it holds it no longer."""
    act(ani, review.take, claim_id)
    act(ani, review.save_draft, claim_id, Prepared(title="Setengah jadi"), 0)
    claim = act(ani, review.hand_over, claim_id, "@Budi", "Tinggal sumber kedua")
    assert (claim.state, claim.holder_id) == (ClaimState.DRAFTED, budi.user_id)
    assert steps("claim.hand_over") == [("claim.hand_over", claim_id)]
    (told,) = act(budi, notes.mentions)
    assert (told.claim_id, told.text, told.by) == (claim_id, "Tinggal sumber kedua", "ani")
    assert act(budi, review.draft, claim_id).title == "Setengah jadi"
    with pytest.raises(HeldByAnotherError):
        act(ani, review.extend, claim_id)


@pytest.mark.parametrize("name", ["citra", "ani", "tidak-ada", ""])
def test_only_another_checker_is_handed_a_claim(act, ani, citra, claim_id, name):
    """Not an approver, not oneself, not a name that nobody has; the claim stays where it is."""
    act(ani, review.take, claim_id)
    with pytest.raises(NotAColleagueError):
        act(ani, review.hand_over, claim_id, name)
    assert act(ani, review.extend, claim_id).holder_id == ani.user_id


def test_only_the_holder_hands_a_claim_over(act, ani, budi, claim_id):
    """Whoever does not hold it cannot give it away."""
    with pytest.raises(NotHolderError):
        act(ani, review.hand_over, claim_id, "budi")


def test_the_second_is_told_who_and_since_when_in_their_language(act, ani, budi, claim_id, browser):
    """The error names holder and time as its reader writes it, and the page says both and until when."""
    act(ani, review.take, claim_id)
    with pytest.raises(HeldByAnotherError, match=r"ani sejak 2 Mar 2026 10\.00 WIB") as refused:
        act(budi, review.take, claim_id)
    assert "2 Mar 2026 10:00 WIB" in translate(Language.EN, refused.value.message, **refused.value.params)
    page = _words(_soup(browser(budi)[0](f"/klaim/{claim_id}")))
    assert "Sedang dikerjakan oleh ani sejak 2 Mar 2026 10.00 WIB, sampai 2 Mar 2026 10.30 WIB." in page


# ---- what is typed -----------------------------------------------------------------------------------------------


def test_typing_comes_back_after_the_lease_ran_out(act, ani, budi, claim_id, clock, browser):
    """What was typed and never saved stands in the form again, for whoever typed it and for nobody else."""
    act(ani, review.take, claim_id)
    act(ani, typed.keep, claim_id, TYPED, 0)
    clock.forward(hours=1)
    act(SERVICE, review.expire_leases)
    assert "Judul yang belum selesai" not in browser(budi)[0](f"/klaim/{claim_id}").text
    get, post = browser(ani)
    assert "Judul yang belum selesai" in get(f"/klaim/{claim_id}").text
    post(f"/klaim/{claim_id}/ambil")
    page = _soup(get(f"/klaim/{claim_id}"))
    assert "dikembalikan" in _words(page)
    assert post(f"/klaim/{claim_id}/ketikan/buang").status_code == 303
    assert "Judul yang belum selesai" not in get(f"/klaim/{claim_id}").text


def test_restored_typing_does_not_replace_what_a_colleague_saved_since(act, ani, budi, claim_id, browser, read):
    """Typed on the first version and saved after the second: refused once, with the colleague's words beside."""
    act(ani, review.take, claim_id)
    act(ani, review.save_draft, claim_id, Prepared(title="Judul pertama"), 0)
    act(ani, typed.keep, claim_id, TYPED, 1)
    act(ani, review.release, claim_id)
    act(budi, review.take, claim_id)
    act(budi, review.save_draft, claim_id, Prepared(title="Judul rekan"), 1)
    act(budi, review.release, claim_id)
    act(ani, review.take, claim_id)
    get, post = browser(ani)
    form = {"do": "save", "title": TYPED["title"], "shown": ["clarification"]}
    version = _soup(get(f"/klaim/{claim_id}")).select_one("#rancangan input[name=version]")["value"]
    refused = _soup(post(f"/klaim/{claim_id}/rancangan", **form, version=version), 409)
    assert (read(Draft, claim_id).title, "Judul rekan" in _words(refused)) == ("Judul rekan", True)
    again = refused.select_one("#rancangan input[name=version]")["value"]
    assert post(f"/klaim/{claim_id}/rancangan", **form, version=again).status_code == 303
    assert read(Draft, claim_id).title == TYPED["title"]


def test_typing_holds_the_claim_on_and_is_one_row_of_the_record(act, ani, claim_id, clock, steps):
    """Somebody at work does not lose the claim between two saves, and no keystroke fills the record."""
    act(ani, review.take, claim_id)
    for _ in range(3):
        clock.forward(minutes=20)
        act(ani, typed.keep, claim_id, TYPED, 0)
    assert act(SERVICE, review.expire_leases) == 0
    assert steps("claim.type") == [("claim.type", claim_id)]


def test_saving_forgets_what_was_typed_and_keeps_half_a_source(act, ani, claim_id, browser, service):
    """A saved form leaves nothing behind but what its button did not store."""
    act(ani, review.take, claim_id)
    _get, post = browser(ani)
    half = {"source_url": "https://media.example/setengah", "source_title": "Belum selesai"}
    post(f"/klaim/{claim_id}/ketikan", version="0", shown="gates", verifiable="ya", **half)
    post(f"/klaim/{claim_id}/rancangan", do="save", version="0", shown="gates", verifiable="ya", **half)
    with service.database.read() as session:
        assert session.get(Draft, claim_id).gates == {"verifiable": True}
        assert session.get(TypedDraft, (ani.user_id, claim_id)).fields == half
    post(f"/klaim/{claim_id}/rancangan", do="save", version="1", shown="gates", verifiable="ya")
    with service.database.read() as session:
        assert session.get(TypedDraft, (ani.user_id, claim_id)) is None


def test_a_session_that_ends_in_the_middle_of_a_form_loses_nothing(act, ani, claim_id, browser, client, service):
    """The form that is sent too late is kept, its reader signs in again and finds it; nothing was saved meanwhile."""
    act(ani, review.take, claim_id)
    get, post = browser(ani)
    over = service.settings.model_copy(update={"session_lifetime": timedelta(seconds=-1)})
    client.app.state.service = replace(service, settings=over)
    late = post(f"/klaim/{claim_id}/rancangan", do="submit", version="0", **TYPED)
    assert (late.status_code, late.headers["location"]) == (303, f"/masuk?ke=/klaim/{claim_id}")
    assert get(f"/klaim/{claim_id}").headers["location"].startswith("/masuk")
    assert act(ani, review.draft, claim_id) is None
    client.app.state.service = service
    again, _post = browser(ani)
    assert "Judul yang belum selesai" in again(f"/klaim/{claim_id}").text


def test_a_session_that_somebody_ended_keeps_nothing(act, ani, claim_id, browser, service):
    """Raising the epoch ends it for good: its cookie stores no word."""
    _get, post = browser(ani)
    with service.database.write() as session:
        session.get(User, ani.user_id).session_epoch += 1
    assert post(f"/klaim/{claim_id}/rancangan", version="0", **TYPED).status_code == 401
    with service.database.read() as session:
        assert session.get(TypedDraft, (ani.user_id, claim_id)) is None


def test_the_page_that_types_is_told_who_took_the_claim(act, ani, budi, claim_id, clock, browser):
    """The words are kept all the same, and the answer says whose the claim is by now."""
    act(ani, review.take, claim_id)
    _get, post = browser(ani)
    assert "Ketikan tersimpan" in post(f"/klaim/{claim_id}/ketikan", version="0", **TYPED).text
    clock.forward(hours=1)
    act(budi, review.take, claim_id)
    assert "budi" in post(f"/klaim/{claim_id}/ketikan", version="0", **TYPED).text


def test_old_typing_is_forgotten(act, ani, claim_id, clock):
    """A week after the last key it is gone; a day before it is not."""
    act(ani, typed.keep, claim_id, TYPED, 0)
    clock.forward(days=6)
    assert act(SERVICE, retention.forget) == 0
    clock.forward(days=2)
    assert act(SERVICE, retention.forget) == 1
    assert act(ani, typed.kept, claim_id) is None


def test_typing_takes_known_fields_of_bounded_length(act, ani, citra, claim_id):
    """A field that no form has, too much text, an unknown claim and a stranger are refused."""
    for fields in ({"password": "x"}, {"title": "x" * 20_001}):
        with pytest.raises(InvalidInputError):
            act(ani, typed.keep, claim_id, fields, 0)
    with pytest.raises(NotFoundError):
        act(ani, typed.keep, 4040, TYPED, 0)
    with pytest.raises(ForbiddenError):
        act(citra, typed.keep, claim_id, TYPED, 0)
    with pytest.raises(NotFoundError):
        act(ani, typed.throw_away, claim_id)


# ---- notes -------------------------------------------------------------------------------------------------------


def test_a_note_tells_whom_it_names(act, ani, budi, citra, claim_id, steps):
    """Named colleagues find it unread until they say that they read it; the record has who, not what."""
    act(ani, notes.add, claim_id, "@budi dan @citra. Surel humas@contoh.example dan @akun bukan rekan.")
    assert (act(budi, notes.n_unread), act(citra, notes.n_unread), act(ani, notes.n_unread)) == (1, 1, 0)
    (told,) = act(budi, notes.mentions)
    act(budi, notes.mark_read, told.note_id)
    act(budi, notes.mark_read, told.note_id)
    assert act(budi, notes.n_unread) == 0
    assert [step for step, _ in steps("claim.note")] == ["claim.note"]
    assert [step for step, _ in steps("note.")] == ["note.read"]
    with pytest.raises(NotFoundError):
        act(ani, notes.mark_read, told.note_id)


def test_a_note_to_nobody_is_refused(act, ani, claim_id, sign_up):
    """A name that nobody of the desk has would be read by nobody, so it is said; and a note says something."""
    sign_up("asn", Role.INFLUENCER)
    for text in ("Tolong @bidu", "Tolong @asn"):
        with pytest.raises(UnknownColleagueError):
            act(ani, notes.add, claim_id, text)
    for text in ("", "x" * 2_001):
        with pytest.raises(InvalidInputError):
            act(ani, notes.add, claim_id, text)


def test_notes_are_written_and_read_with_forms(act, ani, citra, claim_id, browser):
    """Anybody of the desk adds one; for the holder its button saves the draft too; the mention is marked as read."""
    act(ani, review.take, claim_id)
    _get, post = browser(citra)
    assert post(f"/klaim/{claim_id}/catatan", note="@ani sudah tanya bank?").status_code == 303
    assert (
        _soup(post(f"/klaim/{claim_id}/catatan", note="@siapa"), 422).find("textarea", id="note").text.strip()
        == "@siapa"
    )
    get, post = browser(ani)
    assert "1 belum dibaca" in _words(_soup(get("/antrean")))
    assert "sudah tanya bank?" in _words(_soup(get("/sebutan")))
    (told,) = act(ani, notes.mentions)
    assert post(f"/sebutan/{told.note_id}/baca").status_code == 303
    assert post(f"/klaim/{claim_id}/rancangan", do="note", version="0", note="Sudah.").status_code == 303
    assert "Sudah." in _soup(get(f"/klaim/{claim_id}")).find(id="catatan").get_text()


# ---- several claims at once --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "there"),
    [
        ({"action": BulkAction.ASSIGN}, ClaimState.CLAIMED),
        ({"action": BulkAction.HOLD, "reason": "Menunggu bank"}, ClaimState.ON_HOLD),
        ({"action": BulkAction.DISMISS, "dismiss_as": DismissReason.SATIRE}, ClaimState.DISMISSED),
    ],
)
def test_a_step_for_several_is_one_row_a_claim_and_can_be_taken_back(act, ani, several, state_of, steps, asked, there):
    """Each claim goes through its own step and back through the opposite one."""
    found = act(ani, bulk.do, Asked(claim_ids=several, **asked))
    assert (found.done, found.refused) == (several, ())
    assert {state_of(number) for number in several} == {there}
    step = {"assign": "take"}.get(asked["action"].value, asked["action"].value)
    assert steps(f"claim.{step}") == [(f"claim.{step}", number) for number in several]
    assert act(ani, bulk.undoable).n_claims == 3
    assert act(ani, bulk.undo, found.bulk_id).done == several
    assert {state_of(number) for number in several} == {ClaimState.QUEUED}
    assert act(ani, bulk.undoable) is None


def test_giving_back_is_taken_back_to_where_each_claim_stood(act, ani, several, state_of):
    """One that was held waits again, one that was in hand is in hand again."""
    act(ani, review.take, several[0])
    act(ani, review.hold, several[1], "Menunggu")
    found = act(ani, bulk.do, Asked(BulkAction.RETURN, several))
    assert (found.done, [each.claim_id for each in found.refused]) == (several[:2], [several[2]])
    assert {state_of(number) for number in several} == {ClaimState.QUEUED}
    act(ani, bulk.undo, found.bulk_id)
    assert [state_of(number) for number in several] == [ClaimState.CLAIMED, ClaimState.ON_HOLD, ClaimState.QUEUED]


def test_claims_that_refuse_are_named_and_the_others_go_on(act, ani, budi, several, state_of):
    """Another's work and a draft are no matter of one click; where nobody goes along nothing is stored."""
    act(budi, review.take, several[0])
    act(budi, review.take, several[1])
    act(budi, review.save_draft, several[1], Prepared(title="x"), 0)
    act(budi, review.hold, several[1], "Menunggu")
    act(budi, review.resume, several[1])
    asked = Asked(BulkAction.DISMISS, (*several, 4040), dismiss_as=DismissReason.OPINION)
    found = act(ani, bulk.do, asked)
    assert found.done == (several[2],)
    assert [type(each.error) for each in found.refused] == [NotWaitingError, NotWaitingError, NotFoundError]
    with pytest.raises(NotWaitingError):
        act(ani, bulk.do, Asked(BulkAction.HOLD, several[:2], "x"))
    assert state_of(several[0]) is ClaimState.CLAIMED


def test_what_was_changed_since_is_left(act, ani, budi, several, state_of):
    """Taking back undoes nobody else's step."""
    found = act(ani, bulk.do, Asked(BulkAction.HOLD, several, "Menunggu"))
    act(budi, review.resume, several[0])
    act(budi, review.take, several[0])
    back = act(ani, bulk.undo, found.bulk_id)
    assert back.done == several[1:]
    assert [type(each.error) for each in back.refused] == [ChangedSinceError]
    assert state_of(several[0]) is ClaimState.CLAIMED


def test_what_one_held_before_is_not_taken_away(act, ani, several, state_of):
    """Taking three of which one was in hand already is taken back for the other two."""
    act(ani, review.take, several[0])
    found = act(ani, bulk.do, Asked(BulkAction.ASSIGN, several))
    assert (found.done, act(ani, bulk.undoable).n_claims) == (several, 2)
    assert act(ani, bulk.undo, found.bulk_id).done == several[1:]
    assert [state_of(number) for number in several] == [ClaimState.CLAIMED, ClaimState.QUEUED, ClaimState.QUEUED]


def test_taking_back_is_ones_own_once_and_soon(act, ani, budi, several, clock):
    """Not another's, not twice, not after ten minutes."""
    first = act(ani, bulk.do, Asked(BulkAction.ASSIGN, several[:1]))
    second = act(ani, bulk.do, Asked(BulkAction.ASSIGN, several[1:]))
    with pytest.raises(NotFoundError):
        act(budi, bulk.undo, first.bulk_id)
    act(ani, bulk.undo, first.bulk_id)
    with pytest.raises(UndoOverError):
        act(ani, bulk.undo, first.bulk_id)
    clock.forward(minutes=11)
    with pytest.raises(UndoOverError):
        act(ani, bulk.undo, second.bulk_id)


def test_a_step_for_several_has_its_bounds(act, ani, citra, several):
    """At most fifty claims, at least one, with a reason where one is needed, by a checker."""
    for asked, error in (
        (Asked(BulkAction.ASSIGN, tuple(range(1, 52))), TooLargeError),
        (Asked(BulkAction.ASSIGN, ()), InvalidInputError),
        (Asked(BulkAction.HOLD, several), InvalidInputError),
        (Asked(BulkAction.DISMISS, several), InvalidInputError),
    ):
        with pytest.raises(error):
            act(ani, bulk.do, asked)
    with pytest.raises(ForbiddenError):
        act(citra, bulk.do, Asked(BulkAction.ASSIGN, several))


def test_the_queue_does_it_without_a_script(ani, several, state_of, browser, act):
    """Ticked rows, one form, a sentence about the result with a button that takes it back; a refusal says why."""
    get, post = browser(ani)
    page = _soup(get("/antrean"))
    assert len(page.select('input[name="claim"][form="sekaligus"]')) == 3
    refused = _soup(post("/antrean/sekaligus", claim=[str(several[0])], action="hold"), 422)
    assert "Tuliskan alasannya" in _words(refused)
    assert post("/antrean/sekaligus", claim=[str(n) for n in several[:2]], action="assign").status_code == 303
    page = _soup(get("/antrean"))
    assert "2 klaim: ambil untuk saya" in _words(page.select_one("p.flash"))
    undo = page.find("form", action=re.compile(r"^/antrean/sekaligus/\d+/batal$"))
    assert post(undo["action"]).status_code == 303
    assert {state_of(number) for number in several} == {ClaimState.QUEUED}


# ---- counts and views --------------------------------------------------------------------------------------------


def test_every_open_state_is_counted(act, ani, several, browser):
    """The counts follow the filter, but not the state that it names; the page shows them as links."""
    act(ani, review.take, several[0])
    found = act(ani, claims.counts, Filters(states=(ClaimState.QUEUED,)))
    assert (found[ClaimState.QUEUED], found[ClaimState.CLAIMED], found[ClaimState.ON_HOLD]) == (2, 1, 0)
    page = _soup(browser(ani)[0]("/antrean?state=claimed"))
    links = {link["href"]: _words(link) for link in page.select("nav.counts a")}
    assert links["/antrean?state=queued"].split()[-1] == "2"
    assert page.select_one("nav.counts a[aria-current]")["href"] == "/antrean?state=claimed"
    assert len(page.select("li.desk-row")) == 1


def test_views_are_kept_by_name_and_are_ones_own(act, ani, budi, browser):
    """A name kept twice takes the new question; another's views are neither seen nor removed."""
    act(ani, views.save, "Bencana pagi", {"category": "bencana"})
    row = act(ani, views.save, " Bencana  pagi ", {"category": "bencana", "band": "look"})
    assert [(view.name, view.asked) for view in act(ani, views.listed)] == [
        ("Bencana pagi", {"category": "bencana", "band": "look"})
    ]
    assert act(budi, views.listed) == []
    with pytest.raises(NotFoundError):
        act(budi, views.remove, row.id)
    page = _soup(browser(ani)[0]("/antrean"))
    assert page.select_one(".views a")["href"] == "/antrean?category=bencana&band=look"
    act(ani, views.remove, row.id)
    assert act(ani, views.listed) == []


def test_views_ask_something_and_are_twenty_at_most(act, ani):
    """A view without a question or a name is none."""
    for name, asked in (("", {"q": "x"}), ("x" * 81, {"q": "x"}), ("Semua", {})):
        with pytest.raises(InvalidInputError):
            act(ani, views.save, name, asked)
    for number in range(20):
        act(ani, views.save, f"Pandangan {number}", {"q": "x"})
    with pytest.raises(TooManyViewsError):
        act(ani, views.save, "Satu lagi", {"q": "x"})


def test_a_view_is_saved_and_let_go_with_forms(act, ani, browser):
    """From the filtered queue, and back to it."""
    _get, post = browser(ani)
    saved = post("/antrean/pandangan", name="Penipuan", category="penipuan")
    assert (saved.status_code, saved.headers["location"]) == (303, "/antrean?category=penipuan")
    assert "antara 1 dan 80" in _words(_soup(post("/antrean/pandangan", name="", category="penipuan"), 422))
    (row,) = act(ani, views.listed)
    assert post(f"/antrean/pandangan/{row.id}/lepas").status_code == 303
    assert act(ani, views.listed) == []


def test_a_row_says_since_when_until_when_and_what_is_late(act, ani, claim_id, clock, browser):
    """Age, holder with both times, and a missed deadline in a word and not by colour alone."""
    act(ani, review.take, claim_id)
    clock.forward(minutes=10)
    row = _words(_soup(browser(ani)[0]("/antrean")).select_one("li.desk-row"))
    for expected in (
        "masuk 10 menit lalu",
        "ani, sejak 10 menit lalu , sampai 2 Mar 2026 10.30 WIB",
        "terlewat: dilihat",
    ):
        assert expected in row


def test_hurting_words_are_shown_once_somebody_asks(act, ani, browser):
    """A flagged wording is no heading and no link, and what is said in a flagged video lies folded with its post."""
    hurting = "Dasar anjing goblok tolol kau bangsat"

    def make(ctx):
        row = factories.claim(ctx, wording=hurting)
        ctx.session.scalars(select(Post)).one().media = [{"kind": "video", "phash": None, "transcript": "Ayo depo"}]
        return row.id

    number = act(SERVICE, make)
    get, _post = browser(ani)
    row = _soup(get("/antrean")).select_one("li.desk-row")
    assert row.select_one("[data-row]").get_text() == f"Klaim {number}, rumusannya disamarkan"
    assert row.select_one("details:not([open]) p").get_text() == hurting
    page = _soup(get(f"/klaim/{number}"))
    assert hurting not in page.h1.get_text()
    post = page.select_one("li[id^=kiriman-]")
    assert post.select_one("details:not([open]) blockquote").get_text() == "Ayo depo"


# ---- matches and wordings ----------------------------------------------------------------------------------------


def test_a_related_match_answers_nothing(act, ani, claim_id, service, browser, steps):
    """It is told apart from a rejection, and no longer lowers the claim as one that is answered."""

    def suggest(ctx):
        match = Match(
            claim_id=claim_id,
            clarification_id=factories.clarification(ctx).id,
            score=0.8,
            machine_status="confirmed",
            machine_version="m",
            created_at=ctx.now,
        )
        ctx.session.add(match)
        ctx.session.flush()
        return match.id

    number = act(SERVICE, suggest)
    get, post = browser(ani)
    page = _soup(get(f"/klaim/{claim_id}"))
    assert page.select(".beside mark.differs")
    assert post(f"/klaim/{claim_id}/kecocokan/{number}/terkait").status_code == 303
    with service.database.read() as session:
        assert session.get(Match, number).status is MatchStatus.RELATED
        assert strongest_matches(session, [claim_id]) == {}
    assert steps("match.") == [("match.relate", number)]
    with pytest.raises(matching.AlreadyDecidedError):
        act(ani, matching.relate, number)


def test_every_earlier_wording_can_be_read(act, ani, claim_id, browser):
    """The page's history shows them with who wrote each."""
    act(ani, review.take, claim_id)
    act(ani, review.reword, claim_id, "Rumusan pertama.")
    act(ani, review.reword, claim_id, "Rumusan kedua.")
    page = _words(_soup(browser(ani)[0](f"/klaim/{claim_id}")))
    assert "Rumusan sebelumnya Rumusan pertama. ani" in page


@pytest.mark.parametrize("path", ["/antrean", "/klaim/1", "/sebutan", "/pintasan"])
def test_pages_of_the_desk_are_light(ani, claim_id, browser, path):
    """A page with every script and style that it names weighs at most 150 KB compressed."""
    get, _post = browser(ani)
    page = get(path)
    soup = _soup(page)
    named = [tag.get("src") or tag.get("href") for tag in soup.select("script[src], link[rel=stylesheet]")]
    assert len(named) >= 4
    weight = sum(len(gzip.compress(get(address).content)) for address in named) + len(gzip.compress(page.content))
    assert weight <= 150_000


# ---- the same over /v1 -------------------------------------------------------------------------------------------


def test_v1_types_and_hands_over(client, act, ani, key_for, claim_id):
    """What is typed is kept, read and thrown away; a claim is handed to a colleague by name."""
    dewi = key_for("dewi", Role.CHECKER)
    at = f"/v1/claims/{claim_id}"
    assert client.get(f"{at}/typed", headers=dewi).status_code == 404
    kept = client.put(f"{at}/typed", headers=dewi, json={"on_version": 0, "fields": {"title": "Setengah"}})
    assert kept.json()["fields"] == client.get(f"{at}/typed", headers=dewi).json()["fields"] == {"title": "Setengah"}
    assert client.put(f"{at}/typed", headers=dewi, json={"fields": {"x": "y"}}).status_code == 422
    assert client.delete(f"{at}/typed", headers=dewi).status_code == 204
    client.post(f"{at}/take", headers=dewi)
    names = [each["name"] for each in client.get("/v1/colleagues", headers=dewi).json()["colleagues"]]
    assert names == ["ani", "dewi"]
    assert client.post(f"{at}/hand-over", headers=dewi, json={"to": "zaki"}).json()["title"] == "not-a-colleague"
    assert client.post(f"{at}/hand-over", headers=dewi, json={"to": "ani"}).json()["holder"] == "ani"
    held = client.post(f"{at}/take", headers=dewi | {"accept-language": "en"})
    assert (held.status_code, held.json()["title"]) == (409, "held-by-another")
    assert "2 Mar 2026 10:00 WIB" in held.json()["detail"]


def test_v1_notes_counts_views_and_steps_for_several(client, ani, key_for, several):
    """Each with its typed error; the outcome names every claim."""
    eka = key_for("eka", Role.CHECKER)
    at = f"/v1/claims/{several[0]}"
    assert client.post(f"{at}/notes", headers=eka, json={"text": "Catat @eka"}).status_code == 201
    mine = client.get("/v1/me/mentions", headers=eka).json()
    assert (mine["unread"], mine["mentions"][0]["claim_id"]) == (1, several[0])
    assert client.post(f"/v1/me/mentions/{mine['mentions'][0]['note_id']}/read", headers=eka).status_code == 204
    refused = client.post(f"{at}/notes", headers=eka, json={"text": "@siapa"})
    assert (refused.status_code, refused.json()["title"]) == (422, "unknown-colleague")
    assert client.get("/v1/claims/counts", headers=eka).json()["counts"]["queued"] == 3
    view = client.put("/v1/me/views", headers=eka, json={"name": "Gawat", "band": "look"}).json()
    assert client.get("/v1/me/views", headers=eka).json()["views"] == [view]
    assert client.delete(f"/v1/me/views/{view['id']}", headers=eka).status_code == 204
    body = {"action": "hold", "claims": [*several, 4040], "reason": "Menunggu"}
    found = client.post("/v1/claims/bulk", headers=eka, json=body).json()
    assert (found["done"], [each["code"] for each in found["refused"]]) == (list(several), ["not-found"])
    assert client.post(f"/v1/claims/bulk/{found['id']}/undo", headers=eka).json()["done"] == list(several)
    assert client.post(f"/v1/claims/bulk/{found['id']}/undo", headers=eka).json()["title"] == "undo-over"


def test_a_lease_is_renewed_for_its_holder_only(act, ani, budi, claim_id, service):
    """``renew`` tells whether there was one."""
    act(ani, review.take, claim_id)
    assert act(budi, leases.renew, claim_id, budi.user_id) is False
    assert act(ani, leases.renew, claim_id, ani.user_id) is True
    with service.database.read() as session:
        assert session.get(Claim, claim_id).lease_until == service.clock.now() + timedelta(minutes=30)
