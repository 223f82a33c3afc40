import { expect, type Locator } from "@playwright/test";
import type { Status } from "../support/api.ts";
import { App } from "./app.ts";

/** `/board/<id>`: an application beside the board. */
export class Sidebar extends App {
  readonly panel = this.page.locator(".sidebar");
  readonly title = this.panel.locator(".sidebar-title");
  readonly status = this.panel.getByLabel("Status", { exact: true });
  readonly history = this.panel.getByRole("list", { name: "What happened" }).getByRole("listitem");
  readonly close = this.panel.getByLabel("Close", { exact: true });
  readonly delete = this.panel.getByRole("button", { name: "Delete", exact: true });
  readonly archive = this.panel.getByRole("button", { name: "Archive", exact: true });

  async open(id: string): Promise<void> {
    await this.goto(`/board/${id}`);
  }

  /** What is planned for the application. */
  get planned(): Locator {
    return this.panel.getByRole("list", { name: "Planned" }).getByRole("listitem");
  }

  /** Begins to plan something, or to log it. */
  async plan(what: "Schedule interview" | "Log a call" | "Plan a follow-up"): Promise<void> {
    await this.panel.getByRole("button", { name: what, exact: true }).click();
  }

  /** Opens an activity of the story. */
  async openActivity(name: string): Promise<void> {
    await this.panel.getByRole("link", { name, exact: true }).first().click();
    await expect(this.title).toHaveText(name);
  }

  /** The day of a move in the story, which opens what corrects it. */
  dayOf(status: string): Locator {
    return this.panel.getByRole("button", { name: `${status}, ` }).and(this.panel.locator("[data-move]"));
  }

  /** Begins to say when a move happened. */
  async correct(status: string): Promise<void> {
    await this.dayOf(status).click();
  }

  /** A field's control, by its label. */
  field(label: string): Locator {
    return this.panel.getByLabel(label, { exact: true });
  }

  /** Types into a field and leaves it, which saves it. */
  async fill(label: string, text: string): Promise<void> {
    await this.field(label).fill(text);
    await this.field(label).press("Tab");
  }

  /** What is wrong with a field, beside it. */
  error(label: string): Locator {
    return this.around(label).locator(".field-error");
  }

  async expectField(label: string, value: string): Promise<void> {
    await expect(this.field(label)).toHaveValue(value);
  }

  /** What a date field understands, as programs write it, by the clock of the person's zone. */
  date(label: string): Locator {
    return this.around(label).locator(".field-echo time");
  }

  async expectDate(label: string, value: string): Promise<void> {
    await expect(this.date(label)).toHaveAttribute("datetime", value);
  }

  /** The calendar of a date field. */
  calendar(label: string): Locator {
    return this.page.getByRole("dialog", { name: `Calendar, ${label}` });
  }

  calendarButton(label: string): Locator {
    return this.panel.getByRole("button", { name: `Open calendar, ${label}` });
  }

  async choose(label: string, option: string): Promise<void> {
    await this.field(label).selectOption({ label: option });
  }

  async move(to: Status): Promise<void> {
    await this.status.selectOption(to);
  }

  /** The words of a list of tags or technologies. */
  tokens(label: string): Locator {
    return this.around(label).locator(".tag");
  }

  async addToken(label: string, word: string): Promise<void> {
    await this.field(label).fill(word);
    await this.field(label).press("Enter");
  }

  async removeToken(word: string): Promise<void> {
    await this.panel.getByRole("button", { name: `Remove ${word}`, exact: true }).click();
  }

  /** Adds a row of a list of contacts or links; its cells by their hints. */
  async addRow(noun: string, cells: Record<string, string>): Promise<void> {
    await this.panel.getByRole("button", { name: `Add ${noun}`, exact: true }).click();
    for (const [hint, text] of Object.entries(cells)) {
      const cell = this.cell(noun, hint).last();
      await cell.fill(text);
      await cell.press("Tab");
    }
  }

  cell(noun: string, hint: string): Locator {
    return this.panel.getByLabel(`${noun}: ${hint}`, { exact: true });
  }

  /** A field with all that belongs to it. */
  private around(label: string): Locator {
    return this.panel.locator(".field").filter({ has: this.page.getByLabel(label, { exact: true }) });
  }
}
