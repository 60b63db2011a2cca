import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { openBrowser } from './support/browser.js';

/** @type {typeof import('../src/utils/markdown.js')} */
let markdown;
/** @type {typeof import('../src/utils/citation_marks.js')} */
let citations;

before(async () => {
  openBrowser();
  markdown = await import('../src/utils/markdown.js');
  citations = await import('../src/utils/citation_marks.js');
});

/** @param {string} text */
function render(text) {
  const box = document.createElement('div');
  box.append(markdown.renderMarkdown(text));
  return box;
}

test('Markdown becomes elements', () => {
  const box = render('# 제목\n\n**굵게** 그리고 `code`\n\n| a | b |\n| - | - |\n| 1 | 2 |');
  assert.equal(box.querySelector('h2')?.textContent, '제목');
  assert.equal(box.querySelector('strong')?.textContent, '굵게');
  assert.equal(box.querySelectorAll('td').length, 2);
});

test('raw HTML is shown as the text that it is', () => {
  const box = render('<img src=x onerror=alert(1)> <script>alert(1)</script>\n\n<div onclick="x">a</div>');
  assert.equal(box.querySelector('img, script, div'), null);
  assert.match(box.textContent ?? '', /<img src=x onerror=alert\(1\)>/);
});

test('no attribute that acts and no address that acts is left', () => {
  const attacks = [
    '[a](javascript:alert(1))',
    '[a](JaVaScRiPt:alert(1))',
    '[a](data:text/html,<script>alert(1)</script>)',
    '[a](vbscript:x)',
    '<a href="javascript:alert(1)" onmouseover="alert(1)">a</a>',
    '[a](&#106;avascript:alert(1))',
    '![x](x" onerror="alert(1))',
    '```html"><img src=x onerror=alert(1)>\nx\n```',
    '<svg><style><img src=x onerror=alert(1)></style></svg>',
    '<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>',
    '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
    '<form action="/api/v1/auth/logout"><button>x</button></form>',
  ];
  for (const attack of attacks) {
    const box = render(attack);
    for (const element of box.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        assert.doesNotMatch(name, /^on|^style$|^id$|^class$|^src/, attack);
        assert.doesNotMatch(value, /^\s*(javascript|data|vbscript):/i, attack);
      }
    }
    assert.equal(box.querySelector('script, iframe, form, svg, math, img, style, button'), null, attack);
  }
});

test('an image is its words: nothing is fetched from elsewhere', () => {
  const box = render('![그림 1](https://elsewhere.example/pixel.png)');
  assert.equal(box.querySelector('img'), null);
  assert.equal(box.textContent?.trim(), '그림 1');
});

test('links open elsewhere and give nothing away', () => {
  const link = render('[a](https://example.org)').querySelector('a');
  assert.equal(link?.getAttribute('target'), '_blank');
  assert.match(link?.getAttribute('rel') ?? '', /noopener noreferrer/);
});

test('code keeps its language for the highlighter', () => {
  const pre = render('```python\nprint(1)\n```').querySelector('pre');
  assert.equal(pre?.dataset.language, 'python');
  assert.equal(pre?.textContent, 'print(1)');
});

test('while a text grows, its finished blocks stay the same', () => {
  const text = 'one\n\ntwo\n\n- a\n- b\n\nthree';
  const all = markdown.markdownBlocks(text).map(({ raw }) => raw.trim());
  const part = markdown.markdownBlocks(text.slice(0, 12)).map(({ raw }) => raw.trim());
  assert.deepEqual(part.slice(0, 2), all.slice(0, 2));
});

test('marks become nodes, outside of code and links, known numbers alone', () => {
  const box = render('A [1] and [2][1] not [9].\n\n`x[1]` [link [1]](https://example.org)');
  citations.replaceCitationMarks(box, (n) => {
    if (n === 9) return null;
    const chip = document.createElement('b');
    chip.textContent = `#${n}`;
    return chip;
  });
  assert.deepEqual([...box.querySelectorAll('b')].map((chip) => chip.textContent), ['#1', '#2', '#1']);
  assert.match(box.textContent ?? '', /not \[9\]/);
  assert.equal(box.querySelector('code')?.textContent, 'x[1]');
});

test('a text without its marks reads on', () => {
  assert.equal(citations.withoutCitationMarks('A is so [1]. B too [2][3].'), 'A is so. B too.');
});
