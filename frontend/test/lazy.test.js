import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { Lazy, onLoadFailure } from '../src/utils/lazy.js';

afterEach(() => saveData(undefined));

/** @param {boolean | undefined} value */
function saveData(value) {
  Object.defineProperty(globalThis, 'navigator', {
    value: value === undefined ? {} : { connection: { saveData: value } },
    configurable: true,
  });
}

test('a module is fetched once, however often and however early it is asked for', async () => {
  let fetched = 0;
  const lazy = new Lazy(async () => ({ number: (fetched += 1) }));
  assert.equal(lazy.module, null);
  lazy.preload();
  const loaded = await Promise.all([lazy.load(), lazy.load()]);
  assert.deepEqual(loaded, [{ number: 1 }, { number: 1 }]);
  assert.equal(lazy.module, loaded[0]);
  assert.equal(lazy.load(), lazy.load());
  assert.equal(fetched, 1);
});

test('what could not be fetched is asked for again, and whoever listens hears of it', async () => {
  let fetched = 0;
  let failures = 0;
  const stop = onLoadFailure(() => (failures += 1));
  const lazy = new Lazy(async () => {
    fetched += 1;
    if (fetched === 1) throw new Error('offline');
    return 'module';
  });
  await assert.rejects(lazy.load(), /offline/);
  assert.equal(lazy.module, null);
  assert.equal(await lazy.load(), 'module');
  assert.equal(failures, 1);
  stop();
  await assert.rejects(new Lazy(() => Promise.reject(new Error('gone'))).load(), /gone/);
  assert.equal(failures, 1);
});

test('a guess that fails is nobody’s error', async () => {
  const lazy = new Lazy(() => Promise.reject(new Error('offline')));
  lazy.preload();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(lazy.module, null);
});

test('nothing is fetched on a guess for those who save data', async () => {
  let fetched = 0;
  const lazy = new Lazy(async () => (fetched += 1));
  saveData(true);
  lazy.preload();
  assert.equal(fetched, 0);
  saveData(false);
  lazy.preload();
  assert.equal(await lazy.load(), 1);
});
