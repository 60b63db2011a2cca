/** Each page is its own chunk; one promise a module, however often it is asked for. */

const LOADERS = {
  frame: () => import(/* webpackChunkName: "frame" */ '../pages/frame/frame.js'),
  chat: () => import(/* webpackChunkName: "chat" */ '../pages/chat/chat_page.js'),
  documents: () => import(/* webpackChunkName: "documents" */ '../pages/documents/documents_page.js'),
  sign_in: () => import(/* webpackChunkName: "sign-in" */ '../pages/sign_in/sign_in_page.js'),
};

/** @typedef {keyof typeof LOADERS} PageName */

/** @type {Map<PageName, Promise<unknown>>} */
const promises = new Map();

/**
 * @param {PageName} name
 * @param {Record<string, () => Promise<unknown>>} [loaders]
 */
export function loadPage(name, loaders = LOADERS) {
  let promise = promises.get(name);
  if (!promise) {
    promise = loaders[name]();
    promises.set(name, promise);
    // A chunk that could not be fetched is asked for again the next time.
    promise.catch(() => promises.delete(name));
  }
  return promise;
}
