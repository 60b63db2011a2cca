import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { ariaKeys, isPressed, keyNames, SHORTCUTS } from '../src/utils/shortcuts.js';
import { matchesWords } from '../src/utils/word_match.js';
import { openBrowser } from './support/browser.js';
import { answer, fakeServer, refused, until } from './support/server.js';

/** @type {typeof import('../src/store/anything.js')} */
let store;

before(async () => {
  openBrowser();
  store = await import('../src/store/anything.js');
});

/** @param {object} fields @returns {KeyboardEvent} */
const press = (fields) => /** @type {any} */ ({ key: '', code: '', target: null, isComposing: false, repeat: false, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...fields });
const pc = { apple: false };
const mac = { apple: true };

test('Ctrl K is the command key and K on a Mac', () => {
  assert.ok(isPressed(press({ key: 'k', code: 'KeyK', ctrlKey: true }), 'palette', pc));
  assert.ok(isPressed(press({ key: 'k', code: 'KeyK', metaKey: true }), 'palette', mac));
  assert.ok(!isPressed(press({ key: 'k', code: 'KeyK', ctrlKey: true }), 'palette', mac));
  assert.ok(!isPressed(press({ key: 'K', code: 'KeyK', ctrlKey: true, shiftKey: true }), 'palette', pc));
  assert.ok(!isPressed(press({ key: 'k', code: 'KeyK' }), 'palette', pc));
  assert.deepEqual([keyNames('palette', false), keyNames('palette', true)], [[['Ctrl', 'K']], [['⌘', 'K']]]);
  assert.deepEqual([ariaKeys('palette', false), ariaKeys('move')], ['Control+K', 'ArrowUp ArrowDown']);
});

test('a Korean keyboard has K where it is, and another Latin one where it says', () => {
  assert.ok(isPressed(press({ key: 'ㅏ', code: 'KeyK', ctrlKey: true }), 'palette', pc));
  assert.ok(isPressed(press({ key: 'k', code: 'KeyV', ctrlKey: true }), 'palette', pc));
  assert.ok(!isPressed(press({ key: 't', code: 'KeyK', ctrlKey: true }), 'palette', pc));
});

test('a single sign is a shortcut where nobody types, unless it is switched off', () => {
  const field = document.createElement('input');
  assert.ok(isPressed(press({ key: '?', shiftKey: true, target: document.body }), 'shortcuts'));
  assert.ok(isPressed(press({ key: '/', target: document.body }), 'conversations'));
  assert.ok(!isPressed(press({ key: '/', target: field }), 'conversations'));
  assert.ok(!isPressed(press({ key: '/', target: document.body }), 'conversations', { single: false }));
  assert.ok(!isPressed(press({ key: '/', ctrlKey: true, target: document.body }), 'conversations'));
  assert.ok(!isPressed(press({ key: '/', isComposing: true, target: document.body }), 'conversations'));
});

test('each shortcut has a name of its own, and no two that work everywhere share keys', () => {
  assert.equal(new Set(SHORTCUTS.map(({ id }) => id)).size, SHORTCUTS.length);
  const everywhere = SHORTCUTS.filter(({ group }) => group === 'everywhere').map(({ keys }) => JSON.stringify(keys));
  assert.equal(new Set(everywhere).size, everywhere.length);
});

test('words are found in any order, and a syllable while it is being typed', () => {
  assert.ok(matchesWords('DARK theme', 'Theme: Dark'));
  assert.ok(!matchesWords('dark blue', 'Theme: Dark'));
  for (const typed of ['ㅅ', '서', '설', '설저', '설정']) assert.ok(matchesWords(typed, '설정'), typed);
  assert.ok(!matchesWords('섬', '설정'));
  assert.ok(matchesWords('', 'anything'));
});

test('conversations and documents are found together, and an older search changes nothing', async () => {
  /** @type {(response: Response) => void} */
  let release = () => {};
  const asked = fakeServer({
    'GET /conversations': (_body, url) =>
      url.searchParams.get('q') === 'old'
        ? new Promise((resolve) => (release = resolve))
        : answer([{ id: 'c' }], { next_cursor: null }),
    'GET /documents': () => answer([{ id: 'd' }], { next_cursor: null }),
  });
  const old = store.findAnything('old');
  await until(() => asked.length === 2);
  await store.findAnything('new');
  release(answer([{ id: 'late' }], { next_cursor: null }));
  await old;
  const { query, conversations, documents, state } = store.$anything.get();
  assert.deepEqual([query, conversations[0].id, documents[0].id, state], ['new', 'c', 'd', 'idle']);
  await store.findAnything('');
  assert.deepEqual(store.$anything.get(), { query: '', conversations: [], documents: [], state: 'idle' });
});

test('a search of chats and documents that fails says so', async () => {
  fakeServer({ 'GET /conversations': () => refused(500, 'INTERNAL_ERROR'), 'GET /documents': () => answer([]) });
  await store.findAnything('x');
  assert.equal(store.$anything.get().state, 'failed');
});
