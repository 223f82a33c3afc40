import { appendFile, cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtSite } from "./server.ts";

/** A copy of the built site, which a test may change as a deployment does. */
export class Site {
  readonly root: string;
  private builds = 1;

  private constructor(root: string) {
    this.root = root;
  }

  static async copy(): Promise<Site> {
    const root = await mkdtemp(join(tmpdir(), "job-hunt-site-"));
    await cp(builtSite, root, { recursive: true, preserveTimestamps: true });
    return new Site(root);
  }

  /** Makes another version of it, whose program tells its number: `globalThis.build`. */
  async rebuild(): Promise<number> {
    this.builds += 1;
    await appendFile(join(this.root, "pkg/job-hunt-tracker.js"), `\nglobalThis.build = ${this.builds};\n`);
    return this.builds;
  }

  async remove(): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
