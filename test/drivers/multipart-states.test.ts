import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesBody, streamBody } from '../../src/drivers/body.js';
import type { ObjectInfo } from '../../src/drivers/call.js';
import type { Multipart, Part, UploadToken } from '../../src/drivers/capabilities.js';
import { checksumOf } from '../../src/drivers/digest.js';
import { InvalidCredentialsError, StorageError } from '../../src/drivers/errors.js';
import { memoryBackend } from '../../src/drivers/memory/backend.js';
import { sendInParts } from '../../src/drivers/multipart.js';
import { faulty } from '../fakes/faulty-backend.js';
import { stateTableOf, type TableRow } from '../state-table.js';
import { call, plain, randomContent, readAll } from './conformance/fixture.js';

const ref = { container: 'c', key: 'large' };
const MIN = 64;
const CONTENT = randomContent(3 * MIN + 1);
const trouble = new StorageError('trouble', { driver: 'memory', retry: 'backoff' });
const refused = new StorageError('refused', { driver: 'memory' });
const credentials = new InvalidCredentialsError('refused', { driver: 'memory' });

/** The ETag of an object in parts says which parts these were, as at S3. */
async function rig() {
  const memory = memoryBackend({ partSize: { min: MIN, max: 16 * MIN, maxParts: 100 } });
  await memory.createContainer(ref.container, call);
  const { backend, faults } = faulty(memory);
  const etags = new Map<string, string>();
  const digests = (parts: readonly { readonly md5?: string }[]) =>
    parts.map(({ md5 }) => md5).join();
  const multipart: Multipart = {
    ...backend.capabilities.multipart!,
    etagOfParts: (_container, parts) => etags.get(digests(parts)) ?? 'of no object',
  };
  return {
    faults,
    etagOf: (info: ObjectInfo, parts: readonly Part[]) =>
      void etags.set(digests(parts), String(info.extra['etag'])),
    multipart: memory.capabilities.multipart!,
    stored: async () => readAll(await memory.readObject(ref, undefined, call)),
    /** Resolves with whether the body was sent. */
    send: (
      body = bytesBody(CONTENT),
      settings: Partial<Parameters<typeof sendInParts>[5]> = {},
      options = plain,
    ) =>
      sendInParts(backend, multipart, ref, body, options, {
        signal: call.signal,
        ...settings,
      }).then(
        () => true,
        () => false,
      ),
  };
}

type Rig = Awaited<ReturnType<typeof rig>>;

const keep = async () => undefined;
const stream = (content: Buffer) =>
  streamBody(
    (async function* () {
      yield content;
    })(),
  );
const otherMd5 = { ...plain, checksums: [checksumOf('md5', Buffer.from('other content'))] };

async function begin({ multipart }: Rig): Promise<UploadToken> {
  const token = await multipart.begin(ref, plain, call);
  await multipart.uploadPart(token, 1, bytesBody(CONTENT.subarray(0, MIN)), call);
  await multipart.uploadPart(token, 2, bytesBody(randomContent(MIN)), call);
  return token;
}

async function dropped(rig: Rig): Promise<UploadToken> {
  const token = await begin(rig);
  await rig.multipart.abort(token, call);
  return token;
}

/** What is done, whether it succeeds, the calls that it makes, and the uploads that are left at the provider. */
interface Case {
  readonly run: (rig: Rig) => Promise<boolean>;
  readonly done: boolean;
  readonly calls: string;
  readonly left: number;
}

const sends = 'uploadPart*4 complete';

const TABLE: readonly (readonly [...TableRow, ...Case[]])[] = [
  [
    'new',
    'no token',
    'beginning',
    { run: ({ send }) => send(), done: true, calls: `begin ${sends}`, left: 0 },
  ],
  [
    'new',
    'token, and the provider has the upload',
    'sending: missing and different parts only',
    {
      run: async (rig) =>
        rig.send(undefined, { partSize: MIN, resume: { keep, token: await begin(rig) } }),
      done: true,
      calls: 'uploadedParts uploadPart*3 complete',
      left: 0,
    },
  ],
  [
    'new',
    'token of a gone upload, the object is this body',
    'done: nothing is sent',
    {
      async run(rig) {
        const token = await dropped(rig);
        const again = await rig.multipart.begin(ref, plain, call);
        const parts = await Promise.all(
          [0, 1, 2, 3].map((at) =>
            rig.multipart.uploadPart(
              again,
              at + 1,
              bytesBody(CONTENT.subarray(at * MIN, (at + 1) * MIN)),
              call,
            ),
          ),
        );
        rig.etagOf(await rig.multipart.complete(again, parts, call), parts);
        return rig.send(undefined, { partSize: MIN, resume: { keep, token } });
      },
      done: true,
      calls: 'uploadedParts headObject',
      left: 0,
    },
  ],
  [
    'new',
    'token of a gone upload, no object is this body',
    'beginning',
    {
      run: async (rig) => rig.send(undefined, { resume: { keep, token: await dropped(rig) } }),
      done: true,
      calls: `uploadedParts headObject begin ${sends}`,
      left: 0,
    },
  ],
  [
    'beginning',
    'the stream ends within its first part',
    'done: put whole',
    {
      run: ({ send }) => send(stream(CONTENT.subarray(0, MIN - 1)), { partSize: MIN }),
      done: true,
      calls: 'putObject',
      left: 0,
    },
  ],
  [
    'beginning',
    'it fails',
    'failed: no upload to abort',
    {
      run({ send, faults }) {
        faults.next('begin', trouble);
        return send(undefined, { resume: { keep } });
      },
      done: false,
      calls: 'begin',
      left: 0,
    },
  ],
  [
    'beginning',
    'begun, and the token is not kept',
    'aborted',
    {
      run: ({ send }) =>
        send(undefined, { resume: { keep: () => Promise.reject(new Error('disk full')) } }),
      done: false,
      calls: 'begin abort',
      left: 0,
    },
  ],
  [
    'beginning',
    'begun, and the token is kept',
    'sending: all parts',
    {
      run: ({ send }) => send(undefined, { resume: { keep } }),
      done: true,
      calls: `begin ${sends}`,
      left: 0,
    },
  ],
  [
    'sending',
    'all parts are there',
    'completing',
    {
      async run(rig) {
        const token = await begin(rig);
        for (const at of [1, 2, 3])
          await rig.multipart.uploadPart(
            token,
            at + 1,
            bytesBody(CONTENT.subarray(at * MIN, (at + 1) * MIN)),
            call,
          );
        return rig.send(undefined, { partSize: MIN, resume: { keep, token } });
      },
      done: true,
      calls: 'uploadedParts complete',
      left: 0,
    },
  ],
  [
    'sending',
    'it fails, or the MD5 is not the expected one',
    'kept where it can be resumed, else aborted',
    {
      run({ send, faults }) {
        for (const fault of [undefined, undefined, undefined, trouble])
          faults.next('uploadPart', fault);
        return send(undefined, { resume: { keep } });
      },
      done: false,
      calls: 'begin uploadPart*4',
      left: 1,
    },
    {
      run: ({ send }) => send(undefined, { resume: { keep } }, otherMd5),
      done: false,
      calls: 'begin uploadPart*4',
      left: 1,
    },
    {
      run: ({ send }) => send(undefined, {}, otherMd5),
      done: false,
      calls: 'begin uploadPart*4 abort',
      left: 0,
    },
    {
      run: ({ send }) => send(stream(CONTENT), { partSize: MIN, resume: { keep } }, otherMd5),
      done: false,
      calls: 'begin uploadPart*4 abort',
      left: 0,
    },
  ],
  [
    'completing',
    'completed',
    'done',
    { run: ({ send }) => send(), done: true, calls: `begin ${sends}`, left: 0 },
  ],
  [
    'completing',
    'refused for good',
    'aborted',
    {
      run({ send, faults }) {
        faults.next('complete', refused);
        return send(undefined, { resume: { keep } });
      },
      done: false,
      calls: `begin ${sends} abort`,
      left: 0,
    },
  ],
  [
    'completing',
    'any other failure, or refused credentials',
    'kept where it can be resumed, else aborted',
    ...[trouble, credentials].flatMap((error): Case[] => [
      {
        run({ send, faults }) {
          faults.next('complete', error);
          return send(undefined, { resume: { keep } });
        },
        done: false,
        calls: `begin ${sends}`,
        left: 1,
      },
      {
        run({ send, faults }) {
          faults.next('complete', error);
          return send();
        },
        done: false,
        calls: `begin ${sends} abort`,
        left: 0,
      },
    ]),
  ],
];

/** `begin uploadPart*4`: the calls in order, with how often each was made in a row. */
function shortened(calls: readonly string[]): string {
  const runs: [string, number][] = [];
  for (const each of calls) {
    const last = runs.at(-1);
    if (last?.[0] === each) last[1] += 1;
    else runs.push([each, 1]);
  }
  return runs.map(([each, times]) => (times === 1 ? each : `${each}*${times}`)).join(' ');
}

it('multipart upload: its table of states is the one that these tests go through', () => {
  expect(TABLE.map(([state, event, next]) => [state, event, next])).toEqual(
    stateTableOf('src/drivers/multipart.ts'),
  );
});

it.each(
  TABLE.map(([state, event, next, ...cases]) => [`${state}, ${event}: ${next}`, cases] as const),
)('multipart upload: %s', async (_row, cases) => {
  for (const { run, done, calls, left } of cases) {
    const at = await rig();
    expect(await run(at)).toBe(done);
    expect(shortened(at.faults.calls)).toBe(calls);
    expect(await at.multipart.unfinished(ref.container, '', call)).toHaveLength(left);
    if (done && !calls.includes('putObject'))
      expect((await at.stored()).equals(CONTENT)).toBe(true);
  }
});

const trial = fc.record({
  changes: fc.boolean(),
  /** The operation that fails, after how many calls of it, and whether the provider did it all the same. */
  fails: fc.option(
    fc.record({
      operation: fc.constantFrom('begin' as const, 'uploadPart' as const, 'complete' as const),
      after: fc.nat(3),
      isMade: fc.boolean(),
    }),
    { nil: undefined },
  ),
});

it('P2: multipart upload: is never completed with a part of another version, whatever fails and is resumed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(trial, { minLength: 2, maxLength: 12 }), async (trials) => {
      const at = await rig();
      const versions = [CONTENT];
      let token: UploadToken | undefined;
      for (const { changes, fails } of trials) {
        // A version that differs in some parts only, which are as long as before.
        const before = versions.at(-1) ?? CONTENT;
        const content = Buffer.from(before);
        if (changes) content.writeUInt8((before.readUInt8(MIN + 1) + 1) % 256, MIN + 1);
        if (changes) versions.push(content);
        const after = fails === undefined || fails.operation !== 'uploadPart' ? 0 : fails.after;
        if (fails !== undefined) {
          for (let made = 0; made < after; made += 1) at.faults.next(fails.operation, undefined);
          at.faults.next(fails.operation, fails.isMade ? { lost: trouble } : trouble);
        }
        const sent = await at.send(bytesBody(content), {
          partSize: MIN,
          resume: {
            ...(token && { token }),
            keep: async (begun) => {
              token = begun;
            },
          },
        });
        if (sent) {
          expect((await at.stored()).equals(content)).toBe(true);
          token = undefined;
        }
        const object = await at.stored().catch(() => undefined);
        if (object) expect(versions.some((version) => version.equals(object))).toBe(true);
      }
    }),
    { numRuns: 100 },
  );
});
