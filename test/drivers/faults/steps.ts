import type { Backend } from '../../../src/drivers/backend.js';
import { bytesBody } from '../../../src/drivers/body.js';
import type { Body } from '../../../src/drivers/call.js';
import { call, listKeys, plain, put, readAll } from '../conformance/fixture.js';
import type { FaultDialect } from './dialect.js';

/** The container of every test with scripted faults. */
export const CONTAINER = 'faults';
export const REF = { container: CONTAINER, key: 'folder/object' };
const FROM = { container: CONTAINER, key: 'from' };
export const DESCRIBED = { ...plain, metaData: { mtime: '1' } };

export const PART = bytesBody(Buffer.from('part'));

/** A body that is the only part of an upload: PART, or that again and again. */
export function partOf({ onePart = 4 }: Pick<FaultDialect, 'onePart'>): Body {
  return bytesBody(Buffer.alloc(onePart, 'part'));
}

/** What a client asks for. Each step depends on one kind of request. */
export type Step =
  | 'list containers'
  | 'create container'
  | 'head container'
  | 'delete container'
  | 'list'
  | 'keeps versions'
  | 'list versions'
  | 'list uploads'
  | 'delete together'
  | 'put'
  | 'copy'
  | 'replace metadata'
  | 'get'
  | 'head'
  | 'delete'
  | 'begin'
  | 'part'
  | 'list parts'
  | 'complete'
  | 'abort'
  | 'info';

export type Ask = () => Promise<unknown>;

/** Brings about what must be there before a step; the result asks for it. */
export type Prepare = () => Promise<Ask>;

/** All steps that `Backend` has. `part`: see partOf. */
export function stepsOf(
  backend: Backend,
  part: Body = PART,
): Readonly<Record<Step, Prepare | undefined>> {
  const { multipart, copy, batchDelete, versions } = backend.capabilities;
  const begin = () => multipart!.begin(REF, plain, call);
  return {
    'list containers': async () => () => backend.listContainers({}, call),
    'create container': async () => () => backend.createContainer('another', call),
    'head container': async () => () => backend.headContainer(CONTAINER, call),
    'delete container': async () => () => backend.deleteContainer(CONTAINER, call),
    list: async () => () => listKeys(backend, CONTAINER),
    'keeps versions': async () => () => versions!.keepsVersions(CONTAINER, call),
    'list versions': async () => () => versions!.listVersions(CONTAINER, '', {}, call),
    'list uploads': async () => () => multipart!.unfinished(CONTAINER, '', call),
    'delete together': async () => () => batchDelete!.deleteObjects(CONTAINER, ['a'], call),
    put: async () => () => put(backend, REF, 'x'),
    copy: async () => {
      await put(backend, FROM, 'x');
      return () => copy!.copyObject(FROM, REF, undefined, call);
    },
    'replace metadata': async () => {
      await put(backend, REF, 'x');
      return () => copy!.copyObject(REF, REF, DESCRIBED, call);
    },
    get: async () => {
      await put(backend, REF, 'x');
      return async () => readAll(await backend.readObject(REF, undefined, call));
    },
    head: async () => {
      await put(backend, REF, 'x');
      return () => backend.headObject(REF, call);
    },
    delete: async () => () => backend.deleteObject(REF, call),
    begin: async () => begin,
    part: async () => {
      const token = await begin();
      return () => multipart!.uploadPart(token, 1, part, call);
    },
    'list parts': async () => {
      const token = await begin();
      return () => multipart!.uploadedParts(token, call);
    },
    complete: async () => {
      const token = await begin();
      const sent = await multipart!.uploadPart(token, 1, part, call);
      return () => multipart!.complete(token, [sent], call);
    },
    abort: async () => {
      const token = await begin();
      return () => multipart!.abort(token, call);
    },
    info: undefined,
  };
}
