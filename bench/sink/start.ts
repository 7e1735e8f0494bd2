import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { sizesBelow } from '../tree.js';

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));

export interface SinkOptions {
  /** Objects in the bucket "bench" from the beginning, as the files of a tree. Default: 0. */
  readonly objects?: number;
  /** Bytes of each of them. Default: 0. */
  readonly objectBytes?: number;
  /** How long each page of a listing takes, in milliseconds. Default: 0. */
  readonly pageDelayMs?: number;
  /** True: a digest that the client declares is believed, not computed again. Default: false. */
  readonly trustsDigests?: boolean;
  /** Whose API it has. Default: S3. */
  readonly api?: 's3' | 'azure' | 'google' | 'b2';
  /** An address of this machine at which it listens. Default: 127.0.0.1. */
  readonly address?: string;
}

/** The server in a process of its own. */
export interface Sink {
  readonly port: number;
  /** Returns how many objects and parts were put, without longshore's own. */
  puts(): Promise<number>;
  /** Returns the first difference between a folder and a bucket; undefined when names, sizes and digests are equal. */
  differenceOf(source: string, bucket: string): Promise<string | undefined>;
  stop(): void;
}

export async function startSink(options: SinkOptions = {}): Promise<Sink> {
  const { objects = 0, objectBytes = 0, pageDelayMs = 0, trustsDigests = false } = options;
  const { api = 's3', address = '127.0.0.1' } = options;
  const digests = trustsDigests ? 'trust' : 'hash';
  const args = [SERVER, ...[objects, pageDelayMs, digests, objectBytes, api, address].map(String)];
  const server = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const port = await new Promise<number>((resolve, reject) => {
    server.stdout.once('data', (line) => resolve(Number(String(line).trim())));
    server.once('error', reject);
    server.once('exit', () => reject(new Error('the server ended')));
  });
  const ask = async (question: string) => {
    const [answer] = await once(get(`http://${address}:${port}/-/${question}`), 'response');
    return text(answer);
  };
  const digestOf = digestsOfParts();
  return {
    port,
    puts: async () => Number(await ask('puts')),
    differenceOf: async (source, bucket) => difference(source, await ask(bucket), digestOf),
    stop: () => void server.kill(),
  };
}

type Line = readonly [key: string, size: number, parts: readonly (readonly [number, string])[]];
/** `like`: a digest of the same kind. */
type DigestOf = (file: string, from: number, size: number, like: string) => string;

function difference(source: string, lines: string, digestOf: DigestOf): string | undefined {
  const wanted = new Map(sizesBelow(source));
  for (const line of lines.split('\n').filter(Boolean)) {
    const [key, size, parts] = JSON.parse(line) as Line;
    if (!wanted.has(key)) return `${key} is in the bucket alone`;
    if (wanted.get(key) !== size) return `${key} has ${size} bytes instead of ${wanted.get(key)}`;
    wanted.delete(key);
    let from = 0;
    for (const [bytes, digest] of parts) {
      if (digestOf(join(source, key), from, bytes, digest) !== digest)
        return `${key} has other content`;
      from += bytes;
    }
  }
  const [missing] = wanted.keys();
  return missing === undefined ? undefined : `${missing} is missing`;
}

/** Returns hex digests of ranges of files. Large ones are computed once: no file changes while a row runs. */
function digestsOfParts(): DigestOf {
  const known = new Map<string, string>();
  return (file, from, size, like) => {
    const algorithm = like.length === 40 ? 'sha1' : 'md5';
    const name = `${file} ${from} ${size} ${algorithm}`;
    const digest = known.get(name) ?? digestOfRange(file, from, size, algorithm);
    if (size >= 2 ** 20) known.set(name, digest);
    return digest;
  };
}

const chunk = Buffer.alloc(2 ** 20);

function digestOfRange(path: string, from: number, size: number, algorithm: string): string {
  const hash = createHash(algorithm);
  const file = openSync(path, 'r');
  try {
    for (let at = 0; at < size; ) {
      const length = readSync(file, chunk, 0, Math.min(chunk.length, size - at), from + at);
      if (length === 0) break;
      hash.update(chunk.subarray(0, length));
      at += length;
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
