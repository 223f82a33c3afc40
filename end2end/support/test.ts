import { randomUUID } from "node:crypto";
import { test as base, type BrowserContext, type BrowserContextOptions, type Page } from "@playwright/test";
import { Analytics } from "../pages/analytics.ts";
import { Archive } from "../pages/archive.ts";
import { Board } from "../pages/board.ts";
import { QuickAdd } from "../pages/quick-add.ts";
import { Settings } from "../pages/settings.ts";
import { Sidebar } from "../pages/sidebar.ts";
import { Today } from "../pages/today.ts";
import { Api, signIn } from "./api.ts";
import { Server, type Engine, type MailProvider } from "./server.ts";
import { Watch } from "./watch.ts";

export { expect } from "@playwright/test";

/** A user of this test alone. */
export interface User {
  email: string;
  /** A device of theirs without a page. */
  api: Api;
}

export interface WorkerOptions {
  engine: Engine;
  mails: MailProvider;
}

interface WorkerFixtures extends WorkerOptions {
  server: Server;
}

interface Fixtures {
  /** What must not happen unseen. */
  watch: Watch;
  /** Who is signed in; a test that does not ask for it has nobody. */
  user: User;
  /** Somebody else. */
  stranger: User;
  /** Opens a page in a browser of its own, signed in as the same user. */
  newDevice: (options?: BrowserContextOptions) => Promise<Page>;
  board: Board;
  quickAdd: QuickAdd;
  sidebar: Sidebar;
  archive: Archive;
  settings: Settings;
  today: Today;
  analytics: Analytics;
  serverLog: void;
}

/** The zone of these browsers is not the accounts': whether to use it was asked long ago. */
async function answerZone(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    if (/^\/(board|today|analytics|archive|settings)\b/.test(location.pathname)) {
      localStorage.setItem("zones-asked", Intl.DateTimeFormat().resolvedOptions().timeZone);
    }
  });
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  engine: ["sqlite", { scope: "worker", option: true }],
  mails: ["file", { scope: "worker", option: true }],
  server: [
    async ({ engine, mails }, use) => {
      const server = await Server.start(engine, undefined, mails);
      await use(server);
      await server.stop();
    },
    { scope: "worker", timeout: 60_000 },
  ],
  baseURL: async ({ server }, use) => {
    await use(server.url);
  },
  watch: [
    async ({ context, server }, use) => {
      const watch = new Watch(server);
      await answerZone(context);
      await watch.attach(context);
      await use(watch);
      watch.verify();
    },
    { auto: true },
  ],
  user: async ({ context, playwright, server }, use) => {
    const email = `user-${randomUUID()}@example.com`;
    await signIn(context.request, server.mailbox, email);
    const request = await playwright.request.newContext({ baseURL: server.url });
    await signIn(request, server.mailbox, email);
    await use({ email, api: await Api.of(request) });
    await request.dispose();
  },
  stranger: async ({ playwright, server }, use) => {
    const email = `stranger-${randomUUID()}@example.com`;
    const request = await playwright.request.newContext({ baseURL: server.url });
    await signIn(request, server.mailbox, email);
    await use({ email, api: await Api.of(request) });
    await request.dispose();
  },
  newDevice: async ({ browser, contextOptions, server, user, watch }, use) => {
    const contexts: Page[] = [];
    await use(async (options) => {
      const context = await browser.newContext({ ...contextOptions, baseURL: server.url, ...options });
      await answerZone(context);
      const page = await context.newPage();
      contexts.push(page);
      await watch.attach(context);
      await signIn(context.request, server.mailbox, user.email);
      return page;
    });
    await Promise.all(contexts.map((page) => page.context().close()));
  },
  // A signed-in page's objects sign their user in.
  board: async ({ page, user: _ }, use) => use(new Board(page)),
  quickAdd: async ({ page }, use) => use(new QuickAdd(page)),
  sidebar: async ({ page, user: _ }, use) => use(new Sidebar(page)),
  archive: async ({ page, user: _ }, use) => use(new Archive(page)),
  settings: async ({ page, user: _ }, use) => use(new Settings(page)),
  today: async ({ page, user: _ }, use) => use(new Today(page)),
  analytics: async ({ page, user: _ }, use) => use(new Analytics(page)),
  serverLog: [
    async ({ server }, use, testInfo) => {
      const before = (await server.log()).length;
      await use();
      if (testInfo.status !== testInfo.expectedStatus) {
        const body = (await server.log()).slice(before);
        await testInfo.attach("server log", { body, contentType: "text/plain" });
      }
    },
    { auto: true },
  ],
});
