import { appendFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PlanHeader, PlanLine } from '../../src/plan/plan-file.js';
import { PLAN_VERSION } from '../../src/plan/plan-file.js';
import { PlanFileError, readPlan } from '../../src/plan/read-plan.js';
import { writePlan } from '../../src/plan/write-plan.js';
import { temporaryFolder } from '../world/folder.js';
import { header, upload } from './fixtures.js';

function write(file: string, lines: readonly PlanLine[], first: PlanHeader = header()): void {
  const writer = writePlan(file, first);
  for (const line of lines) writer.add(line);
  writer.finish();
}

async function linesOf(file: string): Promise<readonly PlanLine[]> {
  const plan = await readPlan(file);
  const lines: PlanLine[] = [];
  for await (const line of plan.lines()) lines.push(line);
  expect(lines.length).toBe(plan.actions);
  return lines;
}

const newFile = () => join(temporaryFolder(), 'a.plan');

/** Names of files, with every character that JSON or a line of text could trip over. */
const segment = fc
  .string({
    unit: fc.constantFrom('a', 'é', '\n', '\r', '"', '\\', '\u2028', '😀', ' '),
    minLength: 1,
  })
  .filter((text) => text !== '.' && text !== '..');
const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

describe('a plan file', () => {
  test('gives back what was written, whatever the names are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(name, { maxLength: 20 }), async (names) => {
        const file = newFile();
        const lines = names.map((each) => upload(each));
        write(file, lines);
        expect(await linesOf(file)).toEqual(lines);
      }),
      { numRuns: 40 },
    );
  });

  test('may be longer than one chunk of its writer and of its reader', async () => {
    const file = newFile();
    const lines = Array.from({ length: 3_000 }, (_, at) => upload(`folder/file-${at}`));
    write(file, lines);
    expect(readFileSync(file).length).toBeGreaterThan(500_000);
    expect(await linesOf(file)).toEqual(lines);
  });

  test('is refused when any byte of it is missing, or was changed', async () => {
    const whole = newFile();
    write(whole, [upload('a'), upload('b')]);
    const bytes = readFileSync(whole);
    for (let length = 0; length < bytes.length - 1; length += 1) {
      writeFileSync(whole, bytes.subarray(0, length));
      await expect(readPlan(whole), `${length} bytes`).rejects.toThrow(PlanFileError);
    }
    for (let at = 0; at < bytes.length - 1; at += 1) {
      const other = Buffer.from(bytes);
      other[at] = (bytes[at] ?? 0) ^ 1;
      writeFileSync(whole, other);
      await expect(readPlan(whole), `byte ${at}`).rejects.toThrow(PlanFileError);
    }
  });

  test('is refused when something follows its end', async () => {
    const file = newFile();
    write(file, [upload('a')]);
    appendFileSync(file, `${JSON.stringify(upload('b'))}\n`);
    await expect(readPlan(file)).rejects.toThrow('there is more after the end');
  });

  test('is refused with its version when a newer program has made it', async () => {
    const file = newFile();
    write(file, [], { ...header(), longshorePlan: PLAN_VERSION + 1 });
    await expect(readPlan(file)).rejects.toThrow('a newer longshore');
  });

  test.each(['../outside', 'a/../../b', '/etc/passwd', 'a//b', '.', 'a/.', 'a\0b'])(
    'is refused with an action on a file that is not below the source: %j',
    async (outside) => {
      const file = newFile();
      write(file, [upload(outside)]);
      await expect(readPlan(file)).rejects.toThrow('no action of a plan');
    },
  );

  test('has actions on folders, whose names end in "/", below the source alone', async () => {
    const folder = (name: string): PlanLine => {
      const { evidence, ...line } = upload(name);
      const { file } = evidence;
      return { ...line, evidence: { ...evidence, file: file && { ...file, kind: 'folder' } } };
    };
    const file = newFile();
    write(file, [folder('a/b/')]);
    const { actions } = await readPlan(file);
    expect(actions).toBe(1);
    for (const line of [upload('a/'), folder('../a/'), folder('a//'), folder('/')]) {
      const other = newFile();
      write(other, [line]);
      await expect(readPlan(other)).rejects.toThrow('no action of a plan');
    }
  });

  test.each(['', 'hello', '{}', '[]', 'null\n'])('is not just any file: %j', async (content) => {
    const file = newFile();
    writeFileSync(file, content);
    await expect(readPlan(file)).rejects.toThrow(PlanFileError);
  });

  test('that was replaced between the check and the actions is noticed', async () => {
    const file = newFile();
    write(file, [upload('a')]);
    const plan = await readPlan(file);
    write(file, [upload('b')]);
    const reading = (async () => {
      for await (const _ of plan.lines());
    })();
    await expect(reading).rejects.toThrow('was replaced while it was read');
  });
});

describe('a plan that is abandoned', () => {
  test('leaves the file that was there, and no other', () => {
    const file = newFile();
    write(file, [upload('a')]);
    const before = readFileSync(file);
    const writer = writePlan(file, header());
    writer.add(upload('b'));
    writer.abandon();
    expect(readFileSync(file)).toEqual(before);
    expect(readdirSync(join(file, '..'))).toEqual(['a.plan']);
  });
});
