import assert from 'node:assert/strict';
import { test } from 'node:test';

import { EventStreamParser, readEvents } from '../src/services/event_stream.js';

/** @param {(string | Uint8Array)[]} pieces */
function streamOf(pieces) {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
}

/** @param {(string | Uint8Array)[]} pieces */
async function eventsOf(pieces) {
  const events = [];
  for await (const event of readEvents(streamOf(pieces))) events.push(event);
  return events;
}

const TEXT = 'event: token\ndata: {"text":"안녕 😀"}\n\n';

test('an event is read once its blank line has come', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push('event: token\ndata: 1\n'), []);
  assert.deepEqual(parser.push('\n'), [{ event: 'token', data: '1' }]);
});

test('pieces may end anywhere: every cut gives the same events', () => {
  for (let at = 0; at <= TEXT.length; at += 1) {
    const parser = new EventStreamParser();
    const events = [...parser.push(TEXT.slice(0, at)), ...parser.push(TEXT.slice(at))];
    assert.deepEqual(events, [{ event: 'token', data: '{"text":"안녕 😀"}' }], `cut at ${at}`);
  }
});

test('a piece may end inside a character', async () => {
  const bytes = new TextEncoder().encode(TEXT);
  for (let at = 0; at <= bytes.length; at += 1) {
    const [event] = await eventsOf([bytes.slice(0, at), bytes.slice(at)]);
    assert.deepEqual(event, { event: 'token', data: { text: '안녕 😀' } }, `cut at byte ${at}`);
  }
});

test('lines end with LF, CRLF or CR, a CRLF cut in two as well', () => {
  const parser = new EventStreamParser();
  const events = ['event: a\r', '\ndata: 1\r\n\r', '\nevent: b\rdata: 2\r\r', 'data: 3\n\n'].flatMap((piece) =>
    parser.push(piece),
  );
  assert.deepEqual(events, [
    { event: 'a', data: '1' },
    { event: 'b', data: '2' },
    { event: 'message', data: '3' },
  ]);
});

test('comments and unknown fields are passed over, several data lines are joined', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push(': ping\n\nid: 7\nretry: 5\ndata: a\ndata:b\ndata\n\n'), [
    { event: 'message', data: 'a\nb\n' },
  ]);
});

test('an event without data is none, and its name does not stick to the next', () => {
  const parser = new EventStreamParser();
  assert.deepEqual(parser.push('event: lost\n\ndata: x\n\n'), [{ event: 'message', data: 'x' }]);
});

test('an event that was cut off at the end of the stream is dropped', async () => {
  assert.deepEqual(await eventsOf(['data: 1\n\ndata: 2\n']), [{ event: 'message', data: 1 }]);
});

test('leaving the loop closes the connection', async () => {
  let cancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\n')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const _event of readEvents(body)) break;
  assert.equal(cancelled, true);
});

test('an aborted stream throws the abort', async () => {
  const reason = new DOMException('stop', 'AbortError');
  const body = new ReadableStream({ pull: (controller) => controller.error(reason) });
  await assert.rejects(async () => {
    for await (const _event of readEvents(body)) assert.fail('nothing comes');
  }, { name: 'AbortError' });
});
