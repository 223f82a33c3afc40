import { expect, type Locator } from "@playwright/test";
import { App } from "./app.ts";

/** The bell in the head of every page, and the list behind it. */
export class Bell extends App {
  readonly button = this.page.getByRole("button", { name: /^Reminders/ });
  readonly list = this.page.getByRole("dialog", { name: "Reminders" });
  readonly rows = this.list.locator(".bell-what");
  /** When each comes, and of what it is. */
  readonly lines = this.list.locator(".bell-of");

  /** So many are new; none is no number at all. */
  async expectNew(count: number): Promise<void> {
    await expect(this.button).toHaveAccessibleName(count === 0 ? "Reminders" : `Reminders, ${count} new`);
  }

  async open(): Promise<void> {
    await this.button.click();
    await expect(this.list).toBeVisible();
  }

  async show(pile: "New" | "Later" | "Done"): Promise<void> {
    await this.pile(pile).click();
    await expect(this.pile(pile)).toHaveAttribute("aria-pressed", "true");
  }

  async press(verb: "Done" | "Later" | "Call off", title: string): Promise<void> {
    await this.list.getByRole("button", { name: `${verb}: ${title}`, exact: true }).click();
  }

  /** When instead. */
  async choose(when: RegExp): Promise<void> {
    await this.list.getByRole("group", { name: "When instead" }).getByRole("button", { name: when }).click();
  }

  private pile(name: string): Locator {
    const piles = this.list.getByRole("group", { name: "Which reminders" });
    return piles.getByRole("button", { name: new RegExp(`^${name}`) });
  }
}
