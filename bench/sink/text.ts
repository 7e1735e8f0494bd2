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

/** A whole content with its headers. */
export const contentAnswer = (fields: string, content: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(`${status(200)}${fields}Content-Length: ${content.length}\r\n\r\n`),
    content,
  ]);
