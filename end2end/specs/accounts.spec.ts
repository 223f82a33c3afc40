import type { Page } from "@playwright/test";
import { Board } from "../pages/board.ts";
import { Installed } from "../pages/installed.ts";
import { Settings } from "../pages/settings.ts";
import { SignIn } from "../pages/sign-in.ts";
import { signIn as signInByApi } from "../support/api.ts";
import { BARE, Kept } from "../support/kept.ts";
import { abandon } from "../support/processes.ts";
import type { Server } from "../support/server.ts";
import { expect, test, type User } from "../support/test.ts";

const API = /\/api\/v1\//;
const EDITS = "**/api/v1/applications**";

/** Whoever signs in by the API in this browser is who its pages belong to. */
async function become(page: Page, { email }: User, server: Server): Promise<void> {
  await signInByApi(page.context().request, server.mailbox, email);
}

/** Signs in as a person does, and ends where that leads. */
async function signInOn(page: Page, { email }: User, server: Server): Promise<void> {
  const signIn = new SignIn(page);
  await signIn.hydrated();
  await signIn.askFor(email);
  await signIn.code.fill((await server.mailbox.newest(email)).code);
  await expect(page).toHaveURL(/\/board/);
}

test.describe("a session that ended while there was no network", () => {
  for (const way of ["in another window", "on the page"] as const) {
    test(`loses nothing: signed in again ${way}`, async ({ page, user, board, server, watch }) => {
      const { id } = await user.api.create({ role_title: "Kept" });
      await board.open();
      await board.whole();
      await board.saved();
      watch.allowOffline(API);
      await page.context().setOffline(true);
      await board.drag(board.cardOf(id), "Screening");
      await board.expectOffline(1);
      await page.context().clearCookies();

      watch.expectFailure(401, API);
      await page.context().setOffline(false);
      await expect(board.sync).toHaveText("Signed out, 1 waiting");
      await expect(board.card("Kept", "Screening")).toBeVisible();
      if (way === "on the page") {
        await page.goto("/board");
        await signInOn(page, user, server);
      } else {
        const asked = page.waitForEvent("popup");
        await board.act("Your session has ended.", "Sign in");
        const popup = await asked;
        await signInOn(popup, user, server);
        await popup.close();
        await board.lookAgain();
      }
      await expect(board.card("Kept", "Screening")).toBeVisible();
      await board.saved();
      expect(await user.api.get(id)).toMatchObject({ status: "Screening", version: 2 });
    });
  }
});

test.describe("another user of the same browser", () => {
  test("finds nothing of who was here before", async ({ page, user, board, stranger, server }) => {
    await user.api.create({ role_title: "Private" });
    await stranger.api.create({ role_title: "Own" });
    await board.open();
    await board.whole();
    await board.saved();
    const [theirs, own] = [new Kept(page, user.api.userId), new Kept(page, stranger.api.userId)];
    expect(await theirs.exists()).toBe(true);

    await become(page, stranger, server);
    await board.open();
    await expect(board.card("Own")).toBeVisible();
    await board.saved();
    await expect(board.card("Private")).toHaveCount(0);
    await expect(board.leftBehind).toBeHidden();
    await expect.poll(() => theirs.exists()).toBe(false);
    expect(await own.exists()).toBe(true);
  });

  for (const fate of ["Keep it for them", "Throw it away"] as const) {
    test(`is asked about unsent work: ${fate}`, async ({ page, user, board, stranger, server, watch }) => {
      const { id } = await user.api.create({ role_title: "Private" });
      await user.api.create({ role_title: "Private too" });
      await stranger.api.create({ role_title: "Own" });
      await board.open();
      await board.whole();
      await board.saved();
      watch.allowOffline(API);
      await page.context().setOffline(true);
      await board.drag(board.cardOf(id), "Screening");
      await board.expectOffline(1);
      // The page is gone before there is a network again.
      page = await abandon(page);
      board = new Board(page);
      await page.context().setOffline(false);

      const requests: string[] = [];
      page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname}`));
      await become(page, stranger, server);
      await board.open();
      await expect(board.leftBehind).toBeVisible();
      await expect(board.leftBehind.getByRole("heading")).toHaveText("1 unsent change of another account");
      await expect(page.getByText("Private")).toHaveCount(0);
      await board.leftBehind.getByRole("button", { name: fate }).click();
      await expect(board.leftBehind).toBeHidden();
      await expect(board.card("Own")).toBeVisible();
      await board.saved();
      await board.reload();
      await expect(board.card("Own")).toBeVisible();
      await board.saved();
      await expect(board.leftBehind).toBeHidden();
      await expect(page.getByText("Private")).toHaveCount(0);
      expect(requests.filter((request) => !request.startsWith("GET"))).toEqual([]);
      expect((await user.api.get(id)).version).toBe(1);
      expect((await stranger.api.all()).map(({ role_title }) => role_title)).toEqual(["Own"]);
      const kept = fate === "Keep it for them";
      await expect.poll(() => new Kept(page, user.api.userId).exists()).toBe(kept);

      await become(page, user, server);
      await board.open();
      await expect(board.card("Private", kept ? "Screening" : "Applied")).toBeVisible();
      await expect(board.card("Own")).toHaveCount(0);
      await expect(board.leftBehind).toBeHidden();
      await board.saved();
      expect(await user.api.get(id)).toMatchObject(
        kept ? { status: "Screening", version: 2 } : { status: "Applied", version: 1 },
      );
      expect(await stranger.api.all()).toHaveLength(1);
    });
  }
});

test.describe("signing out", () => {
  test("takes away what is kept, in every tab", async ({ page, user, settings, board }) => {
    await user.api.create({ role_title: "Private" });
    const other = new Board(await page.context().newPage());
    await other.open();
    await expect(other.card("Private")).toBeVisible();
    await other.saved();
    await settings.open();
    await settings.saved();
    await settings.signOut.click();
    await expect(page).toHaveURL("/sign-in");
    await expect(other.page).toHaveURL("/sign-in");
    await page.goto(BARE);
    await expect.poll(() => new Kept(page, user.api.userId).exists()).toBe(false);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
    await board.page.goto("/board");
    await expect(board.page).toHaveURL(/\/sign-in/);
  });

  for (const fate of ["Stay", "Keep here and sign out", "Discard and sign out"] as const) {
    test(`with unsent work asks: ${fate}`, async ({ page, user, board, server, watch }) => {
      const { id } = await user.api.create({ role_title: "Unsent" });
      await board.open();
      await board.whole();
      await board.saved();
      watch.expectFailure(503, API);
      await page.route(EDITS, (route) => route.fulfill({ status: 503, body: "" }));
      await board.drag(board.cardOf(id), "Screening");
      await expect(board.sync).toHaveText("Saving");
      const settings = new Settings(page);
      await settings.nav.getByRole("link", { name: "Settings" }).click();
      await settings.signOut.click();
      await expect(settings.leaving).toBeVisible({ timeout: 20_000 });
      await expect(settings.leaving.getByRole("heading")).toHaveText("1 change is not sent yet");
      await settings.leaving.getByRole("button", { name: fate }).click();

      const kept = new Kept(page, user.api.userId);
      if (fate === "Stay") {
        await expect(settings.leaving).toBeHidden();
        await expect(page).toHaveURL("/settings");
        expect(await kept.count("outbox")).toBe(1);
        await page.unroute(EDITS);
        // Another page does not wait as long as this one was told to.
        await settings.reload();
        await expect.poll(() => user.api.get(id)).toMatchObject({ status: "Screening", version: 2 });
        await settings.saved();
        return;
      }
      await expect(page).toHaveURL("/sign-in");
      await new SignIn(page).hydrated();
      await page.unroute(EDITS);
      expect((await user.api.get(id)).version).toBe(1);
      const stays = fate === "Keep here and sign out";
      await expect.poll(() => kept.exists()).toBe(stays);
      expect(await page.evaluate(() => localStorage.length)).toBe(0);

      await signInOn(page, user, server);
      await expect(board.card("Unsent", stays ? "Screening" : "Applied")).toBeVisible();
      await board.saved();
      expect(await user.api.get(id)).toMatchObject(
        stays ? { status: "Screening", version: 2 } : { status: "Applied", version: 1 },
      );
    });
  }

  // The first button of the dialog is the one that throws the work away, and so has the focus: Enter
  // or Space does it. So it is in the dialog about another account's work.
  test("asks with the focus on the answer that does no harm", async ({ page, user, board, settings, watch }) => {
    const { id } = await user.api.create({ role_title: "Unsent" });
    await board.open();
    await board.whole();
    await board.saved();
    watch.expectFailure(503, API);
    await page.route(EDITS, (route) => route.fulfill({ status: 503, body: "" }));
    await board.drag(board.cardOf(id), "Screening");
    await settings.nav.getByRole("link", { name: "Settings" }).click();
    await settings.signOut.click();
    await expect(settings.leaving).toBeVisible({ timeout: 20_000 });
    await expect(settings.leaving.getByRole("button", { name: "Stay" })).toBeFocused();
  });

  test("needs a network, and says so", async ({ page, settings, user, watch }) => {
    await settings.open();
    await settings.saved();
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await settings.signOut.click();
    await expect(settings.toast("Signing out needs a connection")).toBeVisible();
    await expect(page).toHaveURL("/settings");
    expect(await new Kept(page, user.api.userId).exists()).toBe(true);
  });
});

test.describe("from the cache", () => {
  test.use({ serviceWorkers: "allow" });

  test("nothing is kept after signing out", async ({ page, user, settings, watch }) => {
    await user.api.create({ role_title: "Private" });
    const installed = new Installed(page);
    await settings.open();
    await installed.controlled();
    await settings.saved();
    await settings.signOut.click();
    await expect(page).toHaveURL("/sign-in");
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await page.goto("/board");
    await installed.expectShell();
    await expect(installed.offline).toBeVisible();
    await expect(page.getByText("Private")).toHaveCount(0);
  });

  // A page from the cache has no CSRF token before its first edit was sent.
  test("who started without a network signs out once there is one", async ({ page, settings, user, watch }) => {
    const installed = new Installed(page);
    await settings.open();
    await installed.controlled();
    await settings.saved();
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await page.reload();
    await installed.expectShell();
    await settings.expectOffline(0);
    await page.context().setOffline(false);
    await settings.saved();
    await settings.signOut.click();
    await expect(page).toHaveURL("/sign-in");
    await page.goto(BARE);
    await expect.poll(() => new Kept(page, user.api.userId).exists()).toBe(false);
  });

  test("who signs in and gets no page in time sees nothing of who was here before", async ({
    page,
    user,
    board,
    stranger,
    server,
  }) => {
    await user.api.create({ role_title: "Private" });
    await stranger.api.create({ role_title: "Own" });
    const installed = new Installed(page);
    await installed.keeps(board);
    await page.context().clearCookies();
    const signIn = new SignIn(page);
    await signIn.goto();
    await signIn.askFor(stranger.email);
    const { code } = await server.mailbox.newest(stranger.email);
    await page.route("**/auth/magic-link/verify", async (route) => {
      const response = await route.fetch();
      server.pause();
      await route.fulfill({ response });
    });
    try {
      await signIn.code.fill(code);
      await page.waitForURL("/board", { waitUntil: "commit" });
      await expect(page.locator("html")).toHaveAttribute("data-shell");
      await expect(page.locator(".card, .skeleton, .entry-card").first()).toBeVisible();
      await expect(board.card("Private")).toHaveCount(0);
    } finally {
      server.resume();
    }
    await expect(board.card("Own")).toBeVisible();
    await expect(board.card("Private")).toHaveCount(0);
  });
});
