import { expect, test, vi } from 'vitest';
import { fetch_query } from '../src/query.js';

test('the id reaches the loader', async () => {
  const load = vi.fn(async (id) => ({ id }));
  await expect(fetch_query(load, 'id=7')).resolves.toEqual({ id: '7' });
  expect(load).toHaveBeenCalledOnce();
});

test('what the loader throws is handed on', async () => {
  await expect(fetch_query(async () => Promise.reject(new Error('gone')), 'id=7')).rejects.toThrow('gone');
});
