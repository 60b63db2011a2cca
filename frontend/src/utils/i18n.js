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
/** Words that came with a lazy page. @type {Record<Language, Record<string, string>>} */
const ofPages = { ko: {}, en: {} };
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
  messages = { ...table, ...ofPages[name] };
  plurals = new Intl.PluralRules(name);
  for (const listener of [...listeners]) listener();
}

/**
 * Add the words of a page that few people open, so that nobody else fetches them.
 * @param {Record<Language, Record<string, string>>} tables
 */
export function addMessages(tables) {
  for (const name of LANGUAGES) Object.assign(ofPages[name], tables[name]);
  Object.assign(messages, tables[current]);
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
