import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import type { Backend } from '../../src/drivers/backend.js';
import { randomContent } from '../drivers/conformance/fixture.js';
import { openRemoteMirror, type RemoteMirror } from '../world/mirror-in-a-folder.js';
import { type Finished, summaryOf } from '../world/program.js';
import type { Dialect } from './dialect.js';
import { type Fault, type FaultProxy, startFaultProxy } from './fault-proxy.js';

/** A service that faults can be put in front of. */
export interface Storage {
  readonly dialect: Dialect;
  /** `http://host:port` of the service itself. */
  readonly origin: string;
  /** A target's settings, with the service at this address. */
  target(address: {
    readonly host: string;
    readonly port: number;
  }): Readonly<Record<string, unknown>>;
  /** A client of the service itself. */
  open(): Backend;
  close(): Promise<void>;
}

/** A service, a proxy in front of it that every test has for itself, and mirrors that go through the proxy. */
export interface Faulty {
  readonly dialect: Dialect;
  readonly proxy: FaultProxy;
  /** Past the proxy. */
  readonly direct: Backend;
  open(options?: {
    readonly nodeOptions?: readonly string[];
    readonly timeout?: string;
  }): RemoteMirror;
  /** Six small files in `folder`, and one that is streamed. */
  fill(mirror: RemoteMirror): void;
  /** An answer of the service's own kind. */
  refused(status: number, code: string, headers?: Readonly<Record<string, string>>): Fault;
  lying(): Fault;
  /** Nothing is different, and the records know it. */
  expectInSync(mirror: RemoteMirror): Promise<void>;
}

export const SMALL = Array.from({ length: 6 }, (_, at) => `folder/f${at}`);
export const LARGE = 'large';
export const MIB = 2 ** 20;

/** Names a group of tests over one service. Whatever a test scripts must have happened when it ends. */
export function describeFaults(
  title: string,
  openStorage: () => Promise<Storage>,
  tests: (at: Faulty) => void,
): void {
  describe(title, { timeout: 180_000 }, () => {
    let storage: Storage;
    let direct: Backend;
    let proxy: FaultProxy;

    beforeAll(async () => {
      storage = await openStorage();
      direct = storage.open();
    });
    beforeEach(async () => {
      proxy = await startFaultProxy(storage.origin, storage.dialect);
    });
    afterEach(async () => {
      await proxy.close();
      proxy.assertUsedUp();
    });
    afterAll(async () => {
      await direct.close();
      await storage.close();
    });

    tests({
      get dialect() {
        return storage.dialect;
      },
      get direct() {
        return direct;
      },
      get proxy() {
        return proxy;
      },
      open: ({ nodeOptions = [], timeout = '20s' } = {}) =>
        openRemoteMirror({
          target: { ...storage.target(proxy), timeout, multipart_threshold: '8MiB' },
          direct,
          // No timers: what happens is what a test asks for.
          mirror: '    rescan: 0\n    reconcile: 0\n',
          nodeOptions,
        }),
      fill({ source }) {
        mkdirSync(join(source, 'folder'));
        for (const name of SMALL) writeFileSync(join(source, name), randomContent(3000));
        writeFileSync(join(source, LARGE), randomContent(3 * MIB + 5));
      },
      refused: (status, code, headers = {}) => ({
        kind: 'answer',
        answer: storage.dialect.refusal(status, code, headers),
      }),
      lying: () => ({ kind: 'alter', alter: storage.dialect.wrongHash }),
      async expectInSync(mirror) {
        expect(await mirror.differences()).toEqual([]);
        const again = await mirror.longshore('--reconcile', '--json');
        expectDone(again, { uploaded: 0, copied: 0, deleted: 0, adopted: 0 });
      },
    });
  });
}

export function expectDone(run: Finished, counts: Readonly<Record<string, number>>): void {
  expect(run.code, `${run.stdout}\n${run.stderr}`).toBe(0);
  expect(summaryOf(run)).toMatchObject({ failed: 0, ...counts });
}
