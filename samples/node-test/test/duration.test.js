import assert from 'node:assert/strict';
import test from 'node:test';
import { parse_duration, format_duration } from '../src/duration.js';

test('units', async (t) => {
  for (const [text, expected] of [['250ms', 250], ['90s', 90_000], ['1h30m', 5_400_000]]) {
    await t.test(text, () => assert.equal(parse_duration(text), expected));
  }
});

test('text that is no duration', () => {
  for (const text of ['', '5', '5 m', 'm5']) assert.throws(() => parse_duration(text), SyntaxError);
});

test('short durations are written in their own unit', () => {
  assert.equal(format_duration(20), '20ms');
  assert.equal(format_duration(1500), '1.5s');
});
