// The service worker. Above this stands the line with `SITE`, which the server writes:
// {version, files: [[path, integrity]], places: [first part of a page's path]}.

const CACHES = "site-";
const CACHE = CACHES + SITE.version;
const PATHS = new Set(SITE.files.map(([path]) => path));
/** How long a page may let the user wait before the shell stands in for it. */
const PATIENCE_MS = 3000;

/** Whether no worker was here before: the pages that are open may be taken over at once. */
let first = false;

self.addEventListener("install", (event) => {
  first = !self.registration.active;
  event.waitUntil(keep());
});

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

// Never unasked: a page that is open works with the files that it began with.
self.addEventListener("message", (event) => {
  if (event.data?.type === "activate") self.skipWaiting();
  if (event.data?.type === "greet") event.waitUntil(meet(event));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.address));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    if (SITE.places.includes(url.pathname.split("/")[1])) event.respondWith(page(event));
    return;
  }
  const key = keptAs(url);
  if (key) event.respondWith(file(key, request));
});

/**
 * A page says what version it runs, and hears whether it is this one. A page of this version came
 * from the new server: there is nothing to reload, and where it is alone, nobody to ask.
 */
async function meet({ data, ports: [port] }) {
  const own = data.version === SITE.version;
  // At once: taking over may wait for what the old worker still has to do.
  port.postMessage(own);
  if (!own) return;
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (pages.length === 1) await self.skipWaiting();
}

/** A page that is open goes there; else one is opened. */
async function open(address) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find(({ url }) => SITE.places.includes(new URL(url).pathname.split("/")[1]));
  if (!page) return self.clients.openWindow(address);
  // Refused where nobody pressed anything.
  await page.focus().catch(() => undefined);
  page.postMessage({ type: "open", address });
}

function versioned(path) {
  return `${path}?v=${SITE.version}`;
}

/** Keeps every file of this version, or none. What does not have its hash is of another version. */
async function keep() {
  const wanted = SITE.files.map(
    ([path, integrity]) => new Request(versioned(path), { integrity, cache: "no-cache" }),
  );
  try {
    await (await caches.open(CACHE)).addAll(wanted);
  } catch (error) {
    await caches.delete(CACHE);
    throw error;
  }
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith(CACHES) && name !== CACHE).map((name) => caches.delete(name)),
  );
  // A page is asked for while this worker wakes up.
  await self.registration.navigationPreload?.enable();
  if (first) await self.clients.claim();
}

/**
 * The name under which an answer is kept, if it is. Code and style are answered to pages of this
 * version alone: the page of a newer server is not to run on them. Of the rest an older copy does
 * no harm.
 */
function keptAs(url) {
  if (!PATHS.has(url.pathname)) return undefined;
  const own = versioned(url.pathname);
  if (url.pathname + url.search === own) return own;
  return url.search === "" && !/\.(js|wasm|css)$/.test(url.pathname) ? own : undefined;
}

async function kept(key) {
  return (await caches.open(CACHE)).match(key, { ignoreVary: true });
}

async function file(key, request) {
  return (await kept(key)) ?? fetch(request);
}

/** The page as the server renders it; the shell where something else answers, or nothing in time. */
async function page(event) {
  const network = fromNetwork(event);
  // It may come too late for anybody to wait for it.
  event.waitUntil(network.catch(() => undefined));
  try {
    const answer = await Promise.race([network, patience()]);
    // A redirect shows nothing of itself.
    const ours = answer.type === "opaqueredirect" || answer.headers.has("x-job-hunt");
    if (ours && ![502, 503, 504].includes(answer.status)) return answer;
  } catch {
    // No network, or one that is too slow.
  }
  return (await kept(versioned("/shell"))) ?? network;
}

async function fromNetwork(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

function patience() {
  return new Promise((_, reject) => setTimeout(reject, PATIENCE_MS));
}
