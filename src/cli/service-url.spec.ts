import { describe, expect, it } from '@jest/globals';
import { serviceUrl } from './service-url.js';

describe('serviceUrl', () => {
  it.each([
    'http://127.0.0.1:7654',
    'http://localhost:1',
    'http://[::1]:2',
    'http://127.9.9.9:3',
    'https://a.example',
  ])('takes %s as it is', (url) => expect(serviceUrl(url, undefined)).toBe(url));

  it.each(['http://example.com', 'http://127.0.0.1.example.com', 'localhost:1', ''])('refuses "%s"', (url) =>
    expect(() => serviceUrl(url, undefined)).toThrow(`given "${url}", allowed is http://`),
  );

  it('is where the settings tell the service to listen', () => {
    expect(serviceUrl(undefined, { host: '127.0.0.1', port: 7654 })).toBe('http://127.0.0.1:7654');
    expect(serviceUrl(undefined, { host: '::1', port: 80 })).toBe('http://[::1]:80');
    expect(serviceUrl(undefined, { host: '0.0.0.0', port: 80 })).toBe('http://127.0.0.1:80');
  });

  it('cannot be known where the service takes any free port', () => {
    expect(() => serviceUrl(undefined, { host: '127.0.0.1', port: 0 })).toThrow('--url');
  });
});
