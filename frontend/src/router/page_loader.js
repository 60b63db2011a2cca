import { Lazy } from '../utils/lazy.js';

/** Each page is its own chunk. */
export const PAGES = {
  frame: new Lazy(() => import(/* webpackChunkName: "frame" */ '../pages/frame/frame.js')),
  chat: new Lazy(() => import(/* webpackChunkName: "chat" */ '../pages/chat/chat_page.js')),
  search: new Lazy(() => import(/* webpackChunkName: "search" */ '../pages/search/search_page.js')),
  documents: new Lazy(() => import(/* webpackChunkName: "documents" */ '../pages/documents/documents_page.js')),
  evaluate: new Lazy(() => import(/* webpackChunkName: "evaluate" */ '../pages/evaluate/evaluate_page.js')),
  performance: new Lazy(() => import(/* webpackChunkName: "performance" */ '../pages/performance/performance_page.js')),
  settings: new Lazy(() => import(/* webpackChunkName: "settings-page" */ '../pages/settings/settings_page.js')),
  sign_in: new Lazy(() => import(/* webpackChunkName: "sign-in" */ '../pages/sign_in/sign_in_page.js')),
};

/** @typedef {keyof typeof PAGES} PageName */
