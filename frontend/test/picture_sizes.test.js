import assert from 'node:assert/strict';
import { test } from 'node:test';

import { drawnSize, sourceSet } from '../src/utils/picture_sizes.js';

/** @param {import('../src/shapes.js').Picture} picture @param {number} width */
const addressOf = (picture, width) => `/${picture.n}?${width}`;

test('a picture is drawn smaller and never larger', () => {
  assert.deepEqual(drawnSize({ n: 1, width: 1600, height: 1200 }, 320), { width: 320, height: 240 });
  assert.deepEqual(drawnSize({ n: 1, width: 250, height: 80 }, 320), { width: 250, height: 80 });
});

test('a very high one is as high as the server draws it', () => {
  assert.deepEqual(drawnSize({ n: 1, width: 1000, height: 10_000 }, 320), { width: 128, height: 1280 });
  assert.deepEqual(drawnSize({ n: 1, width: 1, height: 90_000 }, 320), { width: 1, height: 1280 });
});

test('the browser is told the true widths, each once', () => {
  assert.equal(sourceSet({ n: 7, width: 1600, height: 900 }, [320, 640], addressOf), '/7?320 320w, /7?640 640w');
  assert.equal(sourceSet({ n: 7, width: 500, height: 900 }, [320, 640, 1280], addressOf), '/7?320 320w, /7?640 500w');
  assert.equal(sourceSet({ n: 7, width: 200, height: 90 }, [320, 640], addressOf), '/7?320 200w');
});
