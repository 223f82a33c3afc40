import { expect, type Locator } from "@playwright/test";
import type { Status } from "../support/api.ts";
import { App } from "./app.ts";

/** `/board`. */
export class Board extends App {
  readonly search = this.page.getByRole("searchbox", { name: "Search the board" });
  /** How many cards the search leaves. */
  readonly matches = this.page.locator(".search-count");
  /** Says how to begin, where there is nothing. */
  readonly empty = this.page.locator(".board-empty");
  /** The copy of a card that follows the pointer. */
  readonly dragged = this.page.locator(".card-drag");
  readonly scroller = this.page.locator(".board");

  async open(): Promise<void> {
    await this.goto("/board");
  }

  /** Every application has come in: no column waits for cards. */
  async whole(): Promise<void> {
    await expect(this.scroller.locator(".skeleton")).toHaveCount(0);
  }

  column(status: Status): Locator {
    return this.page.locator(`.column[data-status="${status}"]`);
  }

  /** What of a column scrolls. */
  columnScroll(status: Status): Locator {
    return this.column(status).locator(".column-scroll");
  }

  cards(status: Status): Locator {
    return this.column(status).locator(".card");
  }

  /** The card of a role, wherever it stands, or in one column. */
  card(role: string, status?: Status): Locator {
    const place = status ? this.column(status) : this.scroller;
    return place.locator(".card").filter({ has: this.page.locator(".card-role", { hasText: exactly(role) }) });
  }

  cardOf(id: string): Locator {
    return this.scroller.locator(`.card[data-id="${id}"]`);
  }

  async expectCount(status: Status, count: number): Promise<void> {
    await expect(this.column(status).locator(".column-count")).toHaveText(String(count));
  }

  async expectFolded(status: Status): Promise<void> {
    await expect(this.column(status)).toHaveClass(/column-folded/);
  }

  /** The roles of a column, from the top. */
  async expectRoles(status: Status, roles: string[]): Promise<void> {
    await expect(this.cards(status).locator(".card-role")).toHaveText(roles);
  }

  async fold(status: Status, label: string): Promise<void> {
    await this.column(status).hover();
    await this.column(status)
      .getByRole("button", { name: `Fold ${label}` })
      .click();
  }

  async unfold(status: Status): Promise<void> {
    await this.column(status).getByRole("button").click();
  }

  async addTo(status: Status, label: string): Promise<void> {
    await this.column(status)
      .getByRole("button", { name: `Add to ${label}` })
      .click();
  }

  /** Takes a card with the mouse, and moves it over a column. */
  async lift(card: Locator, over: Status): Promise<void> {
    const mouse = this.page.mouse;
    await card.hover();
    const from = await centre(card);
    await mouse.move(from.x, from.y);
    await mouse.down();
    await mouse.move(from.x + 12, from.y + 4, { steps: 3 });
    await expect(this.dragged).toBeVisible();
    const to = await this.placeIn(over);
    await mouse.move(to.x, to.y, { steps: 10 });
    await expect(this.column(over)).toHaveAttribute("data-over");
  }

  async drag(card: Locator, to: Status): Promise<void> {
    await this.lift(card, to);
    await this.page.mouse.up();
    await expect(this.dragged).toHaveCount(0);
  }

  /** Where to drop on a column: below its head, away from toasts. */
  private async placeIn(status: Status): Promise<{ x: number; y: number }> {
    const box = await this.column(status).boundingBox();
    if (!box) throw new Error(`the column ${status} is not there`);
    return { x: box.x + box.width / 2, y: box.y + Math.min(120, box.height / 2) };
  }
}

/** The role alone, or with its priority's sign behind it. */
function exactly(role: string): RegExp {
  return new RegExp(`^\\s*${role.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}\\s*[▲■▼]?\\s*$`);
}

export async function centre(locator: Locator): Promise<{ x: number; y: number }> {
  const box = await locator.boundingBox();
  if (!box) throw new Error(`${locator} is not there`);
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}
