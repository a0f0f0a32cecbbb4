// Keeps the app itself for when the network is away; what it shows and what waits to be sent is kept by the app (src/db.ts).
// Nothing under /api is ever kept here.
const SHELL = 'shell-1';
const PATIENCE = 2500; // ms that a page waits for a slow network before the kept one is shown

const partsOf = (html) => ['/manifest.webmanifest', '/icon-192.png', ...(html.match(/\/assets\/[^"']+/g) ?? [])];

async function keep(response) {
  const cache = await caches.open(SHELL);
  const html = await response.clone().text();
  const parts = partsOf(html);
  await Promise.all(
    parts.map(async (part) => {
      if (!(await cache.match(part))) await cache.add(part);
    }),
  );
  await cache.put('/', response);
  for (const request of await cache.keys()) {
    const path = new URL(request.url).pathname;
    if (path !== '/' && !parts.includes(path)) await cache.delete(request);
  }
}

async function page() {
  const cache = await caches.open(SHELL);
  const kept = await cache.match('/');
  const fresh = fetch('/', { cache: 'no-cache' }).then(async (response) => {
    if (response.ok) await keep(response.clone());
    return response;
  });
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([fresh.catch(() => kept), late]);
}

async function part(request) {
  return (await caches.match(request)) ?? fetch(request);
}

self.addEventListener('install', (event) => {
  event.waitUntil(
    fetch('/', { cache: 'no-cache' })
      .then(keep)
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== self.location.origin || url.pathname.startsWith('/api/')) return;
  if (event.request.mode === 'navigate') event.respondWith(page());
  else event.respondWith(part(event.request));
});

self.addEventListener('push', (event) => {
  const told = event.data?.json() ?? {};
  event.waitUntil(
    self.registration.showNotification('一键通', {
      body: told.text ?? '',
      icon: '/icon-192.png',
      badge: '/icon-192.png',
      tag: told.id ?? 'job', // the same message twice is shown once
      vibrate: [300, 100, 300, 100, 300],
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(
    self.clients
      .matchAll({ type: 'window' })
      .then((open) => (open[0] ? open[0].focus() : self.clients.openWindow('/'))),
  );
});
