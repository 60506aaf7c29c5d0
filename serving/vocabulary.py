"""The words of the desk, each once, from the database to the screen.

The member is what code says, the value is what is stored and sent, and ``LABELS`` gives the Indonesian word on screen
(the English one is in the catalogue).
"""

from __future__ import annotations

from enum import StrEnum

from serving.i18n import mark


class Role(StrEnum):
    """What somebody may do. One person may hold several; none lifts author ≠ approver."""

    CHECKER = "checker"
    APPROVER = "approver"
    MANAGER = "manager"
    INFLUENCER = "influencer"
    ENGINEER = "engineer"
    ADMIN = "admin"


class ClaimState(StrEnum):
    """Where a claim stands."""

    NEW = "new"
    QUEUED = "queued"
    CLAIMED = "claimed"
    DRAFTED = "drafted"
    AWAITING_APPROVAL = "awaiting_approval"
    PUBLISHED = "published"
    CLOSED = "closed"
    RETRACTED = "retracted"
    ON_HOLD = "on_hold"
    ESCALATED = "escalated"
    MERGED = "merged"
    DISMISSED = "dismissed"


class ClaimCorrectionKind(StrEnum):
    """How a person corrected which posts make one claim."""

    MERGE = "merge"
    UNMERGE = "unmerge"
    SPLIT = "split"
    MOVE = "move"
    UNDO = "undo"


class DismissReason(StrEnum):
    """Why a claim gets no label."""

    OPINION = "opinion"
    SATIRE = "satire"
    PRESS = "press"
    OUT_OF_SCOPE = "out_of_scope"
    DUPLICATE = "duplicate"


class VerdictLabel(StrEnum):
    """What two humans found about a claim."""

    TRUE = "benar"
    FALSE = "salah"
    MISLEADING = "menyesatkan"
    MISSING_CONTEXT = "kurang_konteks"
    SATIRE = "satire"
    OPINION = "opini"
    UNPROVEN = "belum_terbukti"
    OUT_OF_SCOPE = "di_luar_cakupan"


class Category(StrEnum):
    """What a claim is about."""

    FRAUD = "penipuan"
    POLITICS = "politik"
    GOVERNMENT = "pemerintahan"
    HEALTH = "kesehatan"
    DISASTER = "bencana"
    RELIGION = "agama"
    ECONOMY = "ekonomi"
    SECURITY = "keamanan"
    OTHER = "lain"


class Topic(StrEnum):
    """What an influencer chose to hear about, and a campaign is addressed by."""

    HEALTH = "kesehatan"
    DISASTER = "bencana"
    ECONOMY = "ekonomi"
    SOCIAL_AID = "bantuan_sosial"
    EDUCATION = "pendidikan"
    DIGITAL_SAFETY = "keamanan_digital"
    INFRASTRUCTURE = "infrastruktur"
    PUBLIC_SERVICE = "layanan_publik"


class Gate(StrEnum):
    """The six questions that a human answers before anything can be submitted."""

    VERIFIABLE = "verifiable"
    OPINION = "opinion"
    SATIRE = "satire"
    PRESS_PRODUCT = "press_product"
    CRITICISM = "criticism"
    PRIVATE_PERSON = "private_person"


class EvidenceKind(StrEnum):
    """Whose word a source is."""

    AFFECTED_AGENCY = "affected_agency"
    INDEPENDENT = "independent"


class MatchStatus(StrEnum):
    """A link between claim and clarification: the machine suggests, a human decides."""

    SUGGESTED = "suggested"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    RELATED = "related"


class BulkAction(StrEnum):
    """What can be done to several claims of the queue at once."""

    ASSIGN = "assign"
    HOLD = "hold"
    RETURN = "return"
    DISMISS = "dismiss"


class ClarificationState(StrEnum):
    """Where an official clarification stands; ``library`` came from elsewhere and serves matching only."""

    DRAFT = "draft"
    LIBRARY = "library"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    RETRACTED = "retracted"


class CampaignKind(StrEnum):
    """What a campaign carries."""

    CLARIFICATION = "clarification"
    PROGRAMME = "programme"


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    LIVE = "live"
    FROZEN = "frozen"
    ENDED = "ended"


class FreezeCause(StrEnum):
    """What froze a campaign; it decides who may let it go on."""

    PERSON = "person"
    ELECTION = "election"
    APPEAL = "appeal"


class AppealState(StrEnum):
    """Where an appeal against a label stands: ``upheld`` means that the label stands."""

    OPEN = "open"
    TAKEN = "taken"
    UPHELD = "upheld"
    OVERTURNED = "overturned"


class ComplaintReason(StrEnum):
    """What somebody minds about how a clarification is spread; the label itself is contested by an appeal."""

    TOO_MANY = "too_many"
    SAME_WORDS = "same_words"
    PRESSURE = "pressure"
    UNDISCLOSED = "undisclosed"


class BreakerState(StrEnum):
    """Whether kits are offered at all."""

    RUNNING = "running"
    FROZEN = "frozen"
    REOPENING = "reopening"


class BreakerSignal(StrEnum):
    """What the circuit breaker watches."""

    REVERSALS = "reversals"
    COMPLAINTS = "complaints"
    OPEN_APPEALS = "open_appeals"
    SAME_WORDING = "same_wording"


class SecondLookState(StrEnum):
    """What came of a second person's look at a dismissal."""

    WAITING = "waiting"
    AGREED = "agreed"
    REOPENED = "reopened"
    # Somebody opened the claim again before anybody looked.
    LAPSED = "lapsed"


class OfferState(StrEnum):
    """Where one kit offered to one person stands."""

    PLANNED = "planned"
    OFFERED = "offered"
    SNOOZED = "snoozed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RECALLED = "recalled"
    POSTED = "posted"
    VERIFIED = "verified"


class DeclineReason(StrEnum):
    """Why somebody declines; asked once, without consequence, and never read by routing."""

    NOT_NOW = "not_now"
    NOT_MY_TOPIC = "not_my_topic"
    NOT_COMFORTABLE = "not_comfortable"


class Platform(StrEnum):
    """The three platforms on which followers are counted, each by itself."""

    FACEBOOK = "facebook"
    X = "x"
    INSTAGRAM = "instagram"


class ConsentScope(StrEnum):
    """What somebody agrees to, each by itself: three purposes and three platforms."""

    CLARIFICATION = "clarification"
    PROGRAMME = "programme"
    MEASUREMENT = "measurement"
    FACEBOOK = "facebook"
    X = "x"
    INSTAGRAM = "instagram"


PURPOSES = (ConsentScope.CLARIFICATION, ConsentScope.PROGRAMME, ConsentScope.MEASUREMENT)
# The version of each scope's words as they stand. Raised whenever they change in meaning: what was agreed to before
# then counts no longer, and everybody is asked again.
SCOPE_VERSIONS: dict[ConsentScope, str] = dict.fromkeys(ConsentScope, "1")


class Channel(StrEnum):
    """Where somebody wants to hear of offers and reminders; corrections reach everybody by every way there is."""

    EMAIL = "email"
    INBOX = "inbox"
    # The ministry's own system is told, and tells its people in its own way.
    MINISTRY = "ministry"
    TELEGRAM = "telegram"
    WHATSAPP = "whatsapp"
    # One of the services that the administrator set up; nothing is answered there.
    OTHER = "other"


CHATS = (Channel.TELEGRAM, Channel.WHATSAPP)
# Where an address is kept for it, given by its person.
LINKED = (*CHATS, Channel.OTHER)


class EvidenceMethod(StrEnum):
    """How a follower count became known."""

    API = "api"
    SCREENSHOT = "screenshot"
    HR = "hr"


class EvidenceHold(StrEnum):
    """Why a count waits for a person to look."""

    JUMP = "jump"
    ROUND = "round"


class ScreenshotState(StrEnum):
    """What became of a screenshot that somebody sent of their count; only an unseen one has its picture."""

    UNSEEN = "unseen"
    COUNTED = "counted"
    NOT_TAKEN = "not_taken"
    TAKEN_BACK = "taken_back"
    # Nobody of the ministry looked in time.
    TIMED_OUT = "timed_out"


class CardShape(StrEnum):
    """In which shape a card is drawn."""

    SQUARE = "square"
    STORY = "story"
    WIDE = "wide"


class WordingSource(StrEnum):
    """From where the words of a post are known: its person wrote them here, or the post's own page shows them."""

    OWN = "own"
    METADATA = "metadata"


class PostCheck(StrEnum):
    """How a posted link is looked at: its public page is still to be asked, was enough, or a person has to look."""

    WAITING = "waiting"
    METADATA = "metadata"
    SAMPLE = "sample"


class CorrectionState(StrEnum):
    """Whether somebody has seen a correction."""

    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"


class DeliveryState(StrEnum):
    """Whether a message has left."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    # Nothing more to say: the offer was answered or recalled before its message left.
    WITHDRAWN = "withdrawn"


class ImportFate(StrEnum):
    """What an import does with a row that it can read."""

    NEW = "new_row"
    CHANGED = "changed_row"
    SAME = "same_row"


class DisputeOutcome(StrEnum):
    """Whom a third person agreed with."""

    AUTHOR = "author"
    APPROVER = "approver_first"


class DeadlineClock(StrEnum):
    """What a claim waits for."""

    SEEN = "seen"
    DECIDED = "decided"


class DeadlineStage(StrEnum):
    """How a clock stands that somebody is told of."""

    NEAR = "near"
    MISSED = "missed"


class WebhookEventType(StrEnum):
    """What another system can be told of."""

    CLARIFICATION_PUBLISHED = "clarification.published"
    CLARIFICATION_REVISED = "clarification.revised"
    CLARIFICATION_SUPERSEDED = "clarification.superseded"
    CLARIFICATION_RETRACTED = "clarification.retracted"
    VERDICT_PUBLISHED = "verdict.published"
    VERDICT_RETRACTED = "verdict.retracted"
    DEADLINE_NEAR = "deadline.near"
    DEADLINE_MISSED = "deadline.missed"
    # To a ministry's own endpoint alone, about its own people.
    OFFER_MADE = "offer.made"
    OFFER_STOPPED = "offer.stopped"
    OFFER_RESUMED = "offer.resumed"
    # Sent on request to one endpoint, to try it.
    TEST = "webhook.test"


class ModelRole(StrEnum):
    """What a model is to the service: the one whose scores are shown, or the one that is tried beside it."""

    CHAMPION = "champion"
    CHALLENGER = "challenger"


class ModelAction(StrEnum):
    """What was done about a model."""

    PROMOTE = "promote"
    ROLLBACK = "rollback"
    DECLINE = "decline"
    CHALLENGE = "challenge"
    WITHDRAW = "withdraw"


LABELS: dict[StrEnum, str] = {
    EvidenceHold.JUMP: mark("jumlahnya melonjak"),
    EvidenceHold.ROUND: mark("jumlahnya bulat"),
    Role.CHECKER: mark("pemeriksa"),
    Role.APPROVER: mark("penyetuju"),
    Role.MANAGER: mark("manajer program"),
    Role.INFLUENCER: mark("ASN influencer"),
    Role.ENGINEER: mark("insinyur"),
    Role.ADMIN: mark("admin"),
    ClaimState.NEW: mark("baru"),
    ClaimState.QUEUED: mark("dalam antrean"),
    ClaimState.CLAIMED: mark("dikerjakan"),
    ClaimState.DRAFTED: mark("dirancang"),
    ClaimState.AWAITING_APPROVAL: mark("menunggu persetujuan"),
    ClaimState.PUBLISHED: mark("terbit"),
    ClaimState.CLOSED: mark("selesai"),
    ClaimState.RETRACTED: mark("ditarik"),
    ClaimState.ON_HOLD: mark("ditunda"),
    ClaimState.ESCALATED: mark("dinaikkan"),
    ClaimState.MERGED: mark("digabung"),
    ClaimState.DISMISSED: mark("tanpa label"),
    ClaimCorrectionKind.MERGE: mark("digabung"),
    ClaimCorrectionKind.UNMERGE: mark("dipisahkan lagi"),
    ClaimCorrectionKind.SPLIT: mark("dipecah"),
    ClaimCorrectionKind.MOVE: mark("kiriman dipindahkan"),
    ClaimCorrectionKind.UNDO: mark("dibatalkan"),
    DismissReason.OPINION: mark("opini"),
    DismissReason.SATIRE: mark("satire"),
    DismissReason.PRESS: mark("produk pers"),
    DismissReason.OUT_OF_SCOPE: mark("di luar cakupan"),
    DismissReason.DUPLICATE: mark("sudah ada"),
    VerdictLabel.TRUE: mark("benar"),
    VerdictLabel.FALSE: mark("salah"),
    VerdictLabel.MISLEADING: mark("menyesatkan"),
    VerdictLabel.MISSING_CONTEXT: mark("kurang konteks"),
    VerdictLabel.SATIRE: mark("satire"),
    VerdictLabel.OPINION: mark("opini"),
    VerdictLabel.UNPROVEN: mark("belum terbukti"),
    VerdictLabel.OUT_OF_SCOPE: mark("di luar cakupan"),
    Category.FRAUD: mark("penipuan"),
    Category.POLITICS: mark("politik"),
    Category.GOVERNMENT: mark("pemerintahan"),
    Category.HEALTH: mark("kesehatan"),
    Category.DISASTER: mark("bencana"),
    Category.RELIGION: mark("agama"),
    Category.ECONOMY: mark("ekonomi"),
    Category.SECURITY: mark("keamanan"),
    Category.OTHER: mark("lain"),
    Topic.HEALTH: mark("kesehatan"),
    Topic.DISASTER: mark("bencana"),
    Topic.ECONOMY: mark("ekonomi"),
    Topic.SOCIAL_AID: mark("bantuan sosial"),
    Topic.EDUCATION: mark("pendidikan"),
    Topic.DIGITAL_SAFETY: mark("keamanan digital"),
    Topic.INFRASTRUCTURE: mark("infrastruktur"),
    Topic.PUBLIC_SERVICE: mark("layanan publik"),
    EvidenceKind.AFFECTED_AGENCY: mark("instansi terkait"),
    EvidenceKind.INDEPENDENT: mark("sumber independen"),
    MatchStatus.SUGGESTED: mark("disarankan mesin"),
    MatchStatus.CONFIRMED: mark("dipastikan manusia"),
    MatchStatus.REJECTED: mark("ditolak"),
    MatchStatus.RELATED: mark("terkait"),
    BulkAction.ASSIGN: mark("ambil untuk saya"),
    BulkAction.HOLD: mark("tunda"),
    BulkAction.RETURN: mark("kembalikan ke antrean"),
    BulkAction.DISMISS: mark("tutup tanpa label"),
    ClarificationState.DRAFT: mark("rancangan"),
    ClarificationState.LIBRARY: mark("pustaka"),
    ClarificationState.PUBLISHED: mark("terbit"),
    ClarificationState.SUPERSEDED: mark("diganti"),
    ClarificationState.RETRACTED: mark("ditarik"),
    CampaignKind.CLARIFICATION: mark("klarifikasi"),
    CampaignKind.PROGRAMME: mark("kabar program"),
    CampaignState.DRAFT: mark("rancangan"),
    CampaignState.AWAITING_APPROVAL: mark("menunggu persetujuan"),
    CampaignState.APPROVED: mark("disetujui"),
    CampaignState.LIVE: mark("berjalan"),
    CampaignState.FROZEN: mark("dibekukan"),
    CampaignState.ENDED: mark("berakhir"),
    FreezeCause.PERSON: mark("dibekukan seseorang"),
    FreezeCause.ELECTION: mark("masa pemilu"),
    FreezeCause.APPEAL: mark("ada keberatan"),
    AppealState.OPEN: mark("menunggu pemeriksa"),
    AppealState.TAKEN: mark("sedang diperiksa"),
    AppealState.UPHELD: mark("putusan dipertahankan"),
    AppealState.OVERTURNED: mark("putusan dibatalkan"),
    ComplaintReason.TOO_MANY: mark("terlalu banyak unggahan serupa"),
    ComplaintReason.SAME_WORDS: mark("kata-katanya sama persis"),
    ComplaintReason.PRESSURE: mark("ada yang merasa dipaksa membagikan"),
    ComplaintReason.UNDISCLOSED: mark("tidak disebut bahwa pengunggahnya ASN"),
    BreakerState.RUNNING: mark("berjalan"),
    BreakerState.FROZEN: mark("dibekukan"),
    BreakerState.REOPENING: mark("menunggu orang kedua"),
    BreakerSignal.REVERSALS: mark("putusan yang ditarik"),
    BreakerSignal.COMPLAINTS: mark("keluhan"),
    BreakerSignal.OPEN_APPEALS: mark("keberatan yang belum dijawab"),
    BreakerSignal.SAME_WORDING: mark("unggahan dengan kata-kata yang sama"),
    SecondLookState.WAITING: mark("menunggu dilihat"),
    SecondLookState.AGREED: mark("disetujui"),
    SecondLookState.REOPENED: mark("dibuka lagi"),
    SecondLookState.LAPSED: mark("sudah dibuka lebih dahulu"),
    OfferState.PLANNED: mark("direncanakan"),
    OfferState.OFFERED: mark("ditawarkan"),
    OfferState.SNOOZED: mark("nanti"),
    OfferState.ACCEPTED: mark("diambil"),
    OfferState.DECLINED: mark("tidak kali ini"),
    OfferState.EXPIRED: mark("lewat waktu"),
    OfferState.RECALLED: mark("ditarik kembali"),
    OfferState.POSTED: mark("diunggah"),
    OfferState.VERIFIED: mark("terverifikasi"),
    DeclineReason.NOT_NOW: mark("sedang tidak sempat"),
    DeclineReason.NOT_MY_TOPIC: mark("bukan topik saya"),
    DeclineReason.NOT_COMFORTABLE: mark("kurang nyaman membagikannya"),
    Platform.FACEBOOK: "Facebook",
    Platform.X: "X",
    Platform.INSTAGRAM: "Instagram",
    ConsentScope.CLARIFICATION: mark("klarifikasi"),
    ConsentScope.PROGRAMME: mark("kabar program"),
    ConsentScope.MEASUREMENT: mark("pengukuran"),
    ConsentScope.FACEBOOK: "Facebook",
    ConsentScope.X: "X",
    ConsentScope.INSTAGRAM: "Instagram",
    Channel.EMAIL: mark("surel dan kotak masuk"),
    Channel.INBOX: mark("kotak masuk saja"),
    Channel.MINISTRY: mark("sistem kementerian dan kotak masuk"),
    Channel.TELEGRAM: mark("Telegram dan kotak masuk"),
    Channel.WHATSAPP: mark("WhatsApp dan kotak masuk"),
    Channel.OTHER: mark("saluran lain dan kotak masuk"),
    EvidenceMethod.API: mark("hasil API"),
    EvidenceMethod.SCREENSHOT: mark("tangkapan layar"),
    EvidenceMethod.HR: mark("data kepegawaian"),
    ScreenshotState.UNSEEN: mark("menunggu dilihat"),
    ScreenshotState.COUNTED: mark("diterima"),
    ScreenshotState.NOT_TAKEN: mark("tidak diterima"),
    ScreenshotState.TAKEN_BACK: mark("ditarik sendiri"),
    ScreenshotState.TIMED_OUT: mark("tidak sempat dilihat; kirim lagi"),
    WordingSource.OWN: mark("ditulis di sini"),
    WordingSource.METADATA: mark("dari halaman unggahan"),
    PostCheck.WAITING: mark("menunggu diperiksa"),
    PostCheck.METADATA: mark("diperiksa lewat metadata"),
    PostCheck.SAMPLE: mark("perlu dilihat orang"),
    CardShape.SQUARE: mark("persegi, untuk linimasa"),
    CardShape.STORY: mark("tegak, untuk story dan status"),
    CardShape.WIDE: mark("lebar, untuk pesan dan pratinjau"),
    CorrectionState.SENT: mark("terkirim"),
    CorrectionState.ACKNOWLEDGED: mark("sudah dibaca"),
    DeliveryState.PENDING: mark("menunggu dikirim"),
    DeliveryState.SENT: mark("terkirim"),
    DeliveryState.FAILED: mark("gagal dikirim"),
    DeliveryState.WITHDRAWN: mark("tidak perlu dikirim"),
    ImportFate.NEW: mark("baru"),
    ImportFate.CHANGED: mark("berubah; menjadi versi berikutnya"),
    ImportFate.SAME: mark("sama; dibiarkan"),
    DisputeOutcome.AUTHOR: mark("sepakat dengan penulis"),
    DisputeOutcome.APPROVER: mark("sepakat dengan penyetuju pertama"),
    DeadlineClock.SEEN: mark("sampai dilihat"),
    DeadlineClock.DECIDED: mark("sampai diputus"),
    DeadlineStage.NEAR: mark("hampir lewat"),
    DeadlineStage.MISSED: mark("terlewat"),
    WebhookEventType.CLARIFICATION_PUBLISHED: mark("klarifikasi terbit"),
    WebhookEventType.CLARIFICATION_REVISED: mark("klarifikasi diperbaiki"),
    WebhookEventType.CLARIFICATION_SUPERSEDED: mark("klarifikasi diganti"),
    WebhookEventType.CLARIFICATION_RETRACTED: mark("klarifikasi ditarik"),
    WebhookEventType.VERDICT_PUBLISHED: mark("putusan terbit"),
    WebhookEventType.VERDICT_RETRACTED: mark("putusan ditarik"),
    WebhookEventType.DEADLINE_NEAR: mark("tenggat hampir lewat"),
    WebhookEventType.DEADLINE_MISSED: mark("tenggat terlewat"),
    WebhookEventType.OFFER_MADE: mark("tawaran bagi orang kementerian itu"),
    WebhookEventType.OFFER_STOPPED: mark("tawaran sebuah kampanye berhenti"),
    WebhookEventType.OFFER_RESUMED: mark("tawaran sebuah kampanye berjalan lagi"),
    WebhookEventType.TEST: mark("kiriman percobaan"),
    ModelRole.CHAMPION: mark("model yang melayani"),
    ModelRole.CHALLENGER: mark("penantang"),
    ModelAction.PROMOTE: mark("dipasang"),
    ModelAction.ROLLBACK: mark("dikembalikan"),
    ModelAction.DECLINE: mark("usulan ditolak"),
    ModelAction.CHALLENGE: mark("diuji bayangan"),
    ModelAction.WITHDRAW: mark("berhenti diuji"),
}

# Apart from the labels: members of two vocabularies with one value are one key, and satire is a verdict as well.
QUESTIONS: dict[Gate, str] = {
    Gate.VERIFIABLE: mark("Apakah ini pernyataan fakta yang dapat diperiksa?"),
    Gate.OPINION: mark("Apakah ini pendapat?"),
    Gate.SATIRE: mark("Apakah ini satire atau lelucon?"),
    Gate.PRESS_PRODUCT: mark("Apakah ini karya pers dari media terdaftar?"),
    Gate.CRITICISM: mark("Apakah ini kritik atau keluhan tentang pemerintah?"),
    Gate.PRIVATE_PERSON: mark("Apakah ini menyebut orang pribadi?"),
}
