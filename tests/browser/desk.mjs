// Walks the operators' pages in headless Chromium against a real server, and fails on the first thing that is not as
// promised, on any error of the browser, on a request to another host, and on whatever axe finds.
//
//   node tests/browser/desk.mjs path/to/relaydesk
//
// Runs in an empty folder, with the settings of a server in the environment (SERVER_PORT among them); the server is
// started, stopped and started again from here. CLIENTS_DIR, CHROMIUM, SHOTS_DIR: as for walk.mjs.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { picture } from './picture.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = path.resolve(process.env.CLIENTS_DIR ?? path.join(here, '..', 'clients'));
const needs = createRequire(path.join(clients, 'package.json'));
const { chromium } = needs('playwright-core');
const { io } = needs('socket.io-client-4');
const axe = readFileSync(needs.resolve('axe-core/axe.min.js'), 'utf8');

const binary = process.argv[2];
const port = process.env.SERVER_PORT;
if (!binary || !port) {
  console.error('usage: SERVER_PORT=… node desk.mjs BINARY');
  process.exit(2);
}
const base = `http://127.0.0.1:${port}`;
const SOON = 15_000;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const PASSWORD = 'correct horse battery staple';
const OWNER = { email: 'owner@example.com', role: 'owner', name: ['Olga', 'Karimova'] };
const AGENT = { email: 'agent@example.com', role: 'agent', name: ['Timur', 'Saidov'] };
const complaints = [];
let stepName = 'start';
let server = null;

async function step(name, act) {
  stepName = name;
  const started = Date.now();
  await act();
  if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
  console.log(`  ${name} (${Date.now() - started} ms)`);
}

async function until(what, holds, deadline = SOON) {
  const end = Date.now() + deadline;
  for (;;) {
    const now = await holds();
    if (now === true) return;
    if (Date.now() > end) throw new Error(`within ${deadline} ms: ${what}, but ${JSON.stringify(now)}`);
    await new Promise((done) => setTimeout(done, 40));
  }
}

// The server

async function startServer() {
  server = spawn(binary, ['serve'], { stdio: ['ignore', 'ignore', 'inherit'], env: { LOG: 'warn', ...process.env } });
  await until('the server is up', async () => (await fetch(`${base}/health`).catch(() => null))?.ok ?? 'no answer', 60_000);
}

async function stopServer() {
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGTERM');
  const status = await ended;
  server = null;
  if (status !== 0) throw new Error(`the server ended with ${status}`);
}

function addAgent({ email, role, name: [first, last] }) {
  const words = ['agent', 'add', '--email', email, '--role', role, '--first-name', first, '--last-name', last, '--password-stdin'];
  const done = spawnSync(binary, words, { input: `${PASSWORD}\n`, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`agent add: ${done.stderr}`);
}

// The app of a contact

async function app(method, address, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(base + address, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const writes = (user, message) => app('POST', '/send_message', { user_id: user, message, user_name: `Name of ${user}` });

async function sees(user, text) {
  await until(`${user} sees “${text}”`, async () => {
    const history = await app('GET', `/message_history/${user}`);
    const items = Array.isArray(history) ? history : (history.messages ?? []);
    return items.some((item) => item.direction === 'support' && item.message === text) || items.map((item) => item.message);
  });
}

// The browser

class Window {
  /** Answers that are expected to be refusals. */
  refusals = [];
  /** While the server is away the browser says so, and is right. */
  away = false;

  static async open(browser, viewport, colorScheme = 'light') {
    const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB', reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON);
    const window = new Window(context, page);
    const complain = (words) => !window.away && complaints.push(words);
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type())) return;
      // Chromium reports each refusal of its own accord; those are judged by their answers.
      if (/Failed to load resource/.test(message.text())) return;
      complain(`${message.type()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complain(`page error: ${error.message}`));
    page.on('request', (request) => {
      const { protocol, host } = new URL(request.url());
      if (/^(https?|wss?):$/.test(protocol) && host !== new URL(base).host) complaints.push(`a request to ${host}`);
    });
    page.on('response', (answer) => {
      const expected = window.refusals.some((part) => `${answer.status()} ${answer.url()}`.includes(part));
      if (answer.status() >= 400 && !expected) complain(`${answer.status()} ${answer.url()}`);
    });
    return window;
  }

  constructor(context, page) {
    this.context = context;
    this.page = page;
  }

  async goes(address) {
    await this.page.goto(base + address);
  }

  async triesToSignIn(email, password) {
    await this.page.getByLabel('E-mail').fill(email);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  async signsIn({ email }) {
    await this.goes('/support/login/');
    await this.triesToSignIn(email, PASSWORD);
    await this.page.waitForURL(`${base}/support/manager/**`);
    await this.ready();
  }

  /** The list is loaded and the line is open. */
  async ready() {
    await this.page.locator('#list-wait').waitFor({ state: 'hidden' });
    await this.page.locator('#line').waitFor({ state: 'hidden' });
  }

  ticket(user) {
    return this.page.locator('#tickets li', { hasText: `Name of ${user}` });
  }

  message(text) {
    return this.page.locator('#messages .message', { hasText: text });
  }

  async opens(user) {
    await this.ticket(user).locator('a').click();
    await this.page.locator('#messages .message').first().waitFor();
  }

  async answers(text) {
    await this.page.locator('#text').fill(text);
    await this.page.locator('#text').press('Enter');
    await this.page.locator('#messages .supp', { hasText: text }).waitFor();
  }

  async says(text) {
    await this.page.locator('#notices', { hasText: text }).waitFor();
  }

  /** No finding of axe, nothing wider than the window. */
  async sound(name) {
    if (process.env.SHOTS_DIR) await this.page.screenshot({ path: path.join(process.env.SHOTS_DIR, `${name}.png`) });
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(async () => (await globalThis.axe.run()).violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`));
    if (found.length > 0) throw new Error(`axe on ${name}: ${found.join('; ')}`);
    await until('nothing is wider than the window', () => this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  }

  async dark(on) {
    await this.page.emulateMedia({ colorScheme: on ? 'dark' : 'light' });
  }
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

let owner;
let agent;
let small;
try {
  addAgent(OWNER);
  addAgent(AGENT);
  await startServer();
  owner = await Window.open(browser, DESKTOP);
  agent = await Window.open(browser, DESKTOP);

  await step('who is not signed in is sent to sign in, and back again', async () => {
    await owner.goes('/support/manager/?tab=mine');
    await owner.page.waitForURL(/\/support\/login\/\?next=/);
    await owner.sound('login-light');
    await owner.dark(true);
    await owner.sound('login-dark');
    await owner.dark(false);
    owner.refusals.push('401 ');
    await owner.triesToSignIn(OWNER.email, 'wrong');
    await owner.page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
    owner.refusals = [];
    await owner.triesToSignIn(OWNER.email, PASSWORD);
    await owner.page.waitForURL(/\/support\/manager\/\?tab=mine/);
    await owner.ready();
    await owner.page.getByRole('button', { name: 'All', exact: true }).click();
  });

  await step('whoever signs in is not sent to another site', async () => {
    const stranger = await Window.open(browser, DESKTOP);
    await stranger.goes('/support/login/?next=https://evil.example/support/');
    await stranger.triesToSignIn(AGENT.email, PASSWORD);
    await stranger.page.waitForURL(`${base}/support/manager/**`);
    await stranger.context.close();
  });

  await step('too many wrong passwords lock, and the page says for how long', async () => {
    const guesser = await Window.open(browser, DESKTOP);
    guesser.refusals.push('401 ', '429 ');
    await guesser.goes('/support/login/');
    for (let tries = 0; tries < 12; tries += 1) {
      await guesser.triesToSignIn('nobody@example.com', `guess ${tries}`);
      await guesser.page.getByRole('alert').filter({ hasText: /\S/ }).waitFor();
      if (await guesser.page.getByRole('alert').filter({ hasText: /\d:\d\d/ }).isVisible()) break;
      await until('one may try again', () => guesser.page.getByRole('button', { name: 'Sign in' }).isEnabled());
    }
    await guesser.page.getByRole('alert').filter({ hasText: /Too many attempts.*\d:\d\d/ }).waitFor();
    if (await guesser.page.getByRole('button', { name: 'Sign in' }).isEnabled()) throw new Error('one may try during the lock');
    await guesser.sound('login-locked');
    await guesser.context.close();
  });

  await step('what an app sends is in the list at once', async () => {
    await writes('anna', 'Good day <b>from</b> the app');
    await owner.ticket('anna').waitFor();
    await owner.ticket('anna').locator('.badge', { hasText: '1' }).waitFor();
    await until('the title counts it', async () => (await owner.page.title()).startsWith('(1)') || owner.page.title());
    await owner.opens('anna');
    await owner.message('Good day <b>from</b> the app').waitFor();
    await owner.ticket('anna').locator('.badge').waitFor({ state: 'detached' });
    await writes('anna', 'and a second line');
    await owner.message('and a second line').waitFor();
  });

  await step('an answer is in the app, and the ticket is taken', async () => {
    await owner.answers('Hello Anna, we are looking');
    await sees('anna', 'Hello Anna, we are looking');
    await owner.page.locator('#assigned', { hasText: 'You' }).waitFor();
    await owner.sound('talk-light');
    await owner.dark(true);
    await owner.sound('talk-dark');
    await owner.dark(false);
  });

  await step('files go along, and open whole', async () => {
    await owner.page.locator('#files').setInputFiles([
      { name: 'blue.png', mimeType: 'image/png', buffer: picture(60, 100, 200) },
      { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('one, two') },
    ]);
    await owner.page.locator('#tray li').nth(1).waitFor();
    await owner.answers('two files');
    await owner.message('two files').locator('.photo').click();
    await until('the photo is loaded', () => owner.page.locator('#viewer-image').evaluate((image) => image.complete && image.naturalWidth > 0));
    await owner.page.keyboard.press('Escape');
    await owner.message('two files').locator('a.file', { hasText: 'list.txt' }).waitFor();
  });

  await step('a note is for staff only', async () => {
    await owner.page.locator('#log').focus();
    await owner.page.keyboard.press('n');
    await owner.page.locator('#text').fill('call back after six');
    await owner.page.keyboard.press('Control+Enter');
    await owner.page.locator('.message.note', { hasText: 'call back after six' }).waitFor();
    const history = JSON.stringify(await app('GET', '/message_history/anna'));
    if (history.includes('call back')) throw new Error('the contact can read a note');
  });

  await step('a canned answer is picked by keyboard', async () => {
    const made = await owner.page.evaluate(async () => (await fetch('/support/canned/', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'thanks', text: 'Thank you for waiting.' }) })).status);
    if (made !== 201) throw new Error(`a canned answer was not made: ${made}`);
    await owner.page.getByRole('button', { name: 'Reply', exact: true }).click();
    await owner.page.locator('#text').press('/');
    await owner.page.locator('#picker-query').fill('than');
    await owner.page.locator('#picker-list li', { hasText: 'Thank you' }).waitFor();
    await owner.sound('canned');
    await owner.page.keyboard.press('Enter');
    await until('it stands in the answer', async () => (await owner.page.locator('#text').inputValue()) === 'Thank you for waiting.');
    await owner.page.locator('#text').press('Enter');
    await sees('anna', 'Thank you for waiting.');
  });

  await step('an agent sees it, may not answer, and gets it when it is given', async () => {
    await agent.signsIn(AGENT);
    await agent.opens('anna');
    await agent.page.locator('#bar', { hasText: 'Olga Karimova is on this ticket' }).waitFor();
    if (await agent.page.locator('#composer').isVisible()) throw new Error("an agent may answer another's ticket");
    await agent.sound('not-mine');
    await owner.page.locator('#assign summary').click();
    await owner.page.locator('#agents button', { hasText: 'Timur Saidov' }).click();
    await owner.says('Given to Timur Saidov');
    await agent.page.locator('#composer').waitFor();
    await agent.answers('Timur here');
    await owner.message('Timur here').waitFor();
    await sees('anna', 'Timur here');
  });

  await step("what is the owners' is closed to an agent", async () => {
    if (await agent.page.getByRole('link', { name: 'Administration' }).count()) throw new Error('an agent is led to the administration');
    const statuses = await agent.page.evaluate(async () => {
      const ask = async (method, address, body) => (await fetch(address, { method, headers: { 'content-type': 'application/json' }, body })).status;
      return [await ask('GET', '/support/admin/'), await ask('GET', '/support/jobs/dead/'), await ask('POST', '/support/canned/', '{"name":"x","text":"y"}')];
    }).finally(() => complaints.splice(0));
    if (statuses.some((status) => status !== 403)) throw new Error(`an agent got ${statuses}`);
  });

  await step('both sides see the other one type, and read', async () => {
    const phone = io(base, { forceNew: true, transports: ['websocket'] });
    const heard = [];
    phone.on('typing', (payload) => heard.push(payload));
    const joined = new Promise((done) => phone.once('joined', done));
    phone.emit('join_chat', { user_id: 'anna' });
    await joined;
    phone.emit('typing', { user_id: 'anna', typing: true });
    await agent.page.locator('#typing', { hasText: 'Name of anna is typing' }).waitFor();
    await agent.page.locator('#text').pressSequentially('on my w');
    await until('the app hears the agent type', () => heard.some(({ typing }) => typing === true) || heard);
    await agent.page.locator('#text').fill('');
    const { messages } = await app('GET', '/message_history/anna');
    await agent.page.locator('#messages .mark:not(.read)').last().waitFor();
    phone.emit('mark_read', { user_id: 'anna', up_to_id: messages.at(-1).id });
    await agent.page.locator('#messages .mark:not(.read)').first().waitFor({ state: 'detached' });
    phone.close();
  });

  await step('resolved by key, gone from the open ones, opened again', async () => {
    await agent.page.locator('#log').focus();
    await agent.page.keyboard.press('e');
    await agent.page.locator('#bar', { hasText: 'This ticket is closed' }).waitFor();
    await owner.page.locator('#bar', { hasText: 'This ticket is closed' }).waitFor();
    await agent.sound('closed');
    await agent.page.locator('#bar').getByRole('button', { name: 'Reopen' }).click();
    await agent.page.locator('#composer').waitFor();
    await owner.page.locator('#bar').waitFor({ state: 'hidden' });
  });

  await step('the keyboard walks the list and opens the help', async () => {
    await writes('botir', 'A second ticket, with a word: zebra');
    await owner.ticket('botir').waitFor();
    await owner.page.locator('#log').focus();
    await owner.page.keyboard.press('k');
    await owner.message('zebra').waitFor();
    await owner.page.keyboard.press('j');
    await owner.message('Timur here').waitFor();
    await owner.page.keyboard.press('?');
    await owner.page.locator('#help[open]').waitFor();
    await owner.sound('help');
    await owner.page.keyboard.press('Escape');
  });

  await step('search finds a word in a message', async () => {
    await owner.page.keyboard.press('/');
    await owner.page.keyboard.type('zebra');
    await owner.page.locator('#found-messages li', { hasText: 'zebra' }).waitFor();
    await owner.page.keyboard.press('Escape');
    await owner.ticket('anna').waitFor();
  });

  await step('a reload keeps the place', async () => {
    await owner.page.reload();
    await owner.ready();
    await owner.message('Timur here').waitFor();
    const copies = await owner.message('Timur here').count();
    if (copies !== 1) throw new Error(`${copies} copies of one answer`);
  });

  await step('after a restart of the server nothing is missing', async () => {
    owner.away = true;
    agent.away = true;
    await stopServer();
    await owner.page.locator('#line').waitFor();
    await startServer();
    // Written before the page is back on the line.
    for (let number = 0; number < 3; number += 1) await writes('anna', `in the gap ${number}`);
    await owner.page.locator('#line').waitFor({ state: 'hidden', timeout: 40_000 });
    for (let number = 0; number < 3; number += 1) await owner.message(`in the gap ${number}`).waitFor();
    await agent.page.locator('#line').waitFor({ state: 'hidden', timeout: 40_000 });
    await agent.message('in the gap 2').waitFor();
    owner.away = false;
    agent.away = false;
    const order = await owner.page.locator('#messages .user .words').allTextContents();
    if (!order.slice(-3).every((text, index) => text === `in the gap ${index}`)) throw new Error(`order: ${order}`);
  });

  await step('on a phone one pane at a time, in the dark', async () => {
    small = await Window.open(browser, PHONE, 'dark');
    await small.signsIn(OWNER);
    await small.ticket('anna').waitFor();
    await small.sound('phone-list');
    await small.opens('anna');
    if (await small.page.locator('#list-pane').isVisible()) throw new Error('two panes on a phone');
    await small.sound('phone-talk');
    await small.page.locator('#card-toggle').click();
    await small.page.locator('#card .facts').waitFor();
    await small.sound('phone-card');
    await small.page.locator('#card-close').click();
    await small.page.locator('#back').click();
    await small.ticket('anna').waitFor();
  });

  await step('the theme and the language are kept', async () => {
    await small.page.locator('.account summary').click();
    await small.page.getByRole('button', { name: 'Light', exact: true }).click();
    await small.page.getByRole('link', { name: 'Русский' }).click();
    await small.page.locator('html[lang=ru][data-theme=light]').waitFor();
    await small.ready();
    await small.sound('phone-ru');
    await small.goes('/support/manager/');
    await small.page.locator('html[lang=ru][data-theme=light]').waitFor();
  });

  await step('signing out ends it', async () => {
    await owner.page.locator('.account summary').click();
    await owner.page.getByRole('button', { name: 'Sign out' }).click();
    await owner.page.waitForURL('**/support/login/**');
    await owner.goes('/support/manager/');
    await owner.page.waitForURL(/\/support\/login\/\?next=/);
  });

  await browser.close();
  await stopServer();
  console.log('desk: ok');
} catch (error) {
  console.error(`desk: failed at “${stepName}”: ${error.message}`);
  if (complaints.length > 0) console.error(`the browser: ${complaints.join('\n')}`);
  for (const [name, window] of Object.entries({ owner, agent, small })) {
    if (process.env.SHOTS_DIR) await window?.page.screenshot({ path: path.join(process.env.SHOTS_DIR, `failed-${name}.png`) }).catch(() => {});
  }
  process.exitCode = 1;
} finally {
  await browser.close().catch(() => {});
  server?.kill('SIGKILL');
}
