import { createCipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { contentClassOf } from '../../src/sync/content-class.js';

const text = readFileSync(new URL('../../../README.md', import.meta.url));
const program = readFileSync(process.execPath).subarray(0, 1024 * 1024);

function encrypted(content: Uint8Array): Buffer {
  const cipher = createCipheriv('aes-256-ctr', randomBytes(32), randomBytes(16));
  return Buffer.concat([cipher.update(content), cipher.final()]);
}

describe('content class', () => {
  test('ciphertext of anything longer than a few lines is random', () => {
    fc.assert(
      fc.property(fc.integer({ min: 200, max: 40_000 }), (length) => {
        const bytes = encrypted(Buffer.alloc(length, text));
        bytes.write('Salted__'); // one in six thousand would begin as a readable format does
        expect(contentClassOf(bytes)).toBe('random');
      }),
    );
    expect(contentClassOf(Buffer.concat([Buffer.from('Salted__'), encrypted(text)]))).toBe(
      'random',
    );
  });

  test('text, programs, base64 and compressed files are ordinary', () => {
    const compressed = [gzipSync(text), gzipSync(program)];
    for (const content of [
      text,
      program,
      Buffer.from(randomBytes(9_000).toString('base64')),
      ...compressed,
    ])
      expect(contentClassOf(content)).toBe('ordinary');
    const jpeg = Buffer.concat([Buffer.from('ffd8ffe0', 'hex'), randomBytes(20_000)]);
    const mp4 = Buffer.concat([Buffer.from('0000001866747970', 'hex'), randomBytes(20_000)]);
    expect([contentClassOf(jpeg), contentClassOf(mp4)]).toEqual(['ordinary', 'ordinary']);
  });

  test('compressed data without a known beginning is not called ordinary for certain, but never blank', () => {
    for (const content of [deflateSync(program), brotliCompressSync(text)])
      expect(contentClassOf(content)).not.toBe('blank');
  });

  test('empty content and one repeated byte are blank, and a few equal letters are plain', () => {
    expect(contentClassOf(Buffer.alloc(0))).toBe('blank');
    expect(contentClassOf(Buffer.alloc(4_096))).toBe('blank');
    expect(contentClassOf(Buffer.alloc(100_000, 0xff))).toBe('blank');
    expect(contentClassOf(Buffer.from('x'))).toBe('ordinary');
    expect(contentClassOf(Buffer.from('aaaa'))).toBe('ordinary');
  });

  test('short content is never random', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 127 }), (bytes) => {
        expect(contentClassOf(bytes)).not.toBe('random');
      }),
    );
  });
});
