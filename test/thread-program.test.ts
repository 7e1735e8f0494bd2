import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { threadProgram } from '../src/thread-program.js';
import { temporaryFolder } from './world/folder.js';

const MODULE = new URL('../src/thread-program.js', import.meta.url).href;

/** A thread that answers its work, and then each message. */
function program(beginning = ''): URL {
  const path = join(temporaryFolder('thread'), 'thread.mjs');
  writeFileSync(
    path,
    `${beginning}
    import { parentPort } from 'node:worker_threads';
    import { takeWork } from ${JSON.stringify(MODULE)};
    const work = takeWork();
    parentPort.postMessage(work);
    parentPort.on('message', (message) => {
      parentPort.postMessage([work, message]);
      if (message === 'end') parentPort.close();
    });`,
  );
  return pathToFileURL(path);
}

test.each([true, false])(
  'thread program: a thread (prepared: %s) takes its work first, then its messages in order',
  async (isPrepared) => {
    const thread = threadProgram(program(), {});
    if (isPrepared) thread.prepare();
    const worker = thread.start('work');
    const received: unknown[] = [];
    worker.on('message', (message) => received.push(message));
    for (const message of ['one', 'end']) worker.postMessage(message);
    await once(worker, 'exit');
    expect(received).toEqual(['work', ['work', 'one'], ['work', 'end']]);
  },
);

test('thread program: the second thread is another one than the prepared one', async () => {
  const thread = threadProgram(program(), {});
  thread.prepare();
  thread.prepare();
  const workers = [thread.start('first'), thread.start('second')];
  const answers = await Promise.all(workers.map((worker) => once(worker, 'message')));
  expect(answers).toEqual([['first'], ['second']]);
  await Promise.all(workers.map((worker) => worker.terminate()));
});

test('thread program: a prepared thread that failed is no error; the one that gets the work fails', async () => {
  const thread = threadProgram(program('throw new Error("broken");'), {});
  thread.prepare();
  await new Promise((resolve) => setImmediate(resolve));
  const worker = thread.start('work');
  await expect(once(worker, 'message')).rejects.toThrow('broken');
});

test('thread program: a process whose prepared thread got no work ends by itself', () => {
  const script = `
    import { threadProgram } from ${JSON.stringify(MODULE)};
    threadProgram(new URL(${JSON.stringify(program().href)}), { execArgv: [] }).prepare();
    process.on('exit', (code) => process.stdout.write('ended with ' + code));`;
  const args = ['--input-type=module', '--eval', script];
  const output = execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 30_000 });
  expect(output).toBe('ended with 0');
});
