import { expect, type BrowserContext, type ConsoleMessage } from "@playwright/test";
import type { Server } from "./server.ts";

interface Expected {
  /** A status from 400 on, or no answer at all. */
  failure: number | "offline";
  url: RegExp;
  happened: boolean;
}

/** Notes whatever goes wrong in a page without being seen in it. */
export class Watch {
  private readonly problems: string[] = [];
  private readonly unanswered: string[] = [];
  private readonly server: Server;
  private readonly endings: number;
  private readonly expected: Expected[] = [];
  private questions = 0;

  constructor(server: Server) {
    this.server = server;
    this.endings = server.endings;
  }

  /** Announces that requests to `url` are answered with this status; at least one must be. */
  expectFailure(failure: number, url: RegExp): void {
    this.expected.push({ failure, url, happened: false });
  }

  /** Announces that requests to `url` may find no network: a page that knows of none need not ask. */
  allowOffline(url: RegExp): void {
    this.expected.push({ failure: "offline", url, happened: true });
  }

  /** Announces that a page asks whether it may be left: the answer is to stay. */
  expectToBeAsked(): void {
    this.questions += 1;
  }

  async attach(context: BrowserContext): Promise<void> {
    // Whoever takes the network away has announced it: the page may have asked in that very moment.
    const setOffline = context.setOffline.bind(context);
    context.setOffline = async (offline) => {
      if (offline) this.allowOffline(/\/api\/v1\/|\/favicon/);
      await setOffline(offline);
    };
    context.on("console", (message) => this.console(message));
    context.on("weberror", (error) => this.problems.push(`page error: ${error.error()}`));
    context.on("response", (response) => {
      if (response.status() >= 400 && !this.isExpected(response.status(), response.url())) {
        this.problems.push(`${response.status()} for ${response.request().method()} ${response.url()}`);
      }
    });
    context.on("requestfailed", (request) => {
      if (request.failure()?.errorText === "net::ERR_INTERNET_DISCONNECTED") this.isExpected("offline", request.url());
    });
    context.on("dialog", (dialog) => {
      if (dialog.type() === "beforeunload" && this.questions > 0) {
        this.questions -= 1;
        void dialog.dismiss();
        return;
      }
      this.problems.push(`a dialog of type ${dialog.type()}: ${dialog.message()}`);
      void dialog.accept();
    });
    await context.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        console.error(`content policy: ${event.violatedDirective} forbids ${event.blockedURI}`);
      });
    });
  }

  /** Fails the test if anything went wrong. */
  verify(): void {
    // A server that the test itself ended may leave somebody without an answer; another may not.
    if (this.server.endings === this.endings) this.problems.push(...this.unanswered);
    const missing = this.expected.filter((expected) => !expected.happened);
    expect(this.problems, "console, failed requests, content policy").toEqual([]);
    expect(missing, "announced failures that did not happen").toEqual([]);
    expect(this.questions, "announced questions that were not asked").toBe(0);
  }

  private console(message: ConsoleMessage): void {
    if (message.type() !== "error" && message.type() !== "warning") return;
    // So the configuration wants it.
    if (message.text() === "Service Worker registration blocked by Playwright") return;
    if (/^Failed to load resource: net::ERR_(CONNECTION_\w+|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED)/.test(message.text())) {
      this.unanswered.push(`no answer: ${message.text()} (${message.location().url})`);
      return;
    }
    // The browser's own line about a failed request.
    const failed = /^Failed to load resource: .*(?:status of (\d+)|net::ERR_INTERNET_DISCONNECTED)/.exec(
      message.text(),
    );
    const failure = failed?.[1] === undefined ? "offline" : Number(failed[1]);
    if (failed && this.isExpected(failure, message.location().url)) return;
    this.problems.push(`console ${message.type()}: ${message.text()} (${message.location().url})`);
  }

  private isExpected(failure: Expected["failure"], url: string): boolean {
    const expected = this.expected.filter((expected) => expected.failure === failure && expected.url.test(url));
    for (const one of expected) one.happened = true;
    return expected.length > 0;
  }
}
