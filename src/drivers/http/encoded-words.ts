import { utf8FromLatin1 } from './metadata-headers.js';

// Values of metadata in headers of ASCII: any other text is sent as words of RFC 2047, as S3 itself answers with
// (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html).

/** What every provider returns unchanged: printable ASCII without blanks at the ends or side by side. */
const PLAIN = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;
const ENCODED_WORD = /=\?([A-Za-z0-9-]+)\?([BbQq])\?([^?]*)\?=/g;

export function encodeMetadataValue(value: string): string {
  if (PLAIN.test(value) && !value.includes('=?')) return value;
  return `=?UTF-8?B?${Buffer.from(value, 'utf8').toString('base64')}?=`;
}

export function decodeMetadataValue(value: string): string {
  if (!value.includes('=?')) return utf8FromLatin1(value);
  const joined = value.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(ENCODED_WORD, (word, charset: string, encoding: string, text: string) => {
    if (!/^(utf-8|us-ascii)$/i.test(charset)) return word;
    return encoding.toUpperCase() === 'B'
      ? Buffer.from(text, 'base64').toString('utf8')
      : decodeQ(text);
  });
}

function decodeQ(text: string): string {
  const bytes = text
    .replaceAll('_', ' ')
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
