import { bytesBody } from '../body.js';
import {
  ContainerDoesNotExistError,
  InvalidCredentialsError,
  ObjectDoesNotExistError,
} from '../errors.js';
import { failureOf, type Ground, PLAIN, randomName } from './ground.js';
import type { Trial } from './trial.js';

/** G5: what is not there. */
export const absenceReported: Trial = {
  id: 'G5',
  title: 'what is missing is reported as missing',
  meaning:
    'Longshore cannot tell a missing object from a failure, so deletes and drift are reported as errors. On AWS this is what credentials without s3:ListBucket look like.',
  async run(ground) {
    const { backend, call } = ground;
    const nothing = ground.ref('nothing');
    const problems = [
      ...(await unless(
        ObjectDoesNotExistError,
        'looking at a missing object',
        ground,
        backend.headObject(nothing, call),
      )),
      ...(await unless(
        ObjectDoesNotExistError,
        'reading a missing object',
        ground,
        backend.readObject(nothing, undefined, call),
      )),
      ...(await unless(
        undefined,
        'deleting a missing object',
        ground,
        backend.deleteObject(nothing, call),
      )),
    ];
    const container = `longshore-probe-${randomName()}`;
    const elsewhere = { container, key: 'nothing' };
    const calls = {
      'looking at a missing container': () => backend.headContainer(container, call),
      'listing a missing container': () => backend.listObjects(container, '', {}, call),
      'a put into a missing container': () =>
        backend.putObject(elsewhere, bytesBody(Buffer.from('x')), PLAIN, call),
    };
    let narrow = false;
    for (const [what, run] of Object.entries(calls)) {
      const failure = await failureOf(ground, run());
      // Credentials for one container alone may not even ask about others: that says nothing about the provider.
      if (failure instanceof InvalidCredentialsError) narrow = true;
      else problems.push(...judged(ContainerDoesNotExistError, what, failure));
    }
    const notes = narrow
      ? ['the credentials may not ask about other containers, so a missing container was not tried']
      : [];
    return { problems, notes };
  },
};

type ErrorClass = typeof ContainerDoesNotExistError | typeof ObjectDoesNotExistError;

async function unless(
  expected: ErrorClass | undefined,
  what: string,
  ground: Ground,
  promise: Promise<unknown>,
): Promise<string[]> {
  return judged(expected, what, await failureOf(ground, promise));
}

/** `expected` undefined: it should have resolved. */
function judged(
  expected: ErrorClass | undefined,
  what: string,
  failure: Error | undefined,
): string[] {
  if (expected === undefined)
    return failure === undefined ? [] : [`${what} failed: ${failure.message}`];
  if (failure === undefined) return [`${what} succeeded`];
  return failure instanceof expected
    ? []
    : [`${what} was answered by another error: ${failure.message}`];
}
