import type { Backend } from '../backend.js';
import { ObjectDoesNotExistError } from '../errors.js';
import type { S3Context } from './context.js';
import { type Head, s3HeadObject } from './head-object.js';
import { checkContainer, isPossibleKey, target } from './names.js';
import { s3PutObject } from './put-object.js';

type ObjectOperations = Pick<Backend, 'headObject' | 'putObject' | 'deleteObject'>;

export function objectOperations(
  context: S3Context,
  head: Head = s3HeadObject(context),
): ObjectOperations {
  const headObject: Backend['headObject'] = (ref, call) => head(ref, call);
  return {
    headObject,
    putObject: s3PutObject(context, headObject),
    async deleteObject(ref, call) {
      checkContainer(ref.container);
      if (!isPossibleKey(ref.key)) return;
      const about = { operation: 'deleteObject', action: 'delete', ...target(ref) } as const;
      try {
        await context.client.request({ method: 'DELETE', ...about }, call);
      } catch (error) {
        if (!(error instanceof ObjectDoesNotExistError)) throw error;
      }
    },
  };
}
