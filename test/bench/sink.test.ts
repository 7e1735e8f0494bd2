import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Sink, startSink } from '../../bench/sink/start.js';
import { temporaryFolder } from '../world/folder.js';

const md5 = (text: string) => createHash('md5').update(text).digest('base64');

describe('the S3 server of the bench', () => {
  let sink: Sink;
  let source: string;
  beforeEach(async () => {
    sink = await startSink();
    source = temporaryFolder('bench-sink');
    writeFileSync(join(source, 'f'), 'content');
  });
  afterEach(() => sink.stop());

  const put = (key: string, body: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${sink.port}/bucket/${key}`, { method: 'PUT', body, headers });

  test('a bucket with the same names, sizes and digests has no difference', async () => {
    await put('f', 'content');
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
    expect(await sink.puts()).toBe(1);
  });

  test.each([
    ['f has other content', () => put('f', 'CONTENT')],
    ['f has 3 bytes instead of 7', () => put('f', 'con')],
    ['g is in the bucket alone', () => put('g', '')],
    ['f is missing', () => undefined],
  ])('finds that %s', async (difference, change) => {
    await change();
    expect(await sink.differenceOf(source, 'bucket')).toBe(difference);
  });

  test('an upload in parts is compared part by part', async () => {
    const url = `http://127.0.0.1:${sink.port}/bucket/f`;
    const begun = await fetch(`${url}?uploads`, { method: 'POST' });
    const id = /<UploadId>(.*)<\/UploadId>/.exec(await begun.text())?.[1];
    for (const [number, body] of [
      [2, 'ent'],
      [1, 'cont'],
    ] as const)
      await fetch(`${url}?partNumber=${number}&uploadId=${id}`, { method: 'PUT', body });
    await fetch(`${url}?uploadId=${id}`, { method: 'POST', body: '' });
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
    writeFileSync(join(source, 'f'), 'contENT');
    expect(await sink.differenceOf(source, 'bucket')).toBe('f has other content');
  });

  test('refuses content that is not what its Content-MD5 promises', async () => {
    expect((await put('f', 'content', { 'content-md5': md5('content') })).status).toBe(200);
    expect((await put('f', 'CONTENT', { 'content-md5': md5('content') })).status).toBe(400);
  });

  test('takes content in the encoding aws-chunked', async () => {
    const body =
      '4;chunk-signature=00\r\ncont\r\n3;chunk-signature=00\r\nent\r\n0;chunk-signature=00\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n';
    const { headers } = await put('f', body, { 'x-amz-decoded-content-length': '7' });
    expect(headers.get('etag')).toBe('"9a0364b9e99bb480dd25e1f0284c8555"');
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
    expect((await put('f', 'content')).status, 'the connection goes on').toBe(200);
  });

  test('keeps an object that If-None-Match protects', async () => {
    expect((await put('f', 'content', { 'if-none-match': '*' })).status).toBe(200);
    expect((await put('f', 'CONTENT', { 'if-none-match': '*' })).status).toBe(412);
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
  });

  test("skips longshore's own objects, and returns their content", async () => {
    await put('f', 'content');
    await put('.longshore/lease', 'held');
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
    const answer = await fetch(`http://127.0.0.1:${sink.port}/bucket/.longshore/lease`);
    expect(await answer.text()).toBe('held');
    const part = await fetch(`http://127.0.0.1:${sink.port}/bucket/.longshore/lease`, {
      headers: { range: 'bytes=1-2' },
    });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1-2/4']);
    expect(await part.text()).toBe('el');
  });

  test('copies objects', async () => {
    await put('e', 'content');
    const copied = await put('f', '', { 'x-amz-copy-source': '/bucket/e' });
    expect(await copied.text()).toContain('<CopyObjectResult>');
    expect(await sink.differenceOf(source, 'bucket')).toBe('e is in the bucket alone');
    await fetch(`http://127.0.0.1:${sink.port}/bucket/e`, { method: 'DELETE' });
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
    expect((await put('f', '', { 'x-amz-copy-source': '/bucket/none' })).status).toBe(404);
  });

  test('forgets deleted objects', async () => {
    await put('f', 'content');
    await fetch(`http://127.0.0.1:${sink.port}/bucket/f`, { method: 'DELETE' });
    rmSync(join(source, 'f'));
    expect(await sink.differenceOf(source, 'bucket')).toBeUndefined();
  });
});
