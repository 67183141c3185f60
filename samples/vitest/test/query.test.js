import { describe, expect, it, test } from 'vitest';
import { format_query, parse_query } from '../src/query.js';

describe('parse_query', () => {
  it.each([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['?a=1', { a: '1' }],
    ['flag', { flag: '' }],
    ['a=x+y', { a: 'x y' }],
  ])('reads %s', (text, fields) => {
    expect(parse_query(text)).toEqual(fields);
  });

  describe('repeated names', () => {
    it('become a list', () => {
      expect(parse_query('a=1&a=2&a=3')).toEqual({ a: ['1', '2', '3'] });
    });
  });

  it.skip('reads nested names', () => {});
  it.todo('limits the number of fields');
});

test('format_query is the inverse', () => {
  const fields = { 'a b': '1', c: ['x', 'y'] };
  expect(parse_query(format_query(fields))).toEqual(fields);
});
