import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { Board } from "../pages/board.ts";
import { Installed } from "../pages/installed.ts";
import { LockScreen } from "../pages/lock-screen.ts";
import { QuickAdd } from "../pages/quick-add.ts";
import { Settings } from "../pages/settings.ts";
import { Sidebar } from "../pages/sidebar.ts";
import { signIn } from "../support/api.ts";
import { BARE, Kept, shardOf, VERSION } from "../support/kept.ts";
import { abandon } from "../support/processes.ts";
import { expect, test } from "../support/test.ts";

const API = /\/api\/v1\//;
const ONE_APPLICATION = /\/api\/v1\/applications\/[0-9a-f-]{36}$/;
const DAMAGED = "were damaged and cannot be read";
/** Applications that are kept in different shards. */
const ONE = "00000000-0000-4000-8000-000000000001";
const TWO = "00000000-0000-4000-8000-000000000002";

/** What a page asks the API for, from now on. */
function requests(page: Page): string[] {
  const seen: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (API.test(pathname)) seen.push(`${request.method()} ${pathname}`);
  });
  return seen;
}

test.describe("what stands on the disk", () => {
  const CANARY = "c4n4ry7b1d";

  test("holds nothing in the clear", async ({ playwright, launchOptions, server, user, watch }) => {
    const profile = await mkdtemp(join(tmpdir(), "job-hunt-profile-"));
    try {
      const context = await playwright.chromium.launchPersistentContext(profile, {
        ...launchOptions,
        baseURL: server.url,
        serviceWorkers: "allow",
        viewport: { width: 1280, height: 800 },
      });
      await watch.attach(context);
      await signIn(context.request, server.mailbox, user.email);
      const page = await context.newPage();
      const [board, sidebar, settings] = [new Board(page), new Sidebar(page), new Settings(page)];
      await user.api.create({ role_title: "Noted", company: `${CANARY}-from-elsewhere` });
      await new Installed(page).keeps(board);
      watch.allowOffline(API);
      for (const network of ["online", "offline"] as const) {
        await context.setOffline(network === "offline");
        await board.card("Noted").click();
        await sidebar.fill("Notes", `${CANARY}-note-${network}`);
        await sidebar.close.click();
        await page.keyboard.press("c");
        await new QuickAdd(page).type(`${CANARY}-company-${network}`, `Made ${network}`);
        await settings.nav.getByRole("link", { name: "Settings" }).click();
        await settings.name.fill(`${CANARY}-name-${network}`);
        await settings.name.press("Tab");
        await (network === "online" ? settings.saved() : settings.expectOffline(3));
        await settings.nav.getByRole("link", { name: "Board", exact: true }).click();
      }
      // It is all there, and the search below finds what is written in the clear.
      await board.open();
      await expect(board.card("Made offline")).toBeVisible();
      await board.expectOffline(3);
      await page.evaluate(async () => {
        localStorage.setItem("control", "c0ntr0l-local");
        sessionStorage.setItem("control", "c0ntr0l-session");
        await (await caches.open("control")).put("/control", new Response("c0ntr0l-cache"));
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open("control", 1);
          request.onupgradeneeded = () => request.result.createObjectStore("control");
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        const work = database.transaction("control", "readwrite", { durability: "strict" });
        work.objectStore("control").put("c0ntr0l-database", "control");
        await new Promise((resolve) => (work.oncomplete = resolve));
      });
      await context.close();

      const kept = await contents(join(profile, "Default"), [
        "IndexedDB",
        "Service Worker",
        "Local Storage",
        "Session Storage",
      ]);
      const found = (text: string) => kept.filter(({ bytes }) => holds(bytes, text)).map(({ file }) => file);
      for (const [control, folder] of [
        ["c0ntr0l-local", "Local Storage"],
        ["c0ntr0l-session", "Session Storage"],
        ["c0ntr0l-cache", "Service Worker"],
        ["c0ntr0l-database", "IndexedDB"],
      ] as const) {
        expect(found(control).join(), control).toContain(folder);
      }
      expect(found(CANARY)).toEqual([]);
      expect(found(user.email)).toEqual([]);
    } finally {
      await rm(profile, { recursive: true, force: true });
    }
  });

  /** Every file below some folders. */
  async function contents(root: string, folders: string[]): Promise<{ file: string; bytes: Buffer }[]> {
    const files = await Promise.all(
      folders.map(async (folder) => {
        const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true });
        return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
      }),
    );
    return Promise.all(files.flat().map(async (file) => ({ file, bytes: await readFile(file) })));
  }

  function holds(bytes: Buffer, text: string): boolean {
    return (["utf8", "utf16le"] as const).some((encoding) => bytes.includes(Buffer.from(text, encoding)));
  }
});

test.describe("what was tampered with", () => {
  test.use({ serviceWorkers: "allow" });

  /** What is done to the shard of one row, and whether the other row is harmed too. */
  const damages: Record<string, { both?: true; tamper: (kept: Kept, older: number[]) => Promise<void> }> = {
    "a flipped bit in a row": { tamper: (kept) => kept.flip("shards", shardOf(ONE)) },
    "two rows that were exchanged": { both: true, tamper: (kept) => kept.swap("shards", shardOf(ONE), shardOf(TWO)) },
    "an older state of a row": { tamper: (kept, older) => kept.put("shards", { [shardOf(ONE)]: older }) },
    "an older state of a row that says it is the newest": {
      tamper: async (kept, older) => {
        const newest = (await kept.blobs("shards"))[shardOf(ONE)]!;
        const [before, after] = [VERSION.at, VERSION.at + VERSION.length];
        const blob = [...older.slice(0, before), ...newest.slice(before, after), ...older.slice(after)];
        await kept.put("shards", { [shardOf(ONE)]: blob });
      },
    },
    "another format": {
      tamper: async (kept) => {
        const [format, ...rest] = (await kept.blobs("shards"))[shardOf(ONE)]!;
        await kept.put("shards", { [shardOf(ONE)]: [format! + 1, ...rest] });
      },
    },
    "a part of a blob": {
      tamper: async (kept) =>
        kept.put("shards", { [shardOf(ONE)]: (await kept.blobs("shards"))[shardOf(ONE)]!.slice(0, 10) }),
    },
  };

  for (const [damage, { both, tamper }] of Object.entries(damages)) {
    test(`is not shown, but fetched again: ${damage}`, async ({ page, user, board, watch }) => {
      await user.api.create({ id: ONE, role_title: "One" });
      await user.api.create({ id: TWO, role_title: "Two" });
      const installed = new Installed(page);
      const kept = new Kept(page, user.api.userId);
      const one = async () => (await kept.blobs("shards"))[shardOf(ONE)];
      await installed.keeps(board);
      await expect.poll(() => kept.count("shards")).toBeGreaterThanOrEqual(2);
      const older = (await one())!;
      await user.api.patch(ONE, { notes: "Newer" });
      await board.lookAgain();
      await expect.poll(one).not.toEqual(older);
      await page.goto(BARE);
      await tamper(kept, older);
      const broken = await one();

      // Without a network there is nothing to put in its place.
      watch.allowOffline(API);
      await page.context().setOffline(true);
      await board.open();
      await installed.expectShell();
      await expect(board.card("Two")).toHaveCount(both ? 0 : 1);
      await expect(board.card("One")).toHaveCount(0);

      await page.context().setOffline(false);
      await board.lookAgain();
      await expect(board.card("One")).toBeVisible();
      await expect(board.card("Two")).toBeVisible();
      await board.expectCount("Applied", 2);
      await expect.poll(one).not.toEqual(broken);
      await board.saved();
      await page.context().setOffline(true);
      await board.reload();
      await installed.expectShell();
      await expect(board.card("One")).toBeVisible();
      await expect(board.card("Two")).toBeVisible();
    });
  }

  // The key itself is the right one: only what the blobs are bound to differs.
  for (const where of ["under another key's id", "for another user"] as const) {
    test(`does not open: what was sealed ${where}`, async ({ page, user, stranger, board, server, watch }) => {
      await user.api.create({ id: ONE, role_title: "One" });
      const kept = new Kept(page, user.api.userId);
      await new Installed(page).keeps(board);
      await expect.poll(() => kept.count("shards")).toBeGreaterThanOrEqual(2);
      watch.allowOffline(API);
      await page.context().setOffline(true);
      await board.drag(board.cardOf(ONE), "Screening");
      await board.expectOffline(1);
      page = await abandon(page);
      board = new Board(page);
      await page.context().setOffline(false);
      await page.goto(BARE);
      const whose = where === "for another user" ? stranger : user;
      const theirs = new Kept(page, user.api.userId);
      if (where === "for another user") {
        await theirs.copyTo(whose.api.userId);
        await signIn(page.context().request, server.mailbox, whose.email);
      } else {
        await theirs.renameKey(randomUUID());
      }
      await whose.api.create({ id: TWO, role_title: "Two" });

      await board.open();
      await expect(board.toast(DAMAGED)).toBeVisible();
      await expect(board.card("Two")).toBeVisible();
      await expect(board.card("One", "Screening")).toHaveCount(0);
      await expect(board.card("One")).toHaveCount(whose === user ? 1 : 0);
      expect(await user.api.get(ONE)).toMatchObject({ status: "Applied", version: 1 });
    });
  }

  test("is not shown on a page of the server's either", async ({ page, user, board }) => {
    await user.api.create({ id: ONE, role_title: "One" });
    await user.api.create({ id: TWO, role_title: "Two" });
    const kept = new Kept(page, user.api.userId);
    await board.open();
    await board.whole();
    await board.saved();
    await expect.poll(() => kept.count("shards")).toBeGreaterThanOrEqual(2);
    await page.goto(BARE);
    await kept.swap("shards", shardOf(ONE), shardOf(TWO));
    const broken = await kept.blobs("shards");
    await board.open();
    await expect.poll(async () => (await kept.blobs("shards"))[shardOf(ONE)]).not.toEqual(broken[shardOf(ONE)]);
    await board.expectCount("Applied", 2);
    await expect(board.card("One")).toBeVisible();
    await expect(board.card("Two")).toBeVisible();
    await board.saved();
  });

  test.describe("of unsent work", () => {
    /** Makes two edits without a network, and damages the first. */
    const damaged = test.extend<{ kept: Kept }>({
      kept: async ({ page, user, watch }, use) => {
        const [board, quickAdd] = [new Board(page), new QuickAdd(page)];
        await user.api.create({ id: ONE, role_title: "One" });
        const kept = new Kept(page, user.api.userId);
        await board.open();
        await board.whole();
        await board.saved();
        watch.allowOffline(API);
        await page.context().setOffline(true);
        await board.drag(board.cardOf(ONE), "Screening");
        await board.expectOffline(1);
        const [first] = Object.keys(await kept.blobs("outbox"));
        await page.keyboard.press("c");
        await quickAdd.type("Acme", "Unharmed");
        await board.expectOffline(2);
        const next = new Kept(await abandon(page), user.api.userId);
        await page.context().setOffline(false);
        await next.page.goto(BARE);
        await next.flip("outbox", first!);
        await use(next);
      },
    });

    damaged("is said; the rest is sent", async ({ user, kept }) => {
      const board = new Board(kept.page);
      await board.open();
      await expect(board.toast(DAMAGED)).toBeVisible();
      await expect(board.card("Unharmed")).toBeVisible();
      await expect(board.card("One", "Applied")).toBeVisible();
      await board.saved();
      expect((await user.api.all()).map(({ role_title, version }) => [role_title, version]).toSorted()).toEqual([
        ["One", 1],
        ["Unharmed", 1],
      ]);
    });

    // It leaves the outbox with that: it is no work of another account once somebody else signs in.
    damaged("is said once", async ({ kept }) => {
      const board = new Board(kept.page);
      await board.open();
      await expect(board.toast(DAMAGED)).toBeVisible();
      await board.saved();
      await expect.poll(() => kept.count("outbox")).toBe(0);
      await board.reload();
      await board.whole();
      await board.saved();
      await expect(board.toast(DAMAGED)).toHaveCount(0);
    });
  });

  for (const part of ["settings", "meta"] as const) {
    // The shell finds no user or settings in the cache, and asks the server; the page goes on from
    // there with what can be read.
    test(`does not take the rest along: ${part}`, async ({ page, user, board, quickAdd, server, watch }) => {
      await user.api.create({ id: ONE, role_title: "One" });
      await new Installed(page).keeps(board);
      watch.allowOffline(API);
      await page.context().setOffline(true);
      await page.keyboard.press("c");
      await quickAdd.type("Acme", "Unsent");
      await board.expectOffline(1);
      page = await abandon(page);
      board = new Board(page);
      const kept = new Kept(page, user.api.userId);
      await page.context().setOffline(false);
      await page.goto(BARE);
      await (part === "settings" ? kept.flip("shards", "settings/00") : kept.flip("state", "meta"));

      // The shell stands in for a server that is slow, which answers then.
      server.pause();
      try {
        await page.goto("/board", { waitUntil: "commit" });
        await expect(page.locator("html")).toHaveAttribute("data-shell");
      } finally {
        server.resume();
      }
      await board.hydrated();
      await expect(board.card("One")).toBeVisible();
      await expect(board.card("Unsent")).toBeVisible();
      await board.saved();
      expect(await user.api.all()).toHaveLength(2);
    });
  }
});

test.describe("a browser that does not store", () => {
  test("for want of room says so, and loses nothing", async ({ page, user, board, server, watch }) => {
    const { id } = await user.api.create({ role_title: "Large" });
    const kept = new Kept(page, user.api.userId);
    const session = await page.context().newCDPSession(page);
    // The browser asks for the room that is left every half a minute only: it is small from the start.
    await session.send("Storage.overrideQuotaForOrigin", { origin: server.url, quotaSize: 2_000_000 });
    await board.open();
    await board.whole();
    await board.saved();
    await fill(page);

    await board.drag(board.cardOf(id), "Screening");
    await expect(board.storageNotice).toContainText("storage is full. Your changes go to the server");
    // It is said in one place.
    await expect(board.toast("kept in this page")).toHaveCount(0);
    await expect(board.card("Large", "Screening")).toBeVisible();
    await board.saved();
    expect(await user.api.get(id)).toMatchObject({ status: "Screening", version: 2 });

    // What cannot be sent either lives in the page, which is not left unasked.
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await board.drag(board.cardOf(id), "Recruiter_Call");
    await board.expectOffline(1);
    await expect(board.storageNotice).toContainText("Free some space on this device");
    expect(await kept.count("outbox")).toBe(0);
    watch.expectToBeAsked();
    await page.close({ runBeforeUnload: true });
    await expect(board.card("Large", "Recruiter_Call")).toBeVisible();

    await session.send("Storage.overrideQuotaForOrigin", { origin: server.url });
    await expect(board.storageNotice).toHaveCount(0, { timeout: 30_000 });
    await expect.poll(() => kept.count("outbox")).toBe(1);
    await page.context().setOffline(false);
    await board.saved();
    await expect.poll(() => kept.count("outbox")).toBe(0);
    expect(await user.api.get(id)).toMatchObject({ status: "Recruiter_Call", version: 3 });
    await board.reload();
    await expect(board.card("Large", "Recruiter_Call")).toBeVisible();
    await expect(board.storageNotice).toHaveCount(0);
  });

  const stores = {
    "that is missing": () => Object.defineProperty(window, "indexedDB", { value: undefined }),
    "that refuses": () => {
      IDBFactory.prototype.open = () => {
        throw new DOMException("refused", "SecurityError");
      };
    },
  };
  for (const [how, break_it] of Object.entries(stores)) {
    test(`has a store ${how}: what is done lives in the page`, async ({ page, user, board, watch }) => {
      const { id } = await user.api.create({ role_title: "Fleeting" });
      await page.addInitScript(break_it);
      await board.open();
      await board.whole();
      await expect(board.storageNotice).toContainText("This browser keeps nothing for the app");
      await board.drag(board.cardOf(id), "Screening");
      await board.saved();
      expect(await user.api.get(id)).toMatchObject({ status: "Screening", version: 2 });

      watch.allowOffline(API);
      await page.context().setOffline(true);
      await board.drag(board.cardOf(id), "Recruiter_Call");
      await board.expectOffline(1);
      watch.expectToBeAsked();
      await page.close({ runBeforeUnload: true });
      await expect(board.card("Fleeting", "Recruiter_Call")).toBeVisible();
      await page.context().setOffline(false);
      await board.saved();
      expect(await user.api.get(id)).toMatchObject({ status: "Recruiter_Call", version: 3 });
      // Nothing is unsent, so nothing is asked.
      await page.goto("/settings");
      await board.hydrated();
    });
  }

  /** Stores until there is no more room for this origin. */
  async function fill(page: Page): Promise<void> {
    await page.evaluate(async () => {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open("filler", 1);
        request.onupgradeneeded = () => request.result.createObjectStore("filler", { autoIncrement: true });
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
      for (let size = 1 << 16; size >= 1; ) {
        const work = database.transaction("filler", "readwrite");
        work.objectStore("filler").put(crypto.getRandomValues(new Uint8Array(size)));
        const stored = await new Promise<boolean>((resolve) => {
          work.oncomplete = () => resolve(true);
          work.onabort = () => resolve(false);
        });
        if (!stored) size >>= 1;
      }
      database.close();
    });
  }
});

test("an upgrade in another tab does not wait for this one, which goes on in memory", async ({ page, user, board }) => {
  const { id } = await user.api.create({ role_title: "Older" });
  await board.open();
  await board.whole();
  await board.saved();
  const newer = await page.context().newPage();
  await newer.goto(BARE);
  const { name } = new Kept(newer, user.api.userId);
  const outcome = newer.evaluate(async (name) => {
      const databases = await indexedDB.databases();
      const version = databases.find((database) => database.name === name)?.version ?? 0;
      return new Promise<string>((resolve) => {
        const request = indexedDB.open(name, version + 1);
        request.onblocked = () => resolve("blocked");
        request.onerror = () => resolve(`refused: ${request.error?.name}`);
        request.onsuccess = () => {
          request.result.close();
          resolve("upgraded");
        };
      });
    }, name);
  expect(await outcome).toBe("upgraded");
  await expect(board.storageNotice).toContainText("A newer version of the app is open.");
  await expect(board.storageNotice.getByRole("button", { name: "Reload" })).toBeVisible();
  await expect(board.toast("newer version")).toHaveCount(0);
  await board.drag(board.cardOf(id), "Screening");
  await board.saved();
  expect(await user.api.get(id)).toMatchObject({ status: "Screening", version: 2 });
  // What a later version keeps is none of this one's business.
  await board.reload();
  await expect(board.card("Older", "Screening")).toBeVisible();
  await expect(board.storageNotice).toBeVisible();
});

test("what a newer version left in the store is neither sent nor deleted", async ({ page, user, board, watch }) => {
  const { id } = await user.api.create({ role_title: "Later" });
  await board.open();
  await board.whole();
  await board.saved();
  const bare = await page.context().newPage();
  await bare.goto(BARE);
  const kept = new Kept(bare, user.api.userId);
  watch.expectFailure(503, API);
  await page.route(ONE_APPLICATION, (route) => route.fulfill({ status: 503, body: "" }));
  await board.drag(board.cardOf(id), "Screening");
  await expect.poll(() => kept.count("outbox")).toBe(1);
  const [key = ""] = Object.keys(await kept.blobs("outbox"));
  await kept.addFieldToEntry(user.api.userId, key, "made_by_a_newer_version");
  const before = await kept.blobs("outbox");
  // Another page of this version sees it: one that was not the one that made the edit.
  const other = new Board(await page.context().newPage());
  await other.open();
  await expect(other.storageNotice).toContainText("A newer version of the app is open");
  await kept.hint();
  await expect(board.storageNotice).toContainText("A newer version of the app is open");
  expect(await kept.blobs("outbox")).toEqual(before);
  expect(await user.api.get(id)).toMatchObject({ status: "Applied", version: 1 });
});

test("two tabs at rest write nothing to each other", async ({ page, user, board }) => {
  const longAgo = new Date(Date.now() - 200 * 24 * 60 * 60 * 1000).toISOString();
  const old = await user.api.create({ role_title: "Long ago" });
  await user.api.patch(old.id, { archived_at: longAgo });
  const { id } = await user.api.create({ role_title: "Round 0" });
  await board.open();
  await board.whole();
  const other = new Board(await page.context().newPage());
  await other.open();
  await other.whole();
  const bare = await page.context().newPage();
  await bare.goto(BARE);
  const hints = await new Kept(bare, user.api.userId).countHints();
  const rounds = 8;
  for (let round = 1; round <= rounds; round++) {
    await user.api.patch(id, { role_title: `Round ${round}` });
    for (const each of [board, other]) {
      await each.page.evaluate(() => window.dispatchEvent(new Event("focus")));
      await expect(each.cardOf(id)).toContainText(`Round ${round}`);
    }
  }
  // Each of two pages stores what it pulled, once or twice a round; in a quarrel it is hundreds.
  expect(await hints()).toBeLessThanOrEqual(rounds * 4);
});

// The form stays, and whatever is typed is refused as not being the passphrase: the closed cache is
// still asked for its protection.
test("where the store went away no passphrase is offered", async ({ page, user, settings }) => {
  await settings.open();
  await expect(settings.passphrase).toBeVisible();
  const newer = await page.context().newPage();
  await newer.goto(BARE);
  const { name } = new Kept(newer, user.api.userId);
  await newer.evaluate((name) => void indexedDB.deleteDatabase(name), name);
  await expect(settings.storageNotice).toBeVisible();
  await expect(settings.passphrase).toHaveCount(0);
});

// The server renders the page with its data, which shows until the program has started.
test("a locked device shows nothing before it asks either", async ({ page, user, settings }) => {
  await user.api.create({ role_title: "Locked up" });
  await settings.open();
  await settings.saved();
  await settings.setPassphrase("correct horse battery");
  // The program is long in coming.
  await page.route("**/*.wasm*", () => {});
  await page.goto("/board", { waitUntil: "commit" });
  await page.waitForFunction(() => document.readyState !== "loading");
  await expect(page.getByText("Locked up")).toBeHidden();
});

test.describe("a passphrase", () => {
  const PASSPHRASE = "correct horse battery";

  test("locks the app until it is typed", async ({ page, user, board, settings }) => {
    await user.api.create({ role_title: "Locked up" });
    const lock = new LockScreen(page);
    await settings.open();
    await settings.saved();
    await settings.passphrase.fill("short");
    await settings.keptHere.getByRole("button", { name: "Set passphrase" }).click();
    await expect(settings.errors).toHaveText("At least 8 characters.");
    // Another tab is locked with this one.
    const other = await page.context().newPage();
    await new Board(other).open();
    await settings.setPassphrase(PASSPHRASE);
    await new LockScreen(other).shows();
    await other.close();

    await board.open();
    await lock.shows();
    const asked = requests(page);
    await lock.unlock("wrong horse battery");
    await expect(lock.error).toHaveText("This passphrase does not open it.");
    await expect(page.getByText("Locked up")).toHaveCount(0);
    await board.lookAgain();
    await board.roundTrip();
    expect(asked).toEqual([]);
    await lock.unlock(PASSPHRASE);
    await expect(board.card("Locked up")).toBeVisible();
    await board.whole();
    await board.saved();
    expect(asked.length).toBeGreaterThan(0);
  });

  test.describe("from the cache", () => {
    test.use({ serviceWorkers: "allow" });

    test("is asked for without a network too", async ({ page, user, board, quickAdd, settings, watch }) => {
      await user.api.create({ role_title: "Locked up" });
      const [installed, lock] = [new Installed(page), new LockScreen(page)];
      await settings.open();
      await installed.controlled();
      await settings.saved();
      await settings.setPassphrase(PASSPHRASE);
      watch.allowOffline(API);
      await page.context().setOffline(true);
      await page.keyboard.press("c");
      await quickAdd.type("Acme", "Unsent");
      await settings.expectOffline(1);
      await page.goto("/board");
      await installed.expectShell();
      await lock.shows();
      await expect(page.getByText("Locked up")).toHaveCount(0);
      await lock.unlock("wrong horse battery");
      await expect(lock.error).toHaveText("This passphrase does not open it.");
      await expect(page.getByText("Locked up")).toHaveCount(0);
      await lock.unlock(PASSPHRASE);
      await expect(board.card("Locked up")).toBeVisible();
      await expect(board.card("Unsent")).toBeVisible();
      await board.expectOffline(1);
    });
  });

  test("keeps what waits from being sent", async ({ page, user, board, quickAdd, settings, watch }) => {
    await settings.open();
    await settings.saved();
    await settings.setPassphrase(PASSPHRASE);
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await page.keyboard.press("c");
    await quickAdd.type("Acme", "Unsent");
    await settings.expectOffline(1);
    page = await abandon(page);
    board = new Board(page);
    await page.context().setOffline(false);
    const asked = requests(page);
    await board.open();
    const lock = new LockScreen(page);
    await lock.shows();
    await board.lookAgain();
    await board.roundTrip();
    expect(asked).toEqual([]);
    expect(await user.api.all()).toEqual([]);
    await lock.unlock(PASSPHRASE);
    await expect(board.card("Unsent")).toBeVisible();
    await board.saved();
    expect(await user.api.all()).toHaveLength(1);
  });

  test("can be changed and taken away", async ({ page, user, board, settings }) => {
    await user.api.create({ role_title: "Locked up" });
    const lock = new LockScreen(page);
    await settings.open();
    await settings.saved();
    await settings.setPassphrase(PASSPHRASE);
    // The form is another one now.
    await expect(settings.keptHere.getByRole("button", { name: "Change passphrase" })).toBeFocused();
    await settings.act("Passphrase set", "Dismiss");
    await settings.showPassphrases.check();
    await expect(settings.newPassphrase).toHaveAttribute("type", "text");
    await settings.showPassphrases.uncheck();
    await expect(settings.newPassphrase).toHaveAttribute("type", "password");
    await settings.changePassphrase("wrong horse battery", "another horse battery");
    await expect(settings.errors).toHaveText("That is not the passphrase.");
    await expect(settings.oldPassphrase).toHaveAttribute("aria-invalid", "true");
    await expect(settings.newPassphrase).not.toHaveAttribute("aria-invalid");
    await settings.changePassphrase(PASSPHRASE, "another horse battery");
    await expect(settings.toast("Passphrase set")).toBeVisible();

    await settings.page.goto("/settings");
    await lock.shows();
    await lock.unlock(PASSPHRASE);
    await expect(lock.error).toHaveText("This passphrase does not open it.");
    await lock.unlock("another horse battery");
    await settings.saved();
    await settings.removePassphrase("wrong horse battery");
    await expect(settings.errors).toHaveText("That is not the passphrase.");
    await settings.removePassphrase("another horse battery");
    await expect(settings.toast("Passphrase removed")).toBeVisible();
    await expect(settings.keptHere.getByRole("button", { name: "Set passphrase" })).toBeFocused();
    await board.open();
    await expect(board.card("Locked up")).toBeVisible();
    await board.saved();
  });

  test("that is forgotten takes along what is kept here", async ({ page, user, board, settings, quickAdd, watch }) => {
    await user.api.create({ role_title: "At the server" });
    let lock = new LockScreen(page);
    await settings.open();
    await settings.saved();
    await settings.setPassphrase(PASSPHRASE);
    watch.allowOffline(API);
    await page.context().setOffline(true);
    await page.keyboard.press("c");
    await quickAdd.type("Acme", "Unsent");
    await settings.expectOffline(1);
    page = await abandon(page);
    [board, lock] = [new Board(page), new LockScreen(page)];
    const kept = new Kept(page, user.api.userId);
    await page.context().setOffline(false);
    await board.open();
    await lock.shows();
    expect(await kept.count("outbox")).toBe(1);
    await lock.forget();
    await expect(board.card("At the server")).toBeVisible();
    await board.whole();
    await board.saved();
    expect(await kept.count("outbox")).toBe(0);
    expect(await user.api.all()).toHaveLength(1);
    await board.reload();
    await expect(board.card("At the server")).toBeVisible();
    await expect(lock.title).toHaveCount(0);
  });
});
