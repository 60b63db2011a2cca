/**
 * The page's words. A language is a lazy chunk of flat messages; `{name}` is filled in, and a
 * message with `_one` and `_other` forms is chosen by its `count`.
 */

import { Lazy } from './lazy.js';

/** @typedef {import('../shapes.js').Language} Language */
/** @typedef {{default: Record<string, string>}} Words */

export const LANGUAGES = /** @type {Language[]} */ (['ko', 'en']);

/** Each language in its own words: never translated. */
export const LANGUAGE_NAMES = { ko: '한국어', en: 'English' };

/** @type {Record<Language, Lazy<Words>>} */
const WORDS = {
  ko: new Lazy(() => import(/* webpackChunkName: "ko" */ '../locales/ko.json')),
  en: new Lazy(() => import(/* webpackChunkName: "en" */ '../locales/en.json')),
};

/** @type {Record<string, string>} */
let messages = {};
/** @type {Language} */
let current = 'en';
let plurals = new Intl.PluralRules('en');
/** @type {Set<() => void>} */
const listeners = new Set();

export function language() {
  return current;
}

/**
 * Choose a language from what the browser asks for.
 * @param {readonly string[]} [asked]
 * @returns {Language}
 */
export function browserLanguage(asked = globalThis.navigator?.languages ?? []) {
  for (const tag of asked) {
    const found = LANGUAGES.find((name) => tag.toLowerCase().split('-')[0] === name);
    if (found) return found;
  }
  return 'en';
}

/** @param {Language} name */
export async function loadLanguage(name) {
  useMessages(name, (await WORDS[name].load()).default);
}

/**
 * @param {Language} name
 * @param {Record<string, string>} table
 */
export function useMessages(name, table) {
  current = name;
  messages = table;
  plurals = new Intl.PluralRules(name);
  for (const listener of [...listeners]) listener();
}

/**
 * @param {() => void} listener called when the words have changed
 * @returns {() => void} unsubscribe
 */
export function onLanguageChange(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values) {
  const form = values && 'count' in values ? `${key}_${plurals.select(Number(values.count))}` : key;
  const text = messages[form] ?? messages[`${key}_other`] ?? messages[key] ?? key;
  return values ? text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole)) : text;
}

/**
 * @param {string} key
 * @returns {boolean} whether the language has words for it
 */
export function hasMessage(key) {
  return key in messages;
}
