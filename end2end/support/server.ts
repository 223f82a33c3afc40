import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer as createProxy } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { Mailbox } from "./mailbox.ts";
import { SmtpSink } from "./smtp.ts";

const run = promisify(execFile);

export type Engine = "sqlite" | "postgres";

/** Where the server's mails go. */
export type MailProvider = "file" | "smtp";

const root = resolve(import.meta.dirname, "../..");
const binary = resolve(process.env["SERVER_BIN"] ?? join(root, "target/debug/job-hunt-tracker"));
/** The site as it was built. */
export const builtSite = resolve(process.env["SITE_ROOT"] ?? join(root, "target/site"));

const START_MS = 30_000;
const STOP_MS = 15_000;

/** A server process of our own, with a database and a mail folder of its own. */
export class Server {
  readonly url: string;
  readonly mailbox: Mailbox;
  /** How often it was ended: what a page asked for at that moment was not answered. */
  endings = 0;
  private process: ChildProcess;
  private readonly folder: string;
  private readonly env: Record<string, string>;
  private readonly leave: () => Promise<void>;

  private constructor(
    process: ChildProcess,
    url: string,
    folder: string,
    env: Record<string, string>,
    leave: () => Promise<void>,
  ) {
    this.process = process;
    this.url = url;
    this.folder = folder;
    this.env = env;
    this.leave = leave;
    this.mailbox = new Mailbox(mailFolder(folder));
  }

  /** Starts one, and waits until it is ready. */
  static async start(engine: Engine, site = builtSite, mails: MailProvider = "file"): Promise<Server> {
    const folder = await mkdtemp(join(tmpdir(), "job-hunt-e2e-"));
    const database = engine === "sqlite" ? sqlite(folder) : await postgres();
    const sink = mails === "smtp" ? await SmtpSink.start(mailFolder(folder)) : undefined;
    const mailUrl = sink?.url ?? `file:${mailFolder(folder)}`;
    const leave = async (): Promise<void> => {
      await Promise.all([database.drop(), sink?.stop()]);
    };
    // Another program can take the port before the server does.
    for (let attempt = 1; ; attempt++) {
      try {
        return await Server.startOn(await freePort(), folder, database.url, mailUrl, site, leave);
      } catch (error) {
        if (attempt === 3) {
          await leave();
          throw error;
        }
      }
    }
  }

  private static async startOn(
    port: number,
    folder: string,
    databaseUrl: string,
    mailUrl: string,
    site: string,
    leave: () => Promise<void>,
  ): Promise<Server> {
    const url = `http://127.0.0.1:${port}`;
    const env = {
      DATABASE_URL: databaseUrl,
      DATA_DIR: folder,
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      LEPTOS_SITE_ROOT: site,
      LIMIT_SIGN_IN_MAILS_PER_ADDRESS: "100000",
      LIMIT_SIGN_IN_MAILS_PER_CLIENT: "100000",
      LIMIT_VERIFICATIONS_PER_CLIENT: "100000",
      LIMIT_REMINDER_WRITES_PER_CLIENT: "100000",
      MAIL_URL: mailUrl,
      PUBLIC_URL: url,
      // A statement that is slow on a busy machine is no complaint of ours.
      RUST_LOG: "info,sqlx=error",
    };
    const server = new Server(await launch(folder, env), url, folder, env, leave);
    await server.untilReady();
    return server;
  }

  /** Stops it, and starts it again on the same port. */
  async restart(): Promise<void> {
    await this.end();
    this.process = await launch(this.folder, this.env);
    await this.untilReady();
  }

  /** Has a proxy answer in its place, as while it is being deployed. */
  async replacedBy(status: number, meanwhile: () => Promise<void>): Promise<void> {
    await this.end();
    const proxy = createProxy((_, answer) => answer.writeHead(status).end()).listen(this.port, "127.0.0.1");
    await once(proxy, "listening");
    try {
      await meanwhile();
    } finally {
      proxy.closeAllConnections();
      proxy.close();
      await once(proxy, "close");
      this.process = await launch(this.folder, this.env);
      await this.untilReady();
    }
  }

  private get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Holds it: it takes connections, and answers nothing until `resume`. */
  pause(): void {
    this.process.kill("SIGSTOP");
  }

  resume(): void {
    this.process.kill("SIGCONT");
  }

  private async untilReady(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (this.process.exitCode === null && Date.now() < deadline) {
      // It says so once the port is its own: another program's answer would not do.
      if ((await this.log()).includes("is ready")) {
        const answer = await fetch(`${this.url}/readyz`).catch(() => undefined);
        if (answer?.ok) return;
      }
      await delay(20);
    }
    this.process.kill("SIGKILL");
    throw new Error(`the server did not get ready:\n${await this.log()}`);
  }

  /** What it has written so far. */
  log(): Promise<string> {
    return readFile(logFile(this.folder), "utf8");
  }

  /** Gives `email` so many made-up applications, by the program's own subcommand. */
  async seed(email: string, count: number): Promise<void> {
    await run(binary, ["seed", "--count", String(count)], {
      cwd: this.folder,
      env: { ...this.env, SEED_EMAIL: email },
    });
  }

  /** Asks it to stop, and takes away what it leaves. */
  async stop(): Promise<void> {
    try {
      await this.end();
    } finally {
      await this.leave();
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** It must end in time and in order, and have nothing to complain of. */
  private async end(): Promise<void> {
    this.endings += 1;
    const ended = this.process.exitCode === null ? once(this.process, "exit") : undefined;
    this.process.kill("SIGTERM");
    const outcome = await Promise.race([ended, delay(STOP_MS, "late", { ref: false })]);
    const log = await this.log();
    if (outcome === "late") this.process.kill("SIGKILL");
    if (outcome === "late" || this.process.exitCode !== 0) {
      const end = outcome === "late" ? `did not stop within ${STOP_MS} ms` : `ended with ${this.process.exitCode}`;
      throw new Error(`after SIGTERM the server ${end}:\n${log.slice(-5_000)}`);
    }
    const complaints = log.split("\n").filter((line) => /\b(WARN|ERROR)\b|panicked|reactive tracking/.test(line));
    if (complaints.length > 0) throw new Error(`the server complained:\n${complaints.join("\n")}`);
  }
}

async function launch(folder: string, env: Record<string, string>): Promise<ChildProcess> {
  const log = await open(logFile(folder), "w");
  const process = spawn(binary, ["serve"], { cwd: folder, env, stdio: ["ignore", log.fd, log.fd] });
  await Promise.all([once(process, "spawn"), log.close()]).catch((error: unknown) => {
    throw new Error(`${binary} does not start; build it with scripts/build.sh dev`, { cause: error });
  });
  return process;
}

interface Database {
  url: string;
  drop: () => Promise<void>;
}

function sqlite(folder: string): Database {
  return { url: `sqlite:${join(folder, "hunt.db")}`, drop: async () => {} };
}

/** A fresh database on the server that TEST_POSTGRES_URL names. */
async function postgres(): Promise<Database> {
  const server = process.env["TEST_POSTGRES_URL"];
  if (!server) {
    throw new Error(
      "TEST_POSTGRES_URL is not set. Run the tests through scripts/test.sh e2e or scripts/with-postgres.sh, " +
        "or only those on SQLite with --project sqlite.",
    );
  }
  const name = `e2e_${randomUUID().replaceAll("-", "")}`;
  const sql = (statement: string) =>
    run("psql", ["--no-psqlrc", "--quiet", "--dbname", server, "--command", statement]);
  await sql(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: async () => void (await sql(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}

function mailFolder(folder: string): string {
  return join(folder, "mail");
}

function logFile(folder: string): string {
  return join(folder, "server.log");
}
