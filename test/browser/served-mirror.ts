import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../world/eventually.js';
import { type LocalMirror, openLocalMirror } from '../world/mirror-in-a-folder.js';
import type { Program } from '../world/program.js';

/** A mirror whose daemon serves the status page. */
export interface ServedMirror extends LocalMirror {
  readonly program: Program;
  readonly port: number;
  /** As in `http://127.0.0.1:40123`. */
  readonly origin: string;
  /** The token that the daemon has made. */
  readonly token: string;
  /** Writes the configuration again, with these lines of the mirror and the same page. */
  configure(lines: string): void;
}

export interface ServedOptions {
  /** Further lines of the mirror, indented by four. */
  readonly mirror?: string;
  /** Further lines of `status`, indented by two. */
  readonly status?: string;
  /** Called before the daemon starts. */
  readonly prepare?: (mirror: LocalMirror) => void;
}

/** Starts the built program on a mirror, and waits until it serves the page. */
export async function serveMirror(options: ServedOptions = {}): Promise<ServedMirror> {
  const { mirror: lines = '', status = '', prepare = () => {} } = options;
  const port = await freePort();
  const listen = `status:\n  listen: "127.0.0.1:${port}"\n${status}`;
  const mirror = openLocalMirror(`${lines}${listen}`);
  prepare(mirror);
  const program = mirror.daemon();
  await eventually(() => expect(program.stderr()).toMatch(/status page (not )?served/));
  expect(program.stderr()).not.toContain('status page not served');
  const token = readFileSync(join(mirror.state, 'page-token'), 'utf8').trim();
  const configure = (next: string) => mirror.writeConfig(`${next}${listen}`);
  return { ...mirror, program, port, origin: `http://127.0.0.1:${port}`, token, configure };
}

/** A port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
