// What the walks through the visitors' and the owners' pages stand on: a server of their own, operators' calls, and
// windows that notice every complaint of the browser.
//
// CLIENTS_DIR, CHROMIUM, SHOTS_DIR: as for walk.mjs.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = path.resolve(process.env.CLIENTS_DIR ?? path.join(here, '..', 'clients'));
const needs = createRequire(path.join(clients, 'package.json'));
const { chromium } = needs('playwright-core');
const axe = readFileSync(needs.resolve('axe-core/axe.min.js'), 'utf8');

const binary = process.argv[2];
const port = process.env.SERVER_PORT;
if (!binary || !port) {
  console.error(`usage: SERVER_PORT=… node ${path.basename(process.argv[1])} BINARY`);
  process.exit(2);
}
export const base = `http://127.0.0.1:${port}`;
export const SOON = 20_000;
export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };
export const PASSWORD = 'correct horse battery staple';
const complaints = [];
let stepName = 'start';
let server = null;
let token = '';

export async function step(name, act) {
  stepName = name;
  const started = Date.now();
  await act();
  if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
  console.log(`  ${name} (${Date.now() - started} ms)`);
}

export async function until(what, holds, deadline = SOON) {
  const end = Date.now() + deadline;
  for (;;) {
    const now = await holds();
    if (now === true) return;
    if (Date.now() > end) throw new Error(`within ${deadline} ms: ${what}, but ${JSON.stringify(now)}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

export function same(what, found, expected) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one}, not ${other}`);
}

// The server

export async function startServer(origins) {
  const env = { LOG: 'warn', RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_PER_USER: '0', LOCALE: 'en', ...process.env, CORS_ORIGINS: origins };
  server = spawn(binary, ['serve'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  await until('the server is up', async () => (await fetch(`${base}/health`).catch(() => null))?.ok ?? 'no answer', 60_000);
}

export async function stopServer() {
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGTERM');
  const status = await ended;
  server = null;
  if (status !== 0) throw new Error(`the server ended with ${status}`);
}

export function addAgent(email, role, first, last) {
  const words = ['agent', 'add', '--email', email, '--role', role, '--first-name', first, '--last-name', last, '--password-stdin'];
  const done = spawnSync(binary, words, { input: `${PASSWORD}\n`, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`agent add: ${done.stderr}`);
}

// The operator

export async function operator(method, address, body) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const answer = await fetch(base + address, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

export const signIn = async (email) => { ({ token } = await operator('POST', '/auth/login', { email, password: PASSWORD })); };

// The browser

export class Window {
  /** While the server is away the browser says so, and is right. */
  away = false;
  refusals = [];

  static async open(options = {}) {
    const context = await browser.newContext({ viewport: DESKTOP, locale: 'en-GB', ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON);
    const window = new Window(context, page);
    const complain = (words) => !window.away && complaints.push(words);
    page.on('console', (message) => {
      window.said.push(message.text());
      if (!['error', 'warning'].includes(message.type()) || /Failed to load resource/.test(message.text())) return;
      complain(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complain(`page error: ${error.message}`));
    page.on('response', (answer) => {
      const expected = window.refusals.some((part) => `${answer.status()} ${answer.url()}`.includes(part));
      if (answer.status() >= 400 && !expected) complain(`${answer.status()} ${answer.url()}`);
    });
    page.on('request', (request) => window.asked.push(request.url()));
    return window;
  }

  said = [];
  asked = [];

  constructor(context, page) {
    this.context = context;
    this.page = page;
    this.chat = page.locator('relay-desk');
    this.launcher = this.chat.locator('.launcher');
    this.text = page.locator('.composer textarea');
  }

  bubble(text) {
    return this.page.locator('.said > li', { hasText: text });
  }

  async says(text) {
    await this.text.fill(text);
    await this.text.press('Enter');
    await this.bubble(text).waitFor();
  }

  async delivered(text) {
    await this.page.locator('.said > li:is([data-mark=sent], [data-mark=read])', { hasText: text }).waitFor();
  }

  record() {
    return this.page.evaluate((key) => JSON.parse(localStorage.getItem(key) ?? '{}'), `relaydesk ${base}`);
  }

  async clean(what) {
    // Half-way between two themes no colour is right.
    const moving = () => this.page.evaluate(() => document.getAnimations().filter((one) => one instanceof CSSTransition && one.playState === 'running').length);
    await until(`${what} has come to rest`, async () => (await moving()) === 0);
    // The page's own policy would keep the test's script out.
    const found = await this.context.newCDPSession(this.page).then(async (session) => {
      await session.send('Runtime.evaluate', { expression: axe });
      const run = await session.send('Runtime.evaluate', { expression: 'axe.run().then((found) => found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 120) + " " + node.failureSummary).join(" | ")}`))', awaitPromise: true, returnByValue: true });
      return run.result.value;
    });
    if (found?.length !== 0) throw new Error(`axe, ${what}: ${JSON.stringify(found)}`);
    await until(`${what} is not wider than the window`, () => this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }

  async shot(name) {
    if (process.env.SHOTS_DIR) await this.page.screenshot({ path: path.join(process.env.SHOTS_DIR, `${name}.png`) });
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

/** Runs a walk to its end, whatever comes. `windows` tells which are open. */
export async function walk(name, act, windows) {
  try {
    await act();
    console.log(`${name}: ok`);
  } catch (error) {
    console.error(`${name}: failed at “${stepName}”: ${error.message}`);
    if (complaints.length > 0) console.error(`the browser: ${complaints.join('\n')}`);
    for (const [shot, window] of Object.entries(windows())) await window?.shot(`failed-${shot}`).catch(() => {});
    process.exitCode = 1;
  } finally {
    await browser.close();
    server?.kill('SIGKILL');
  }
}
