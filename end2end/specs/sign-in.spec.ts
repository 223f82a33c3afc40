import { randomUUID } from "node:crypto";
import { Board } from "../pages/board.ts";
import { SignIn } from "../pages/sign-in.ts";
import { signIn as signInByApi } from "../support/api.ts";
import { expectReadable } from "../support/readable.ts";
import { expect, test } from "../support/test.ts";

const VERIFY = /\/auth\/magic-link\/verify$/;

const someone = () => `someone-${randomUUID()}@example.com`;

test("the link of the mail leads to an empty board", async ({ page, server }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await page.goto("/");
  await expect(page).toHaveURL(/\/sign-in\?/);
  await signIn.hydrated();
  await signIn.askFor(address);

  await page.goto((await server.mailbox.newest(address)).link);
  await signIn.hydrated();
  await signIn.confirm.click();

  await expect(page).toHaveURL("/board");
  const board = new Board(page);
  await board.hydrated();
  await expect(board.empty).toContainText("Start your hunt");
});

test("opening the link does not use it up, pressing the button does", async ({ page, server, watch }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor(address);
  const { link } = await server.mailbox.newest(address);
  await page.goto(link);
  await page.goto(link);
  await signIn.hydrated();
  await signIn.confirm.click();
  await expect(page).toHaveURL("/board");

  watch.expectFailure(400, VERIFY);
  await page.goto(link);
  await signIn.hydrated();
  await signIn.confirm.click();
  await expect(signIn.error).toHaveText("This link was used already. Ask for a new one.");
  await expect(signIn.askAgain).toBeFocused();
});

test("a link that could not be tried is tried again", async ({ page, server, watch }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor(address);
  await page.goto((await server.mailbox.newest(address)).link);
  await signIn.hydrated();
  watch.expectFailure(503, VERIFY);
  await page.route(VERIFY, (route) => route.fulfill({ status: 503, body: "" }));
  await signIn.confirm.click();
  await expect(signIn.error).not.toBeEmpty();
  await expect(signIn.confirm).toBeFocused();
  await page.unroute(VERIFY);
  await signIn.confirm.click();
  await expect(page).toHaveURL("/board");
});

test("half a link says so", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto("/sign-in/verify");
  await expect(page.getByRole("heading", { name: "This link is not whole" })).toBeVisible();
  await signIn.askAgain.click();
  await expect(signIn.email).toBeVisible();
});

test("the code works in the page that asked", async ({ page, server, watch }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor(address);
  const { code } = await server.mailbox.newest(address);

  watch.expectFailure(400, VERIFY);
  await signIn.code.fill(code === "123456" ? "654321" : "123456");
  await expect(signIn.error).toHaveText("That is not the code in the mail.");
  await expect(signIn.code).toHaveAttribute("aria-invalid", "true");

  // The sixth digit sends it.
  await signIn.code.fill("");
  await signIn.code.pressSequentially(code);
  await expect(page).toHaveURL("/board");
});

for (const place of ["over it", "at its end"] as const) {
  test(`after a wrong code the right one is typed ${place}`, async ({ page, server, watch }) => {
    const address = someone();
    const signIn = new SignIn(page);
    await signIn.goto();
    await signIn.askFor(address);
    const { code } = await server.mailbox.newest(address);
    const wrong = code === "123456" ? "654321" : "123456";
    const sent = signIn.sentCodes();

    watch.expectFailure(400, VERIFY);
    await signIn.code.pressSequentially(wrong);
    await expect(signIn.error).toHaveText("That is not the code in the mail.");
    await expect(signIn.code).toBeFocused();
    await expect(signIn.code).toHaveValue(wrong);

    if (place === "at its end") await page.keyboard.press("End");
    await page.keyboard.type(code.slice(0, 5));
    await expect(signIn.code).toHaveValue(code.slice(0, 5));
    await page.keyboard.type(code.slice(5));
    await expect(page).toHaveURL("/board");
    expect(sent).toEqual([wrong, code]);
  });
}

test("a code that is being checked says so, and is not typed into", async ({ page, server }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor(address);
  const { code } = await server.mailbox.newest(address);
  let answer = () => {};
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await page.route(VERIFY, async (route) => {
    await answered;
    await route.continue();
  });
  await signIn.code.fill(code);
  await expect(signIn.checking).toBeVisible();
  await expect(signIn.code).toHaveAttribute("readonly");
  await expect(signIn.code).toHaveAttribute("aria-busy", "true");
  answer();
  await expect(page).toHaveURL("/board");
});

test("once the mail is on its way, the page says so at full width, and waits for the code", async ({ page }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor(address);
  await expect(signIn.sent).toContainText(address);
  await expect(page.getByText("expire in 15 minutes")).toBeVisible();
  await expect(signIn.code).toBeFocused();
  for (const width of [1280, 390]) {
    await page.setViewportSize({ width, height: 800 });
    expect((await signIn.sent.boundingBox())?.width, `at ${width} px`).toBeGreaterThanOrEqual(200);
    await expectReadable(page);
  }
});

test("a mail that does not come is sent again, or to another address", async ({ page, server }) => {
  const address = someone();
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.askFor(address);
  const first = await server.mailbox.newest(address);
  await signIn.sendAgain.click();
  await expect(page.getByText("Sent again.")).toBeVisible();
  await expect(signIn.code).toBeFocused();
  await expectReadable(page);
  const second = await server.mailbox.newest(address);
  expect(second.link).not.toBe(first.link);

  await signIn.otherAddress.click();
  await expect(signIn.email).toBeFocused();
  await expect(signIn.email).toHaveValue(address);
  const other = someone();
  await signIn.askFor(other);
  await signIn.code.fill((await server.mailbox.newest(other)).code);
  await expect(page).toHaveURL("/board");
});

test("an address that is none is refused beside the field", async ({ page }) => {
  const signIn = new SignIn(page);
  await signIn.goto();
  await signIn.email.fill("nobody");
  await signIn.send.click();
  await expect(signIn.error).not.toBeEmpty();
  await expect(signIn.email).toHaveAttribute("aria-invalid", "true");
  await expect(signIn.email).toHaveValue("nobody");
  await expect(signIn.email).toBeFocused();
});

for (const way of ["code", "link"] as const) {
  test(`a visitor gets to where they wanted, by ${way}`, async ({ page, server }) => {
    const address = someone();
    const signIn = new SignIn(page);
    await signIn.goto("/settings");
    await expect(page).toHaveURL("/sign-in?next=%2Fsettings");
    await signIn.askFor(address);
    const mail = await server.mailbox.newest(address);
    if (way === "code") {
      await signIn.code.fill(mail.code);
    } else {
      await page.goto(mail.link);
      await signIn.hydrated();
      await signIn.confirm.click();
    }
    await expect(page).toHaveURL("/settings");
  });
}

test("a visitor of an application gets back to it", async ({ page, server, user }) => {
  const { id } = await user.api.create({ role_title: "Wanted" });
  await page.context().clearCookies();
  const signIn = new SignIn(page);
  await signIn.goto(`/board/${id}`);
  await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(`/board/${id}`)}`);
  await signIn.askFor(user.email);
  await signIn.code.fill((await server.mailbox.newest(user.email)).code);
  await expect(page).toHaveURL(`/board/${id}`);
  await expect(page.getByRole("heading", { name: "Wanted" })).toBeVisible();
});

test("signing out ends the session", async ({ page, user, settings }) => {
  await settings.open();
  await expect(page.getByText(`Signed in as ${user.email}`)).toBeVisible();
  await settings.signOut.click();
  await expect(page).toHaveURL("/sign-in");
  await page.goto("/board");
  await expect(page).toHaveURL("/sign-in?next=%2Fboard");
  await expect(new SignIn(page).email).toBeVisible();
});

test("who is signed in needs no sign-in page", async ({ page, user: _ }) => {
  await page.goto("/sign-in");
  await expect(page).toHaveURL("/board");
});

test("a session that ends elsewhere keeps what was done here", async ({ page, user, board, watch, server }) => {
  const { id } = await user.api.create({ role_title: "Kept" });
  await board.open();
  await board.saved();
  await page.context().clearCookies();

  watch.expectFailure(401, /\/api\/v1\//);
  await board.drag(board.card("Kept"), "Screening");
  await expect(board.sync).toHaveText("Signed out, 1 waiting");
  await expect(board.card("Kept", "Screening")).toBeVisible();

  const [popup] = await Promise.all([page.waitForEvent("popup"), board.act("Your session has ended.", "Sign in")]);
  const signIn = new SignIn(popup);
  await signIn.hydrated();
  await signIn.askFor(user.email);
  await signIn.code.fill((await server.mailbox.newest(user.email)).code);
  await expect(popup).toHaveURL("/board");
  await popup.close();
  await board.lookAgain();
  await board.saved();
  expect((await user.api.get(id)).status).toBe("Screening");
});

test("nothing of one account is sent in the name of another", async ({ page, user, board, server, watch }) => {
  const { id } = await user.api.create({ role_title: "Private" });
  await board.open();
  await board.saved();
  // Somebody else signs in, in another tab of the same browser.
  watch.expectFailure(401, /\/api\/v1\/sync/);
  const other = someone();
  await signInByApi(page.context().request, server.mailbox, other);
  await board.lookAgain();
  await expect(page.getByRole("heading", { name: "Another account is signed in" })).toBeVisible();
  await expect(page.getByText("Private")).toHaveCount(0);
  expect((await user.api.get(id)).status).toBe("Applied");
});
