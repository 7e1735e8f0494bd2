import type { Call } from '../call.js';
import { ContainerDoesNotExistError } from '../errors.js';
import type { B2Client } from './client.js';
import { B2 } from './errors.js';
import { type JsonObject, listOf, optionalText, readObject, textOf } from './json.js';

/** A bucket as b2_list_buckets has it. */
export interface Bucket {
  readonly id: string;
  readonly name: string;
  readonly extra: Readonly<Record<string, unknown>>;
}

/** B2's calls name buckets by their ids, which are looked up once. */
export interface Buckets {
  /** By name. Rejects with ContainerDoesNotExistError. */
  find(name: string, call: Call): Promise<Bucket>;
  /** All that the key may list, in any order. */
  list(call: Call): Promise<readonly Bucket[]>;
  /** Runs a call with a bucket's id: once more when the bucket has another one by now. */
  withId<T>(name: string, call: Call, run: (id: string) => Promise<T>): Promise<T>;
  remember(bucket: Pick<Bucket, 'id' | 'name'>): void;
  forget(name: string): void;
}

/** `look`: gets the lifecycle rules of each bucket that is found. */
export function createBuckets(
  client: B2Client,
  look: (name: string, lifecycleRules: unknown) => void,
): Buckets {
  const ids = new Map<string, string>();

  async function ask(
    about: { readonly action: string; readonly container?: string },
    parameters: JsonObject,
    call: Call,
  ): Promise<readonly Bucket[]> {
    const { accountId } = await client.grant(call);
    const request = {
      method: 'POST',
      operation: 'b2_list_buckets',
      ...about,
      parameters: { accountId, ...parameters },
    } as const;
    const document = readObject(about.action, await client.request(request, call));
    return listOf(about.action, document, 'buckets').map((each) => bucketIn(about.action, each));
  }

  async function find(name: string, call: Call): Promise<Bucket> {
    const about = { action: 'look up the container', container: name };
    // With its name, as a key that is restricted to it may ask for nothing else.
    const found = await ask(about, { bucketName: name }, call);
    const bucket = found.find((each) => each.name === name);
    if (bucket === undefined) {
      ids.delete(name);
      throw new ContainerDoesNotExistError(name, { driver: B2 });
    }
    ids.set(name, bucket.id);
    look(name, bucket.extra['lifecycleRules']);
    return bucket;
  }

  return {
    find,
    async list(call) {
      const { allowed } = await client.grant(call);
      const about = { action: 'list the containers' };
      if (allowed.buckets === undefined) return ask(about, {}, call);
      const found: Bucket[] = [];
      for (const { id } of allowed.buckets)
        found.push(...(await ask(about, { bucketId: id }, call)));
      return found;
    },
    async withId(name, call, run) {
      const known = ids.get(name);
      if (known === undefined) return run((await find(name, call)).id);
      try {
        return await run(known);
      } catch (error) {
        if (!(error instanceof ContainerDoesNotExistError)) throw error;
        const { id } = await find(name, call);
        if (id === known) throw error;
        return run(id);
      }
    },
    remember: ({ name, id }) => void ids.set(name, id),
    forget: (name) => void ids.delete(name),
  };
}

/** `extra` has what Libcloud's has, and the rules that decide how long versions stay. */
export function bucketIn(action: string, document: JsonObject): Bucket {
  const id = textOf(action, document, 'bucketId');
  const { lifecycleRules } = document;
  return {
    id,
    name: textOf(action, document, 'bucketName'),
    extra: {
      id,
      bucketType: optionalText(document, 'bucketType'),
      ...(Array.isArray(lifecycleRules) && { lifecycleRules }),
    },
  };
}
