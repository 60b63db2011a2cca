import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { useMessages } from '../src/utils/i18n.js';
import { openBrowser } from './support/browser.js';

/** @type {typeof import('../src/services/api_client.js')} */
let api;
/** @type {typeof import('../src/utils/problem.js')} */
let problems;

before(async () => {
  openBrowser();
  api = await import('../src/services/api_client.js');
  problems = await import('../src/utils/problem.js');
});

/** @param {'en' | 'ko'} name */
const words = (name) => JSON.parse(readFileSync(new URL(`../src/locales/${name}.json`, import.meta.url), 'utf8'));

/** @type {['en' | 'ko', string][]} */
const SAID = [
  ['en', 'Too many requests. Try again in 42 s.'],
  ['ko', '요청이 너무 많습니다. 42초 뒤에 다시 시도하세요.'],
];
for (const [name, said] of SAID) {
  test(`who asks too often is told when to try again (${name})`, async () => {
    useMessages(name, words(name));
    const envelope = { success: false, message: 'words', error: 'x', error_code: 'RATE_LIMITED', request_id: 'r-1' };
    globalThis.fetch = async () => Response.json(envelope, { status: 429, headers: { 'Retry-After': '42' } });
    const thrown = await api.send('/search').catch((/** @type {unknown} */ error) => error);
    const problem = problems.toProblem(thrown);
    assert.equal(problems.problemText(problem), said);
    assert.equal(problem.retryable, true);
  });
}
