import assert from 'node:assert/strict';
import { test } from 'node:test';

import { carriesFiles, droppedFiles, isWanted } from '../src/utils/dropped_files.js';

/** @param {string} name */
const fileEntry = (name) => ({
  name,
  isFile: true,
  file: (/** @type {(file: File) => void} */ resolve) => resolve(new File(['x'], name)),
});

/**
 * As browsers hand a folder out: a hundred entries at a time, and none when there are no more.
 * @param {string} name
 * @param {any[]} entries
 */
const folderEntry = (name, entries) => ({
  name,
  isFile: false,
  createReader() {
    let at = 0;
    return {
      readEntries(/** @type {(entries: any[]) => void} */ resolve) {
        resolve(entries.slice(at, (at += 100)));
      },
    };
  },
});

/** @param {any[]} entries @param {File[]} [files] @returns {any} */
const transfer = (entries, files = []) => ({
  types: ['Files'],
  items: entries.map((entry) => ({ kind: 'file', webkitGetAsEntry: () => entry })),
  files,
});

/** @param {any[]} entries */
const names = async (entries) => (await droppedFiles(transfer(entries))).map(({ name }) => name);

test('a folder of more than a hundred files is read to its end', async () => {
  const many = Array.from({ length: 250 }, (_, n) => fileEntry(`note ${n}.txt`));
  assert.deepEqual(await names([folderEntry('notes', many)]), many.map(({ name }) => name));
});

test('folders within folders are read, beside the files of the same drop', async () => {
  const deep = folderEntry('a', [folderEntry('b', [folderEntry('c', [fileEntry('deep.txt')]), folderEntry('empty', [])]), fileEntry('a.txt')]);
  assert.deepEqual((await names([fileEntry('one.txt'), deep])).sort(), ['a.txt', 'deep.txt', 'one.txt']);
});

test('what systems put into folders by themselves is left out, with all that lies in it', async () => {
  const unwanted = ['.DS_Store', 'Thumbs.db', 'desktop.ini', '.hidden'].map(fileEntry);
  const hidden = folderEntry('.git', [fileEntry('config.txt')]);
  assert.deepEqual(await names([folderEntry('notes', [...unwanted, hidden, fileEntry('thumbs.db.txt')])]), ['thumbs.db.txt']);
  assert.deepEqual(await names([fileEntry('.DS_Store')]), []);
});

test('a folder that was chosen by its button is no different', () => {
  /** @param {string} path */
  const at = (path) => isWanted(/** @type {any} */ ({ name: path.split('/').pop(), webkitRelativePath: path }));
  assert.ok(at('notes/deep/one.txt'));
  assert.ok(at('.notes/one.txt'), 'whoever chooses a folder means it');
  for (const path of ['notes/.git/config.txt', 'notes/.DS_Store', 'notes/deep/Thumbs.db', 'notes/.a/b/c.txt']) assert.ok(!at(path), path);
});

test('a browser that knows no entries hands out the files themselves', async () => {
  const files = [new File(['x'], 'one.txt'), new File(['x'], '.DS_Store')];
  const bare = { ...transfer([], files), items: [{ kind: 'file' }, { kind: 'string' }] };
  assert.deepEqual((await droppedFiles(bare)).map(({ name }) => name), ['one.txt']);
});

test('a folder that cannot be read is an error, not an empty folder', async () => {
  const broken = { name: 'broken', isFile: false, createReader: () => ({ readEntries: (/** @type {any} */ _, /** @type {any} */ reject) => reject(new Error('gone')) }) };
  await assert.rejects(names([broken]), /gone/);
});

test('only a drag that carries files is one', () => {
  assert.equal(carriesFiles(/** @type {any} */ ({ dataTransfer: { types: ['text/plain', 'Files'] } })), true);
  assert.equal(carriesFiles(/** @type {any} */ ({ dataTransfer: { types: ['text/plain'] } })), false);
  assert.equal(carriesFiles(/** @type {any} */ ({ dataTransfer: null })), false);
});
