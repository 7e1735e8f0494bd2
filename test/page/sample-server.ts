import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pageAssets } from '../../src/page/assets.js';
import { renderPage } from '../../src/page/render.js';
import { ZONE } from './models.js';
import { sampleAnswer } from './sample.js';

const API = '/api/v1';
const JSON_TYPE = 'application/json; charset=utf-8';

/** Serves the page over the sample, without a daemon: for its pictures. */
export async function serveSample(): Promise<{ readonly origin: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    const { url = '/' } = request;
    const reply = (status: number, type: string, body: string | Buffer) =>
      response.writeHead(status, { 'content-type': type }).end(body);
    if (url === `${API}/events`) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': still here\n\n');
      return;
    }
    if (url.startsWith(`${API}/`)) {
      const answer = sampleAnswer(url.slice(API.length));
      reply(answer === undefined ? 404 : 200, JSON_TYPE, JSON.stringify(answer ?? {}));
      return;
    }
    const asset = pageAssets().find(({ path }) => path === url);
    if (asset !== undefined) {
      reply(200, asset.contentType, asset.body);
      return;
    }
    const ask = async (target: string) => sampleAnswer(target);
    void renderPage(url, { ask, role: 'decide', zone: ZONE }).then((page) =>
      reply(page?.status ?? 404, 'text/html; charset=utf-8', page?.html ?? ''),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}
