"""Somebody at a keyboard, without a mouse; and colleagues who act behind the screens."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from playwright.sync_api import Page, expect

from serving.db.tables import Claim
from serving.deps import Service, context_for
from serving.desk.checking import evidence, review
from serving.desk.context import SERVICE, Actor
from serving.desk.people import accounts
from serving.vocabulary import Role
from tests import factories
from tests.conftest import PASSWORD
from tests.integration.test_review import AGENCY, MEDIA, READY

FAMILY = "Contohwati"
# More than the focusable things on any page of the sample: whoever has not arrived by then never will.
STEPS_MAX = 150
# Asked after each step whether it has arrived, a browser takes as long to answer as to step.
STEPS = 6
_IS_FAR = "element => document.activeElement === document.body && !location.hash && element.closest('main') !== null"
# Whoever has arrived does not press on: what is pressed beyond that does nothing.
_STOP_HERE = """element => {
  const arrived = () => document.activeElement === element;
  const hold = (event) => {
    if (!arrived()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  addEventListener("keydown", hold, true);
  return { arrived, end: () => removeEventListener("keydown", hold, true) };
}"""


class Hands:
    """Somebody at a keyboard: counts each key that is no text, a chord as many times as it has keys."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.strokes = 0

    def press(self, *keys: str) -> None:
        """Press keys, one after another."""
        for key in keys:
            self.strokes += len(key.split("+"))
            self.page.keyboard.press(key)

    def press_on(self, *keys: str) -> None:
        """Press keys of which the last leads to another page."""
        with self.page.expect_navigation():
            self.press(*keys)

    def write(self, text: str) -> None:
        """Type text where the focus is."""
        self.page.keyboard.type(text)

    def is_at(self, selector: str) -> None:
        """Wait until the focus stands there."""
        expect(self.page.locator(selector)).to_be_focused()

    def reach(self, selector: str, key: str = "Tab") -> None:
        """Walk with the key until the focus stands there, past the navigation by the link that every page offers."""
        wanted = self.page.locator(selector).first.element_handle()
        if wanted.evaluate(_IS_FAR):
            self.press("Tab", "Enter")
        arrived = wanted.evaluate_handle(_STOP_HERE)
        for _ in range(0, STEPS_MAX, STEPS):
            if arrived.evaluate("stop => stop.arrived()"):
                arrived.evaluate("stop => stop.end()")
                return
            self.press(*[key] * STEPS)
        raise AssertionError(f"{selector} is not reached with {key} on {self.page.url}")

    def fill(self, selector: str, text: str) -> None:
        """Walk to a field and write this in place of what stands there; to a list, and choose what begins so."""
        self.reach(selector)
        if not self.page.locator(selector).first.evaluate("element => element.matches('select')"):
            self.press("Control+a")
        self.write(text)

    def open(self, selector: str) -> None:
        """Walk to a fold and open it."""
        self.reach(selector)
        self.press("Enter")

    def send(self, selector: str) -> None:
        """Walk to a button or a link and press it."""
        self.reach(selector)
        self.press_on("Enter")


def button(name: str) -> str:
    """Select the button of this name."""
    return f"main button:has-text('{name}')"


class Crew:
    """The people of a desk, by name, and what they do where no screen is watched."""

    def __init__(self, service: Service, roles: Mapping[str, Iterable[Role]]) -> None:
        self.service = service
        self._people: dict[str, Actor] = {}
        for name, held in roles.items():
            self.sign_up(name, *held)

    def sign_up(self, name: str, *roles: Role) -> Actor:
        """Make an account, shown under a name that no page's own words have."""
        with self.service.database.write() as session:
            ctx = context_for(self.service, session, SERVICE)
            user = accounts.create_user(ctx, name, PASSWORD, roles, f"{name} {FAMILY}")
            self._people[name] = accounts.actor_for(user)
        return self._people[name]

    def act(self, name: str, step: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Take one step as somebody, as the service itself where the name is empty."""
        with self.service.database.write() as session:
            return step(context_for(self.service, session, self._people.get(name, SERVICE)), *given, **more)

    def id_of(self, name: str) -> int | None:
        """Give the number of somebody's account."""
        return self._people[name].user_id

    def claim(self, **over: Any) -> int:
        """Bring a claim into the queue; give its number."""
        number: int = self.act("", factories.claim, **over).id
        return number

    def waiting(self, author: str, **over: Any) -> int:
        """Bring a claim before the approver, with sources and a complete draft; give its number."""
        number = self.claim(**over)
        self.act(author, review.take, number)
        for source in (AGENCY, MEDIA):
            self.act(author, evidence.add, number, source)
        self.act(author, review.save_draft, number, READY, 0)
        self.act(author, review.submit, number)
        return number

    def state_of(self, number: int) -> str:
        """Tell where a claim stands."""
        with self.service.database.read() as session:
            return session.get_one(Claim, number).state.value
