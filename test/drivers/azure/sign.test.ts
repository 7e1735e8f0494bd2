import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareHeaders,
  rememberedOrder,
  sharedKey,
  stringToSign,
} from '../../../src/drivers/azure/sign.js';

const KEY = Buffer.from('key');

describe('Shared Key', () => {
  // The example of learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key, with a newer version.
  test('signs the lines of the documentation', () => {
    const request = {
      method: 'GET',
      path: '/mycontainer',
      query: { restype: 'container', comp: 'metadata', timeout: '20', prefix: undefined },
      headers: { 'x-ms-version': '2015-02-21', 'x-ms-date': 'Fri, 26 Jun 2015 23:39:12 GMT' },
      contentLength: 0,
    };
    expect(stringToSign(request, 'myaccount')).toBe(
      'GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20',
    );
    expect(sharedKey(request, { account: 'myaccount', key: KEY })).toMatch(
      /^SharedKey myaccount:[A-Za-z0-9+/]{43}=$/,
    );
  });

  test('signs the path in its form on the wire, and a query decoded', () => {
    const request = {
      method: 'PUT',
      path: '/acc/c/a%20b%25/%C3%A9',
      query: { Comp: 'block', blockid: 'a+b/c=' },
      headers: { 'content-md5': 'x', 'x-ms-meta-a': ' two \n lines ', 'if-none-match': '*' },
      contentLength: 17,
    };
    expect(stringToSign(request, 'acc').split('\n')).toEqual([
      ...['PUT', '', '', '17', 'x', '', '', '', '', '*', '', ''],
      'x-ms-meta-a:two lines',
      '/acc/acc/c/a%20b%25/%C3%A9',
      'blockid:a+b/c=',
      'comp:block',
    ]);
  });

  test('is the same whether the order of the headers is remembered or not', () => {
    const order = rememberedOrder();
    const names = fc.constantFrom('x-ms-date', 'x-ms-meta-a', 'x-ms-meta-a_b', 'range', 'x-ms-a-b');
    const headers = fc.dictionary(names, fc.string(), { noNullPrototype: true });
    fc.assert(
      fc.property(headers, (given) => {
        const request = { method: 'GET', path: '/c', query: {}, headers: given, contentLength: 1 };
        expect(stringToSign(request, 'acc', order)).toBe(stringToSign(request, 'acc'));
      }),
    );
  });

  test('orders headers as .NET does: without hyphens, "_" before digits and these before letters', () => {
    const sorted = ['x-ms-meta-a_b', 'x-ms-meta-a1', 'x-ms-meta-ab', 'x-ms-version'];
    expect([...sorted].reverse().sort(compareHeaders)).toEqual(sorted);
    const anyName = fc.string({ unit: fc.constantFrom('a', 'b', '-', '_', '0'), maxLength: 8 });
    fc.assert(
      fc.property(anyName, anyName, (a, b) => {
        expect(Math.sign(compareHeaders(a, b)) + Math.sign(compareHeaders(b, a))).toBe(0);
      }),
    );
  });
});
