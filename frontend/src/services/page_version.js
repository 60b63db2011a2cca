/**
 * Ask the server whether its page is another one than this: the runtime's name stands for every
 * other file's. What is no page of ours (a proxy's sign-in, an error) says nothing.
 * @param {AbortSignal} [signal]
 */
export async function isOutdated(signal = AbortSignal.timeout(10_000)) {
  const own = document.querySelector('script[src*="/static/runtime."]')?.getAttribute('src');
  const response = await fetch('/', { cache: 'no-cache', signal });
  const page = await response.text();
  return Boolean(own) && response.ok && page.includes('/static/runtime.') && !page.includes(String(own));
}

/**
 * Have the browser keep the page's own files; without HTTPS, and in some private windows, it cannot.
 * @param {() => void} onNewer called when those of a newer page are kept, too
 * @returns {Promise<ServiceWorkerRegistration | null>}
 */
export async function keepPage(onNewer) {
  if (!('serviceWorker' in navigator)) return null;
  try {
    const registration = await navigator.serviceWorker.register('/sw.js', { updateViaCache: 'none' });
    registration.addEventListener('updatefound', () => {
      const worker = registration.installing;
      worker?.addEventListener('statechange', () => {
        if (worker.state === 'installed' && registration.active) onNewer();
      });
    });
    return registration;
  } catch {
    return null;
  }
}

/**
 * Put the newer files into force, if they have been kept. Chromium gives up when the page is loaded
 * meanwhile, and hangs: so whoever reloads waits for this, but not for ever.
 * @param {ServiceWorkerRegistration} registration
 * @returns {Promise<void>}
 */
export function replaceKeptPage({ waiting }) {
  return new Promise((resolve) => {
    if (!waiting) return resolve();
    navigator.serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    setTimeout(resolve, 3000);
    waiting.postMessage('activate');
  });
}
