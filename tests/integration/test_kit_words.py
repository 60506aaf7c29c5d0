"""What captions and cards may say is what two humans approved, at the version that they approved."""

from __future__ import annotations

from datetime import timedelta

import pytest

from serving.db.tables import Clarification, ClarificationVersion, Decision
from serving.deps import context_for
from serving.desk.context import SERVICE
from serving.desk.outreach import campaign_drafts, campaigns, kits, restating
from serving.vocabulary import Category, Platform, Role, Topic, VerdictLabel
from tests import factories
from tests.conftest import START
from tests.integration import carrying

TITLE = "Uang palsu dapat dikenali dengan dilihat dan diraba"
BODY = "Bank Contoh menjelaskan cara mengenali uang palsu. Bawa uang itu ke kantor bank. Laporkan kepada petugas."


@pytest.fixture
def desk(service, sign_up):
    """A clarification about counterfeit money from a claim whose answers a test gives, and who acts."""

    class Desk:
        writer = sign_up("penulis", Role.CHECKER, Role.MANAGER)
        second = sign_up("penyetuju", Role.APPROVER)
        person = sign_up("asn", Role.INFLUENCER)

        def act(self, actor, work):
            with service.database.write() as session:
                return work(context_for(service, session, actor))

        def clarified(self, *, criticism):
            def work(ctx):
                people = {"author_id": self.writer.user_id, "approver_id": self.second.user_id}
                claim = factories.claim(ctx)
                source = factories.clarification(ctx, *people.values(), claim_id=claim.id)
                ctx.session.add(
                    ClarificationVersion(
                        clarification_id=source.id, number=2, title=TITLE, body=BODY, sources=[], at=ctx.now
                    )
                )
                source.current_version = 2
                ctx.session.add(
                    Decision(
                        claim_id=claim.id,
                        outcome="approved",
                        verdict=VerdictLabel.FALSE,
                        category=Category.FRAUD,
                        political_author=False,
                        gates={"criticism": criticism},
                        at=ctx.now,
                        **people,
                    )
                )
                return source.id

            return self.act(SERVICE, work)

        def drafted(self, clarification_id):
            window = campaign_drafts.Window(Topic.DIGITAL_SAFETY, START, START + timedelta(days=3), 1_000)
            new = campaign_drafts.NewCampaign(window, clarification_id)
            return self.act(self.writer, lambda ctx: campaign_drafts.create(ctx, new).id)

        def captions(self, campaign_id):
            return self.act(self.writer, lambda ctx: campaigns.captions(ctx, campaign_id))

        def write(self, campaign_id, *texts):
            captions = {platform: list(texts) for platform in Platform}
            self.act(self.writer, lambda ctx: campaign_drafts.set_captions(ctx, campaign_id, captions))

    return Desk()


def test_a_clarification_about_counterfeits_is_captioned_in_its_own_words(desk):
    """What the approved text calls palsu, its captions may; what it does not, they may not."""
    campaign_id = desk.drafted(desk.clarified(criticism=False))
    assert any("palsu" in text for text in desk.captions(campaign_id)[Platform.FACEBOOK])
    desk.write(campaign_id, "Laporkan uang palsu kepada petugas.")
    with pytest.raises(restating.CaptionError, match="bohong"):
        desk.write(campaign_id, "Laporkan uang bohong kepada petugas.")


def test_a_caption_is_held_against_the_version_that_the_campaign_carries(desk):
    """Words that a later version adds are not those of this campaign."""
    clarification_id = desk.clarified(criticism=False)
    campaign_id = desk.drafted(clarification_id)

    def reword(ctx):
        head = ctx.session.get(Clarification, clarification_id)
        ctx.session.add(
            ClarificationVersion(
                clarification_id=head.id, number=3, title=TITLE, body=f"{BODY} Itu bohong.", sources=[], at=ctx.now
            )
        )
        head.current_version = 3

    desk.act(SERVICE, reword)
    with pytest.raises(restating.CaptionError, match="bohong"):
        desk.write(campaign_id, "Laporkan uang bohong kepada petugas.")


def test_captions_and_card_about_criticism_accuse_nobody(desk):
    """Where the checker answered that the claim is criticism of government, nothing in the kit accuses."""
    campaign_id = desk.drafted(desk.clarified(criticism=True))
    for texts in desk.captions(campaign_id).values():
        assert texts
        assert not any("palsu" in text.casefold() for text in texts)
    with pytest.raises(restating.CaptionError, match="palsu"):
        desk.write(campaign_id, "Laporkan uang palsu kepada petugas.")


@pytest.mark.parametrize(("criticism", "said"), [(False, f"{TITLE}."), (True, "Bawa uang itu ke kantor bank.")])
def test_the_card_says_what_a_caption_may(desk, criticism, said):
    """The card's title is the first sentence that a caption could say as well."""
    clarification_id = desk.clarified(criticism=criticism)

    def offered(ctx):
        running = carrying.campaign(ctx, clarification_id, desk.writer, desk.second, title=TITLE, body=BODY)
        home = factories.ministry(ctx)
        return carrying.offer(ctx, running, factories.influencer(ctx, home.id, user_id=desk.person.user_id)).id

    offer_id = desk.act(SERVICE, offered)
    assert desk.act(desk.person, lambda ctx: kits.card_for(ctx, offer_id)).title == said


def test_each_change_of_captions_is_kept(desk):
    """Another edition stands in the place of the one before, whose rows stay as they were."""
    campaign_id = desk.drafted(desk.clarified(criticism=False))
    before = desk.captions(campaign_id)
    desk.write(campaign_id, "Laporkan uang palsu kepada petugas.")
    assert desk.captions(campaign_id) == {platform: ["Laporkan uang palsu kepada petugas."] for platform in Platform}

    def editions(ctx):
        query = ctx.session.query(campaigns.rows.Caption).filter_by(campaign_id=campaign_id)
        return {number: sum(row.edition == number for row in query) for number in (1, 2)}

    assert desk.act(SERVICE, editions) == {1: sum(map(len, before.values())), 2: len(Platform)}
