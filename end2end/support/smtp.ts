import { once } from "node:events";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AddressInfo } from "node:net";
import { SMTPServer } from "smtp-server";

/** A provider of mails that speaks SMTP. What it takes lies in a folder, as the server's own files do. */
export class SmtpSink {
  readonly url: string;
  private readonly server: SMTPServer;

  private constructor(server: SMTPServer, url: string) {
    this.server = server;
    this.url = url;
  }

  static async start(folder: string): Promise<SmtpSink> {
    await mkdir(folder, { recursive: true });
    let count = 0;
    const server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      logger: false,
      onData(stream, _session, taken) {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          const name = `${String((count += 1)).padStart(6, "0")}.eml`;
          // There at once as a whole.
          const half = join(folder, `.${name}`);
          writeFile(half, Buffer.concat(chunks))
            .then(() => rename(half, join(folder, name)))
            .then(
              () => taken(),
              (error: Error) => taken(error),
            );
        });
      },
    });
    const listening = server.listen(0, "127.0.0.1");
    await once(listening, "listening");
    const { port } = listening.address() as AddressInfo;
    return new SmtpSink(server, `smtp://127.0.0.1:${port}`);
  }

  async stop(): Promise<void> {
    await new Promise<void>((stopped) => {
      this.server.close(() => stopped());
    });
  }
}
