import type { Call } from '../call.js';
import { type HttpClient, HttpError, type HttpHeaders } from '../http/exchange.js';
import { findProfile, type Profile } from './profiles.js';

/**
 * The S3 provider at an address, recognised by its answer to a request without a signature; undefined when it is unknown,
 * or does not answer. Nothing secret is sent.
 */
export async function recognise(
  http: HttpClient,
  origin: string,
  { signal }: Call,
): Promise<Profile | undefined> {
  try {
    const { headers } = await http.request({
      method: 'GET',
      origin,
      path: '/',
      headers: {},
      signal,
    });
    const name = profileOfAnswer(headers);
    return name === undefined ? undefined : findProfile(name);
  } catch (error) {
    if (error instanceof HttpError) return undefined;
    throw error;
  }
}

/** The `Server` header where it says something; Swift's and Ceph's transaction ids otherwise. */
function profileOfAnswer(headers: HttpHeaders): string | undefined {
  const server = headers['server'] ?? '';
  if (/^minio/i.test(server)) return 'minio';
  if (/^ceph/i.test(server)) return 'ceph';
  if (/^wasabi/i.test(server)) return 'wasabi';
  if (/^AmazonS3$/.test(server)) return 'aws';
  if (/^UploadServer$/.test(server)) return 'gcs-interop';
  if (headers['x-trans-id'] !== undefined || headers['x-openstack-request-id'] !== undefined)
    return 'swift-s3api';
  return /^tx[0-9a-f]{21}-[0-9a-f]{10}-/.test(headers['x-amz-request-id'] ?? '')
    ? 'ceph'
    : undefined;
}
