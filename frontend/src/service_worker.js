/**
 * The service worker: the page's own files, so that it opens without a network. Nothing that the
 * API answers is ever kept here, and no page but ours: an account leaves no trace.
 */

import { clientsClaim } from 'workbox-core';
import { addPlugins, cleanupOutdatedCaches, matchPrecache, precache } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';
import { CacheFirst, NetworkOnly } from 'workbox-strategies';

/** How long to wait for a page before the one that is kept is shown. */
const PATIENCE_SECONDS = 4;
/** What a proxy says whose Like-Opt is away. */
const AWAY = [502, 503, 504];
const PAGE = '/';
const NOT_PAGES = [/^\/(?:api|mcp|static|v1)(?:\/|$)/, /\.[^/]*$/];

const worker = /** @type {any} */ (self);

// A page of another version names files that are not kept, and a proxy's sign-in is no page of ours.
addPlugins([
  {
    fetchDidSucceed: async ({ request, response }) => {
      const isPage = new URL(request.url).pathname === PAGE;
      if (isPage && !(await response.clone().text()).includes(SHELL.mark)) throw new Error('not this page');
      return response;
    },
  },
]);
precache(SHELL.files);
cleanupOutdatedCaches();

// The page itself is always asked for, so that a new version is seen at the next visit.
const page = new NetworkOnly({
  networkTimeoutSeconds: PATIENCE_SECONDS,
  plugins: [
    {
      fetchDidSucceed: async ({ response }) => {
        if (AWAY.includes(response.status)) throw new Error('away');
        return response;
      },
      handlerDidError: () => matchPrecache(PAGE),
    },
  ],
});
registerRoute(new NavigationRoute(page, { denylist: NOT_PAGES }));

// Files named by their content: what is not of the shell is kept when it has been used once, and goes
// with its version.
const USED = `used-${SHELL.mark}`;
const used = new CacheFirst({ cacheName: USED });
registerRoute(
  ({ sameOrigin, url }) => sameOrigin && url.pathname.startsWith('/static/'),
  async (asked) => (await matchPrecache(asked.request)) ?? used.handle(asked),
);

async function forgetOlder() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith('used') && name !== USED).map((name) => caches.delete(name)));
}

worker.addEventListener('install', (/** @type {any} */ event) => {
  // Where the browser can do so, what the API answers does not even pass by here.
  event.addRoutes?.([{ condition: { urlPattern: '/api/*' }, source: 'network' }]);
});
worker.addEventListener('activate', (/** @type {any} */ event) => {
  event.waitUntil(Promise.all([forgetOlder(), worker.registration.navigationPreload?.enable()]));
});
// Until somebody reloads, pages of the version before keep the files that they were built with.
worker.addEventListener('message', (/** @type {any} */ event) => {
  if (event.data === 'activate') worker.skipWaiting();
});
clientsClaim();
