import { expect, it } from '@jest/globals';
import { isLoopback } from './loopback.js';

it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.3.4', '::1', '[::1]'])('%s stays here', (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each([
  '',
  '0.0.0.0',
  '127.0.0.256',
  '127.0.0.1.evil.example',
  'localhost.evil.example',
  '128.0.0.1',
  '::',
  '127.1',
])('%s does not', (host) => {
  expect(isLoopback(host)).toBe(false);
});
