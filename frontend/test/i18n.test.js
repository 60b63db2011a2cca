import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

import { addMessages, browserLanguage, hasMessage, onLanguageChange, t, useMessages } from '../src/utils/i18n.js';

const SOURCE = new URL('../src/', import.meta.url);
/** @param {string} name @returns {Record<string, string>} the words of every page */
const table = (name) => {
  const files = readdirSync(new URL('locales/', SOURCE), { recursive: true, encoding: 'utf8' });
  const tables = files.filter((file) => path.basename(file) === `${name}.json`)
    .map((file) => Object.entries(JSON.parse(readFileSync(new URL(`locales/${file}`, SOURCE), 'utf8'))));
  const keys = tables.flat().map(([key]) => key);
  assert.equal(new Set(keys).size, keys.length, 'no message stands in two files');
  return Object.fromEntries(tables.flat());
};
const en = table('en');
const ko = table('ko');

/** @param {string} text */
const placeholders = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();

test('both languages have the same messages', () => {
  assert.deepEqual(Object.keys(ko).sort(), Object.keys(en).sort());
});

test('both languages fill in the same values', () => {
  for (const key of Object.keys(en)) assert.deepEqual(placeholders(ko[key]), placeholders(en[key]), key);
});

test('no message is empty', () => {
  for (const messages of [en, ko]) {
    for (const [key, text] of Object.entries(messages)) assert.notEqual(text.trim(), '', key);
  }
});

test('every message that the code names exists, and every message is named', () => {
  const code = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .map((name) => readFileSync(path.join(SOURCE.pathname, name), 'utf8'))
    .join('\n');
  const named = [...code.matchAll(/\bt\(\s*'([\w.]+)'/g)].map(([, key]) => key);
  for (const key of named) assert.ok(key in en || `${key}_other` in en, `${key} has no words`);
  const families = [...code.matchAll(/`([a-z_.]+\.)\$\{/g)].map(([, prefix]) => prefix);
  for (const key of Object.keys(en)) {
    const plain = key.replace(/_(one|other)$/, '');
    const used = code.includes(`'${plain}'`) || families.some((prefix) => key.startsWith(prefix));
    assert.ok(used, `${key} is used nowhere`);
  }
});

test('values are filled in and plural forms chosen', () => {
  useMessages('en', en);
  assert.equal(t('document.pages', { count: 1 }), '1 page');
  assert.equal(t('document.pages', { count: 3 }), '3 pages');
  useMessages('ko', ko);
  assert.equal(t('document.pages', { count: 1 }), '1쪽');
});

test('an unknown message shows its key rather than nothing', () => {
  useMessages('en', en);
  assert.equal(t('no.such'), 'no.such');
  assert.equal(hasMessage('no.such'), false);
});

test('words of a lazy page are there in the language of now, and after another is chosen', () => {
  useMessages('ko', { own: '자기' });
  addMessages({ en: { 'page.word': 'word' }, ko: { 'page.word': '낱말' } });
  assert.equal(t('page.word'), '낱말');
  useMessages('en', { own: 'own' });
  assert.deepEqual([t('page.word'), t('own')], ['word', 'own']);
});

test('the browser chooses the language', () => {
  assert.equal(browserLanguage(['ko-KR', 'en']), 'ko');
  assert.equal(browserLanguage(['fr', 'ko']), 'ko');
  assert.equal(browserLanguage(['fr']), 'en');
  assert.equal(browserLanguage([]), 'en');
});

test('listeners hear of a change until they unsubscribe', () => {
  let heard = 0;
  const stop = onLanguageChange(() => (heard += 1));
  useMessages('en', en);
  stop();
  useMessages('ko', ko);
  assert.equal(heard, 1);
});
