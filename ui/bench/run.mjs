// Frame times of the scatter in WebKitGTK, the web view of the program on Linux. Needs a display
// (Xvfb will do), WebKitWebDriver and MiniBrowser; build the page first: npm run bench:build.
//   node bench/run.mjs [rows,rows,...] [dims=2] [all] [canvas]
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const pages = fileURLToPath(new URL('./dist/', import.meta.url));
const browser = ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/libexec', '/usr/lib']
  .map((folder) => join(folder, 'webkit2gtk-4.1', 'MiniBrowser'))
  .find(existsSync);
const [sizes = '10000,100000,1000000', ...rest] = process.argv.slice(2);
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.woff2': 'font/woff2' };
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const server = createServer(async (request, response) => {
  try {
    const path = new URL(request.url, 'http://localhost').pathname;
    const body = await readFile(join(pages, path.replaceAll('..', '')));
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
}).listen(0, '127.0.0.1');
await new Promise((done) => server.once('listening', done));

const port = 4600 + (process.pid % 300);
const driver = spawn('WebKitWebDriver', ['--host=127.0.0.1', `--port=${port}`], { stdio: 'ignore' });
async function ask(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (!answer.ok) throw new Error(value?.message ?? answer.statusText);
  return value;
}
async function start() {
  for (let tries = 0; ; tries += 1) {
    try {
      const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary: browser, args: ['--automation'] } } };
      return (await ask('POST', '/session', { capabilities })).sessionId;
    } catch (error) {
      if (tries > 20) throw error;
      await sleep(250);
    }
  }
}

let session;
try {
  session = await start();
  await ask('POST', `/session/${session}/window/rect`, { width: 1000, height: 700 });
  for (const rows of sizes.split(',')) {
    const query = new URLSearchParams(`n=${rows}&${rest.join('&')}`);
    await ask('POST', `/session/${session}/url`, { url: `http://127.0.0.1:${server.address().port}/frames.html?${query}` });
    let title = '';
    for (let waited = 0; waited < 300_000 && !title.startsWith('{'); waited += 500) {
      await sleep(500);
      title = await ask('GET', `/session/${session}/title`);
    }
    console.log(title.startsWith('{') ? title : `no result for ${rows} rows`);
  }
} finally {
  if (session) await ask('DELETE', `/session/${session}`).catch(() => {});
  driver.kill();
  server.close();
}
