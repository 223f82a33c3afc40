import { expect, type Locator, type Page } from "@playwright/test";
import type { Mailbox } from "../support/mailbox.ts";

/** `/sign-in`, and the page of a mail's link. */
export class SignIn {
  readonly page: Page;
  readonly email: Locator;
  readonly send: Locator;
  readonly code: Locator;
  /** Says that the code is being checked. */
  readonly checking: Locator;
  readonly confirm: Locator;
  readonly error: Locator;
  readonly askAgain: Locator;
  /** What the page says once the mail is on its way. */
  readonly sent: Locator;
  readonly sendAgain: Locator;
  readonly otherAddress: Locator;

  constructor(page: Page) {
    this.page = page;
    this.email = page.getByLabel("Email");
    this.send = page.getByRole("button", { name: "Email me a link" });
    this.code = page.getByLabel("Code");
    this.checking = page.getByRole("status").filter({ hasText: "Checking…" });
    this.confirm = page.getByRole("button", { name: "Sign in" });
    this.error = page.getByRole("alert");
    this.askAgain = page.getByRole("link", { name: "Ask for a new link" });
    this.sent = page.getByText("We sent a link and a code to");
    this.sendAgain = page.getByRole("button", { name: "Send again" });
    this.otherAddress = page.getByRole("button", { name: "Use another address" });
  }

  async goto(path = "/sign-in"): Promise<void> {
    await this.page.goto(path);
    await this.hydrated();
  }

  async hydrated(): Promise<void> {
    await expect(this.page.locator("html")).toHaveAttribute("data-hydrated", { timeout: 30_000 });
  }

  /** Types an address, and waits until the page says that the mail is on its way. */
  async askFor(address: string): Promise<void> {
    await this.email.fill(address);
    await this.send.click();
    await expect(this.page.getByRole("heading", { name: "Check your email" })).toBeVisible();
  }

  /** The whole way by the mail's link, to the board. */
  async byLink(mailbox: Mailbox, address: string): Promise<void> {
    await this.goto();
    await this.askFor(address);
    await this.page.goto((await mailbox.newest(address)).link);
    await this.hydrated();
    await this.confirm.click();
    await expect(this.page).toHaveURL("/board");
  }

  /** The codes that the page sends from now on, in their order. */
  sentCodes(): string[] {
    const codes: string[] = [];
    this.page.on("request", (request) => {
      if (new URL(request.url()).pathname.endsWith("/auth/magic-link/verify")) {
        codes.push((request.postDataJSON() as { code: string }).code);
      }
    });
    return codes;
  }
}
