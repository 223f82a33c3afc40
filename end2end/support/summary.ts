import fs from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import type { FullConfig, Reporter, Suite, TestCase } from "@playwright/test/reporter";

/** Where the tests are named that passed at the second try alone: a line each, project and place. */
const UNSURE = "unsure.txt";

/**
 * Says last, in a line each, what failed and why: of a long log only the end is read. A test that passed at
 * its second try alone is not sure: scripts/test.sh lets it show that it is.
 */
export default class Summary implements Reporter {
  private suite: Suite | undefined;
  private config: FullConfig | undefined;

  onBegin(config: FullConfig, suite: Suite): void {
    this.config = config;
    this.suite = suite;
  }

  onEnd(): void {
    const tests = this.suite?.allTests() ?? [];
    const unsure = tests.filter((test) => test.outcome() === "flaky");
    const failed = tests.filter((test) => test.outcome() === "unexpected");
    for (const test of failed) console.log(`failed: ${this.said(test)}`);
    for (const test of unsure) console.log(`not sure: ${this.said(test)}`);
    const places = unsure.map((test) => `${test.parent.project()?.name}\t${this.place(test)}\n`);
    fs.mkdirSync("test-results", { recursive: true });
    fs.writeFileSync(path.join("test-results", UNSURE), places.join(""));
  }

  private place(test: TestCase): string {
    return `${path.relative(this.config?.rootDir ?? "", test.location.file)}:${test.location.line}`;
  }

  private said(test: TestCase): string {
    const error = test.results.find((result) => result.error !== undefined)?.error;
    const place = error?.location === undefined ? "" : ` (line ${error.location.line})`;
    const why = stripVTControlCharacters(error?.message ?? "").replaceAll(/\s+/g, " ");
    return `${this.place(test)} ${test.title}${place}: ${why.slice(0, 400)}`;
  }
}
