/**
 * @typedef {object} Route
 * @property {import('./page_loader.js').PageName} page
 * @property {string} tag the page's element
 * @property {boolean} framed whether it stands in the frame of those who are signed in
 * @property {RegExp} pattern
 */
/** @typedef {{route: Route, params: Record<string, string>}} Match */

/** @type {Route[]} */
export const ROUTES = [
  { page: 'chat', tag: 'lo-chat-page', framed: true, pattern: /^\/(?:chat\/?)?$/ },
  { page: 'chat', tag: 'lo-chat-page', framed: true, pattern: /^\/chat\/(?<id>[^/]+)\/?$/ },
  { page: 'search', tag: 'lo-search-page', framed: true, pattern: /^\/search\/?$/ },
  { page: 'documents', tag: 'lo-documents-page', framed: true, pattern: /^\/documents\/?$/ },
  { page: 'documents', tag: 'lo-documents-page', framed: true, pattern: /^\/documents\/(?<id>[^/]+)\/?$/ },
  { page: 'evaluate', tag: 'lo-evaluate-page', framed: true, pattern: /^\/evaluate\/?$/ },
  { page: 'performance', tag: 'lo-performance-page', framed: true, pattern: /^\/performance\/?$/ },
  { page: 'settings', tag: 'lo-settings-page', framed: true, pattern: /^\/settings(?:\/(?<section>[^/]+))?\/?$/ },
  { page: 'sign_in', tag: 'lo-sign-in-page', framed: false, pattern: /^\/sign-in\/?$/ },
  { page: 'sign_in', tag: 'lo-sign-in-page', framed: false, pattern: /^\/(?<link>invite|reset)\/(?<token>[^/]+)\/?$/ },
];

/**
 * @param {string} path
 * @returns {Match | null}
 */
export function matchRoute(path) {
  for (const route of ROUTES) {
    const found = route.pattern.exec(path);
    if (!found) continue;
    const params = Object.entries(found.groups ?? {}).flatMap(([name, text]) => (text ? [[name, decode(text)]] : []));
    return { route, params: Object.fromEntries(params) };
  }
  return null;
}

/**
 * Only a path of this page may be gone to after signing in, never another site.
 * @param {string | null} path
 */
export function safePath(path) {
  return path && /^\/(?![/\\])/.test(path) && matchRoute(path.split(/[?#]/)[0]) ? path : '/';
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
