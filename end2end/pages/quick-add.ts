import { expect, type Locator, type Page } from "@playwright/test";

/** Quick add: company, role, Enter. */
export class QuickAdd {
  readonly dialog: Locator;
  readonly company: Locator;
  readonly role: Locator;
  /** The column that it goes to. */
  readonly status: Locator;
  /** The day on which that was. */
  readonly when: Locator;
  /** Says where an application like this stands already. */
  readonly guard: Locator;
  /** The posting that came along, and the way to be rid of it. */
  readonly posting: Locator;
  readonly removePosting: Locator;

  constructor(page: Page) {
    this.dialog = page.getByRole("dialog", { name: "Add application" });
    this.company = this.dialog.getByLabel("Company");
    this.role = this.dialog.getByLabel("Role");
    this.status = this.dialog.getByLabel("Goes to");
    this.when = this.dialog.getByLabel("When", { exact: true });
    this.guard = this.dialog.locator(".notice");
    this.posting = this.dialog.locator(".quick-posting");
    this.removePosting = this.posting.getByRole("button", { name: "Remove the posting" });
  }

  /** Types an application into the open dialog, as somebody does who does not use the mouse. */
  async type(company: string, role: string): Promise<void> {
    const keyboard = this.dialog.page().keyboard;
    await expect(this.company).toBeFocused();
    await keyboard.type(company);
    await keyboard.press("Tab");
    await keyboard.type(role);
    await keyboard.press("Enter");
  }
}
