import type { Page } from "@playwright/test";

export const STORES = ["keys", "state", "shards", "outbox", "displaced"] as const;
export type StoreName = (typeof STORES)[number];

/** A page of the origin on which nothing of the app runs. */
export const BARE = "/robots.txt";

/** Where a blob says which version of its record it is. */
export const VERSION = { at: 1, length: 8 };

/** What a browser keeps of a user: the database of the app, looked at from a page of its origin. */
export class Kept {
  readonly page: Page;
  /** The database. */
  readonly name: string;

  constructor(page: Page, userId: string) {
    this.page = page;
    this.name = `hunt-${userId}`;
  }

  exists(): Promise<boolean> {
    return this.page.evaluate(
      async (name) => (await indexedDB.databases()).some((database) => database.name === name),
      this.name,
    );
  }

  /** The sealed blobs of a store by their keys; nothing where the database is not there. */
  async blobs(store: StoreName): Promise<Record<string, number[]>> {
    if (!(await this.exists())) return {};
    return this.page.evaluate(
      async ([name, store]) => {
        const done = <T>(request: IDBRequest<T>) =>
          new Promise<T>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
        const database = await done(indexedDB.open(name));
        const rows = database.transaction(store).objectStore(store);
        const [keys, values] = await Promise.all([done(rows.getAllKeys()), done(rows.getAll())]);
        database.close();
        const blobs = keys.map((key, index) => [String(key), values[index]] as const);
        const sealed = blobs.filter(([, blob]) => blob instanceof Uint8Array);
        return Object.fromEntries(sealed.map(([key, blob]) => [key, [...(blob as Uint8Array)]]));
      },
      [this.name, store] as const,
    );
  }

  /** How many blobs a store has. */
  async count(store: StoreName): Promise<number> {
    return Object.keys(await this.blobs(store)).length;
  }

  /** Flips a bit in the middle of a blob. */
  async flip(store: StoreName, key: string): Promise<void> {
    const blob = (await this.blobs(store))[key];
    if (!blob) throw new Error(`there is no ${store} ${key}`);
    const middle = Math.floor(blob.length / 2);
    await this.put(store, { [key]: blob.map((byte, at) => (at === middle ? byte ^ 1 : byte)) });
  }

  /** Puts each of two blobs where the other one was. */
  async swap(store: StoreName, one: string, other: string): Promise<void> {
    const blobs = await this.blobs(store);
    if (!blobs[one] || !blobs[other]) throw new Error(`there are no ${store} ${one} and ${other}`);
    await this.put(store, { [one]: blobs[other], [other]: blobs[one] });
  }

  /** Gives the data key another id; it stays the key that it is. */
  async renameKey(id: string): Promise<void> {
    await this.page.evaluate(
      async ([name, id]) => {
        const done = <T>(request: IDBRequest<T>) =>
          new Promise<T>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
        const database = await done(indexedDB.open(name));
        const keys = database.transaction("keys", "readwrite").objectStore("keys");
        const wrapped = (await done(keys.get("data"))) as object;
        await done(keys.put({ ...wrapped, id }, "data"));
        database.close();
      },
      [this.name, id] as const,
    );
  }

  /** Writes a field into a sealed entry that this version does not know, as a newer one would. */
  async addFieldToEntry(userId: string, key: string, field: string): Promise<void> {
    await this.page.evaluate(
      async ([name, userId, key, field]) => {
        const done = <T>(request: IDBRequest<T>) =>
          new Promise<T>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
        const database = await done(indexedDB.open(name));
        const read = database.transaction(["keys", "outbox", "state"]);
        const [data, blob, plain] = await Promise.all([
          done(read.objectStore("keys").get("data")),
          done(read.objectStore("outbox").get(key)),
          done(read.objectStore("state").get("state")),
        ]);
        const raw = await crypto.subtle.decrypt({ name: "AES-GCM", iv: data.iv }, data.key, data.wrapped);
        const usages = ["encrypt", "decrypt"] as const;
        const dataKey = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, usages);
        // format (1), version (8, little endian), nonce (12), ciphertext: see `client/cache/seal.rs`.
        const sealed = blob as Uint8Array<ArrayBuffer>;
        const version = new DataView(sealed.buffer, sealed.byteOffset).getBigUint64(1, true);
        const bare = (id: string) => id.replaceAll("-", "");
        const place = (version: bigint) =>
          new TextEncoder().encode(`1|${bare(userId)}|${bare(data.id)}|outbox|${key}|${version}`);
        const how = (version: bigint, iv: Uint8Array<ArrayBuffer>) => ({
          name: "AES-GCM",
          iv,
          additionalData: place(version),
        });
        const opened = await crypto.subtle.decrypt(how(version, sealed.slice(9, 21)), dataKey, sealed.slice(21));
        const text = new TextDecoder().decode(opened).replace("{", `{"${field}":1,`);
        const state = JSON.parse(plain) as { stamp: number };
        state.stamp += 1;
        const [next, nonce] = [BigInt(state.stamp), crypto.getRandomValues(new Uint8Array(12))];
        const ciphertext = await crypto.subtle.encrypt(how(next, nonce), dataKey, new TextEncoder().encode(text));
        const again = new Uint8Array(21 + ciphertext.byteLength);
        again[0] = 1;
        new DataView(again.buffer).setBigUint64(1, next, true);
        again.set(nonce, 9);
        again.set(new Uint8Array(ciphertext), 21);
        const work = database.transaction(["outbox", "state"], "readwrite");
        work.objectStore("outbox").put(again, key);
        work.objectStore("state").put(JSON.stringify(state), "state");
        await new Promise((resolve, reject) => {
          work.oncomplete = resolve;
          work.onabort = () => reject(work.error);
        });
        database.close();
      },
      [this.name, userId, key, field] as const,
    );
  }

  /** Tells the other pages that the store has changed. */
  async hint(): Promise<void> {
    await this.page.evaluate((name) => new BroadcastChannel(name).postMessage("stored"), this.name);
  }

  /** Counts from now on how often a page says that it has stored something. */
  async countHints(): Promise<() => Promise<number>> {
    await this.page.evaluate((name) => {
      const heard = { count: 0 };
      Object.assign(window, { heard });
      new BroadcastChannel(name).onmessage = () => (heard.count += 1);
    }, this.name);
    return () => this.page.evaluate(() => (window as unknown as { heard: { count: number } }).heard.count);
  }

  /** Puts all of it, the key too, where another user's is kept. */
  async copyTo(userId: string): Promise<void> {
    await this.page.evaluate(
      async ([name, other, stores]) => {
        const done = <T>(request: IDBRequest<T>) =>
          new Promise<T>((resolve, reject) => {
            request.onsuccess = () => resolve(request.result);
            request.onerror = () => reject(request.error);
          });
        const from = await done(indexedDB.open(name));
        const opening = indexedDB.open(other, from.version);
        opening.onupgradeneeded = () => {
          for (const store of stores) opening.result.createObjectStore(store);
        };
        const to = await done(opening);
        for (const store of stores) {
          const rows = from.transaction(store).objectStore(store);
          const [keys, values] = await Promise.all([done(rows.getAllKeys()), done(rows.getAll())]);
          const copy = to.transaction(store, "readwrite").objectStore(store);
          await Promise.all(keys.map((key, index) => done(copy.put(values[index], key))));
        }
        from.close();
        to.close();
      },
      [this.name, `hunt-${userId}`, STORES] as const,
    );
  }

  /** Puts blobs under their keys. */
  async put(store: StoreName, blobs: Record<string, number[]>): Promise<void> {
    await this.page.evaluate(
      async ([name, store, blobs]) => {
        const database = await new Promise<IDBDatabase>((resolve, reject) => {
          const request = indexedDB.open(name);
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        const work = database.transaction(store, "readwrite");
        for (const [key, blob] of Object.entries(blobs)) work.objectStore(store).put(Uint8Array.from(blob), key);
        await new Promise((resolve, reject) => {
          work.oncomplete = resolve;
          work.onabort = () => reject(work.error);
        });
        database.close();
      },
      [this.name, store, blobs] as const,
    );
  }
}

/** The shard in which an application is kept. */
export function shardOf(id: string): string {
  const number = Number.parseInt(id.slice(-2), 16) & 63;
  return `application/${String(number).padStart(2, "0")}`;
}
