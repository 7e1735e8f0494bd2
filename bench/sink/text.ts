// Whole answers as text, which costs the sink less than an object for each header.

export const status = (code: number) =>
  `HTTP/1.1 ${code} ${code < 300 ? 'OK' : 'Refused'}\r\nDate: ${new Date().toUTCString()}\r\n`;

/** `fields`: further headers, each with its line end. */
export const plain = (code: number, fields = '') =>
  `${status(code)}${fields}Content-Length: 0\r\n\r\n`;

export const document = (code: number, type: string, body: string, fields = '') =>
  `${status(code)}${fields}Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const xml = (code: number, body: string, fields = '') =>
  document(code, 'application/xml', body, fields);

export const json = (body: object, code = 200, fields = '') =>
  document(code, 'application/json', JSON.stringify(body), fields);

/** A whole content with its headers, or the bytes that were asked for. */
export function contentAnswer(fields: string, content: Buffer, range?: string): Buffer {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const begin = Number(first ?? 0);
  const bytes = content.subarray(begin, last ? Number(last) + 1 : undefined);
  const place = `Content-Range: bytes ${begin}-${begin + bytes.length - 1}/${content.length}\r\n`;
  const head = first === undefined ? status(200) : status(206) + place;
  return Buffer.concat([
    Buffer.from(`${head}${fields}Content-Length: ${bytes.length}\r\n\r\n`),
    bytes,
  ]);
}
