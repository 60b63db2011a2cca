import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';

/** Here no Content-Security-Policy helps: what is safe is so by the sanitiser alone. */

const CORPUS = JSON.parse(readFileSync(new URL('../../tests/fixtures/xss.json', import.meta.url), 'utf-8'));
const TEXTS = /** @type {string[]} */ ([...CORPUS.html, ...CORPUS.markdown, ...CORPUS.text]);
const LANGUAGES = ['bash', 'css', 'javascript', 'json', 'python', 'sql', 'xml', 'yaml'];
const TAGS = new Set(
  ('a blockquote br code del em h2 h3 h4 h5 h6 hr li ol p pre strong sub sup table tbody td th thead tr ul').split(' '),
);
/** @type {Record<string, RegExp>} what an attribute may say */
const ATTRIBUTES = {
  href: /^(https?:\/\/|mailto:)/,
  target: /^_blank$/,
  rel: /^noopener noreferrer nofollow$/,
  title: /^/,
  start: /^\d+$/,
  align: /^(left|right|center)$/,
  'data-language': /^\S*$/,
};

/** @type {typeof import('../src/utils/markdown.js')} */
let markdown;
/** @type {typeof import('../src/utils/highlight.js')} */
let highlighter;

before(async () => {
  openBrowser();
  markdown = await import('../src/utils/markdown.js');
  highlighter = await import('../src/utils/highlight.js');
});

/** @param {ParentNode} root @param {string} source */
function assertHarmless(root, source) {
  for (const element of root.querySelectorAll('*')) {
    assert.ok(TAGS.has(element.localName), `<${element.localName}> came of ${source}`);
    assert.equal(element.namespaceURI, 'http://www.w3.org/1999/xhtml', source);
    for (const { name, value } of element.attributes) {
      assert.ok(name in ATTRIBUTES, `${name}="${value}" came of ${source}`);
      assert.match(value, ATTRIBUTES[name], `${name} came of ${source}`);
    }
    if (element.localName === 'a') {
      assert.match(element.getAttribute('href') ?? '', ATTRIBUTES.href, `a link to nowhere came of ${source}`);
      assert.match(element.getAttribute('rel') ?? '', ATTRIBUTES.rel, source);
    }
  }
}

/** What a browser makes of the same nodes when it reads them again as HTML. @param {DocumentFragment} nodes */
function readAgain(nodes) {
  const box = document.createElement('div');
  box.append(nodes);
  return document.createRange().createContextualFragment(box.innerHTML);
}

test('the texts that attack are many, and each is there once', () => {
  assert.ok(TEXTS.length >= 60);
  assert.equal(new Set(TEXTS).size, TEXTS.length);
});

test('no text of a model becomes more than words, whatever it holds', () => {
  for (const text of TEXTS) {
    for (const source of [text, `> - before ${text} after`, `| a |\n| - |\n| **${text}** |`]) {
      assertHarmless(readAgain(markdown.renderMarkdown(source)), source);
    }
  }
});

test('nor does it on the way, when only a part of it has come', () => {
  for (const text of TEXTS) {
    for (const share of [0.35, 0.6, 0.85]) {
      const part = text.slice(0, Math.ceil(text.length * share));
      for (const block of markdown.markdownBlocks(part)) assertHarmless(readAgain(markdown.renderBlock(block)), part);
    }
  }
});

test('nor do all of them in one text', () => {
  assertHarmless(readAgain(markdown.renderMarkdown(TEXTS.join('\n\n'))), 'all of them');
});

test('what HTML says in an answer can be read', () => {
  for (const text of CORPUS.html) {
    const words = [...text].filter((sign) => /[a-z]/i.test(sign)).join('');
    const shown = markdown.renderMarkdown(`\`\`\`\n${text}\n\`\`\``).textContent ?? '';
    assert.equal([...shown].filter((sign) => /[a-z]/i.test(sign)).join(''), words);
  }
});

test('coloured code is spans with classes, and the same code', () => {
  const code = TEXTS.join('\n').replaceAll('\r', '').replaceAll('\0', '');
  for (const language of LANGUAGES) {
    const fragment = markdown.sanitizeHighlighted(highlighter.highlight(code, language) ?? '');
    assert.ok(fragment.querySelector('span'), language);
    for (const element of fragment.querySelectorAll('*')) {
      assert.equal(element.localName, 'span');
      for (const { name, value } of element.attributes) {
        assert.equal(name, 'class');
        assert.match(value, /^(hljs-[\w-]+|language-\w+|[a-z]+_)( [a-z]+_)*$/, language);
      }
    }
    assert.equal(fragment.textContent, code, language);
  }
});

test('a language that nobody has is none, also one of the names that every object knows', () => {
  for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '"><img', '']) {
    assert.equal(highlighter.highlight('ran()', name), null);
  }
});
