// The chat bubble on a page of another origin, the chat page and the owners' page, in headless Chromium against a real
// server. Fails on the first thing that is not as promised, on any error of the browser, and on whatever axe finds.
//
//   SERVER_PORT=5000 node tests/browser/visitor.mjs path/to/relaydesk
//
// Runs in an empty folder; the server is started, stopped and started again from here. CLIENTS_DIR, CHROMIUM,
// SHOTS_DIR: as for walk.mjs.

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { picture } from './picture.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = path.resolve(process.env.CLIENTS_DIR ?? path.join(here, '..', 'clients'));
const needs = createRequire(path.join(clients, 'package.json'));
const { chromium } = needs('playwright-core');
const axe = readFileSync(needs.resolve('axe-core/axe.min.js'), 'utf8');

const binary = process.argv[2];
const port = process.env.SERVER_PORT;
if (!binary || !port) {
  console.error('usage: SERVER_PORT=… node visitor.mjs BINARY');
  process.exit(2);
}
const base = `http://127.0.0.1:${port}`;
const SOON = 20_000;
const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 390, height: 844 };
const PASSWORD = 'correct horse battery staple';
const complaints = [];
let stepName = 'start';
let server = null;
let site = null;
let token = '';

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

function same(what, found, expected) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one}, not ${other}`);
}

// The server, and somebody else's site

async function startServer(origins) {
  const env = { LOG: 'warn', RATE_LIMIT_PER_ADDRESS: '0', RATE_LIMIT_PER_USER: '0', LOCALE: 'en', ...process.env, CORS_ORIGINS: origins };
  server = spawn(binary, ['serve'], { stdio: ['ignore', 'ignore', 'inherit'], env });
  await until('the server is up', async () => (await fetch(`${base}/health`).catch(() => null))?.ok ?? 'no answer', 60_000);
}

async function stopServer() {
  const ended = new Promise((done) => server.once('exit', done));
  server.kill('SIGTERM');
  const status = await ended;
  server = null;
  if (status !== 0) throw new Error(`the server ended with ${status}`);
}

function addAgent(email, role, first, last) {
  const words = ['agent', 'add', '--email', email, '--role', role, '--first-name', first, '--last-name', last, '--password-stdin'];
  const done = spawnSync(binary, words, { input: `${PASSWORD}\n`, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`agent add: ${done.stderr}`);
}

// A hostile page: a strict policy, and rules for every element of it.
function startSite() {
  const policy = `default-src 'none'; script-src ${base}; connect-src ${base}; img-src ${base}; style-src 'unsafe-inline'; require-trusted-types-for 'script'`;
  const pageFor = (data) => `<!doctype html><html lang="en"><head><title>Shop</title><meta name="viewport" content="width=device-width">
    <style>div,p,span,button,textarea{color:red!important;font:40px serif!important;display:inline!important;position:static!important}</style></head>
    <body><main><h1>Shop</h1><button id="buy">Buy</button></main><script src="${base}/widget.js" async ${data}></script></body></html>`;
  site = http.createServer((request, answer) => {
    const data = new URL(request.url, 'http://x').searchParams.get('data') ?? '';
    answer.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy });
    answer.end(pageFor(data));
  });
  return new Promise((done) => site.listen(0, '127.0.0.1', () => done(`http://127.0.0.1:${site.address().port}`)));
}

// The operator

async function operator(method, address, body) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const answer = await fetch(base + address, { method, headers, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

const signIn = async (email) => { ({ token } = await operator('POST', '/auth/login', { email, password: PASSWORD })); };
const ticketOf = async (session) => (await operator('GET', '/support/tickets/')).find((ticket) => ticket.session_id === session);
const answers = (ticket, text) => operator('POST', `/support/tickets/${ticket}/messages/`, { text, sender: 'supp' });
const heard = async (ticket) => (await operator('GET', `/support/tickets/${ticket}/messages/`)).map((message) => message.text);

// The browser

class Window {
  /** While the server is away the browser says so, and is right. */
  away = false;
  refusals = [];

  static async open(browser, options = {}) {
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

let visitor;
let owner;
let reader;
let session;
let ticket;
let link;
try {
  const origin = await startSite();
  addAgent('owner@example.com', 'owner', 'Olga', 'Karimova');
  addAgent('agent@example.com', 'agent', 'Timur', 'Saidov');

  await step('a page whose origin is not let in is told how to mend that', async () => {
    await startServer('https://elsewhere.example');
    const stranger = await Window.open(browser);
    stranger.away = true;
    await stranger.page.goto(origin);
    await stranger.launcher.click();
    await stranger.text.fill('hello?');
    await stranger.text.press('Enter');
    await until('the console names the setting', () => stranger.said.some((words) => words.includes('CORS_ORIGINS') && words.includes(origin)) || stranger.said);
    await stranger.context.close();
    await stopServer();
  });

  await step('the bubble opens on a hostile page, and asks for nothing before the first message', async () => {
    await startServer(origin);
    await signIn('owner@example.com');
    visitor = await Window.open(browser);
    await visitor.page.goto(origin);
    await visitor.launcher.waitFor();
    await visitor.shot('bubble');
    const globals = await visitor.page.evaluate(() => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const usual = new Set(Object.getOwnPropertyNames(frame.contentWindow));
      frame.remove();
      return Object.getOwnPropertyNames(window).filter((name) => !usual.has(name) && !/^(\d+|__playwright.*|buy)$/.test(name));
    });
    same('names that the bubble leaves on the page', globals, []);
    await visitor.launcher.click();
    await visitor.page.getByRole('dialog').waitFor();
    same('calls', visitor.asked.filter((url) => url.includes('/support/')), []);
    await visitor.shot('bubble-empty');
    await visitor.clean('the open bubble');
  });

  await step('the keyboard stays in the dialog, Escape closes it and gives the focus back', async () => {
    const inside = () => visitor.page.evaluate(() => document.querySelector('relay-desk').shadowRoot.activeElement?.className ?? null);
    for (let press = 0; press < 12; press += 1) {
      await visitor.page.keyboard.press('Tab');
      if ((await inside()) === null || (await inside()).includes('launcher')) throw new Error('the focus left the dialog');
    }
    await visitor.page.keyboard.press('Escape');
    await visitor.page.getByRole('dialog').waitFor({ state: 'hidden' });
    same('the focus', await inside(), 'launcher');
    await visitor.page.keyboard.press('Enter');
    await visitor.page.getByRole('dialog').waitFor();
  });

  await step('a message opens a session, and the operator reads it', async () => {
    await visitor.says('Hello <b>there</b>, see https://example.com/a?b=c.');
    await visitor.delivered('Hello <b>there</b>');
    ({ session } = await visitor.record());
    await until('the ticket is there', async () => Boolean(ticket = (await ticketOf(session))?.id));
    await until('the text is there', async () => (await heard(ticket)).includes('Hello <b>there</b>, see https://example.com/a?b=c.') || (await heard(ticket)));
    same('links in the text', await visitor.bubble('Hello').locator('a').evaluateAll((all) => all.map((one) => one.href)), ['https://example.com/a?b=c']);
  });

  await step('the answer comes by itself, with the name of who gave it', async () => {
    await answers(ticket, 'Good day! How can we help?');
    await visitor.bubble('Good day!').waitFor();
    await visitor.bubble('Good day!').getByText('Olga Karimova').waitFor();
    await visitor.page.locator('.said > [data-mark=read]', { hasText: 'Hello' }).waitFor();
  });

  await step('with the bubble closed an answer is counted, and read when it is opened', async () => {
    await visitor.page.keyboard.press('Escape');
    await answers(ticket, 'Are you there?');
    await visitor.chat.locator('.badge', { hasText: '1' }).waitFor();
    await visitor.shot('bubble-unread');
    await visitor.launcher.click();
    await visitor.bubble('Are you there?').waitFor();
    await visitor.chat.locator('.badge').waitFor({ state: 'hidden' });
  });

  await step('files go with progress and come as pictures and cards', async () => {
    await visitor.page.locator('.composer input[type=file]').setInputFiles([
      { name: 'lamp.png', mimeType: 'image/png', buffer: picture(200, 120, 60) },
      { name: 'invoice.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4\n%%EOF\n') },
    ]);
    await visitor.page.locator('.chosen li').nth(1).waitFor();
    await visitor.says('Here it is');
    await visitor.delivered('Here it is');
    const image = visitor.bubble('Here it is').locator('.photo img');
    await until('the picture is loaded', () => image.evaluate((one) => one.complete && one.naturalWidth > 0));
    await visitor.bubble('Here it is').getByText('invoice.pdf').waitFor();
    await visitor.shot('bubble-talk');
    await visitor.clean('the conversation');
  });

  await step('a reload keeps the chat, and nothing is there twice', async () => {
    await visitor.page.reload();
    await visitor.launcher.click();
    await visitor.bubble('Here it is').waitFor();
    same('entries', await visitor.page.locator('.said > li:not(.day)').count(), 4);
    same('the session', (await visitor.record()).session, session);
  });

  await step('what is written while the server is away goes out when it is back; nothing is missed or doubled', async () => {
    visitor.away = true;
    await stopServer();
    await visitor.says('written in the dark');
    await visitor.page.locator('.said > [data-mark=wait]', { hasText: 'written in the dark' }).waitFor();
    await visitor.chat.locator('.status.bad').waitFor();
    await startServer(origin);
    // Before the bubble comes back: the gap that it has to fill.
    await answers(ticket, 'answered in the dark');
    await visitor.bubble('answered in the dark').waitFor({ timeout: 60_000 });
    await visitor.delivered('written in the dark');
    await visitor.chat.locator('.status.bad').waitFor({ state: 'detached', timeout: 60_000 });
    visitor.away = false;
    await answers(ticket, 'live again');
    await visitor.bubble('live again').waitFor();
    same('entries', await visitor.page.locator('.said > li:not(.day)').count(), 7);
    same('what the operator has', (await heard(ticket)).filter((text) => text === 'written in the dark').length, 1);
  });

  await step('what was written without a network outlives the page', async () => {
    visitor.away = true;
    await visitor.context.setOffline(true);
    await visitor.says('from the tunnel');
    await visitor.context.setOffline(false);
    await visitor.page.reload();
    visitor.away = false;
    await until('the operator has it once', async () => (await heard(ticket)).filter((text) => text === 'from the tunnel').length === 1 || (await heard(ticket)));
  });

  await step('another tab shows the same chat', async () => {
    const other = await visitor.context.newPage();
    await other.goto(origin);
    await other.locator('relay-desk .launcher').click();
    await other.locator('.said > li', { hasText: 'from the tunnel' }).waitFor();
    await other.close();
  });

  await step('closing asks for a rating, and writing opens the chat again', async () => {
    await visitor.launcher.click();
    await visitor.bubble('from the tunnel').waitFor();
    await operator('POST', `/support/tickets/${ticket}/close/`, {});
    await visitor.page.locator('.closed').waitFor();
    await visitor.clean('the closed chat');
    await visitor.page.locator('.stars label').nth(3).click();
    await visitor.page.locator('.comment').fill('quick');
    await visitor.page.locator('.rate').click();
    await visitor.page.getByText('Thank you for the rating!').waitFor();
    await visitor.shot('bubble-rated');
    await until('the rating is stored', async () => (await ticketOf(session)).rating === 4 || (await ticketOf(session)));
    await visitor.says('one more thing');
    await visitor.delivered('one more thing');
    await visitor.page.locator('.closed').waitFor({ state: 'hidden' });
  });

  await step('on a phone in the dark it fills the screen, in Uzbek and in the colour of the page', async () => {
    const phone = await Window.open(browser, { viewport: PHONE, colorScheme: 'dark', hasTouch: true, isMobile: true });
    await phone.page.goto(`${origin}/?data=${encodeURIComponent('data-lang="uz" data-color="#ffd166" data-title="Lamp"')}`);
    await phone.launcher.click();
    await phone.page.getByText('Assalomu alaykum').waitFor();
    same('its box', await phone.page.getByRole('dialog').boundingBox(), { x: 0, y: 0, ...PHONE });
    await phone.clean('the bubble on a phone');
    await phone.shot('bubble-phone');
    await phone.context.close();
  });

  await step('the chat page without a key shows no word', async () => {
    reader = await Window.open(browser, { javaScriptEnabled: false });
    for (const address of [`/support/chat/${session}/`, `/support/chat/${session}/?key=wrong.1.x`]) {
      const answer = await reader.page.goto(base + address);
      const content = await answer.text();
      for (const word of ['Hello', 'Good day', 'Olga', 'tunnel']) if (content.includes(word)) throw new Error(`${address} says ${word}`);
      same('the referrer', answer.headers()['referrer-policy'], 'no-referrer');
      same('robots', answer.headers()['x-robots-tag'], 'noindex, nofollow');
    }
  });

  await step('with the key it can be read and answered without scripts', async () => {
    const { token: own } = await visitor.record();
    const about = await fetch(`${base}/support/api/sessions/${session}/`, { headers: { authorization: `Bearer ${own}` } });
    link = (await about.json()).session_link;
    await reader.page.goto(link);
    await reader.bubble('Good day!').waitFor();
    await reader.page.getByRole('textbox').fill('without scripts');
    await reader.page.getByRole('button', { name: 'Send' }).click();
    await reader.bubble('without scripts').waitFor();
    await visitor.bubble('without scripts').waitFor();
    same('how often', (await heard(ticket)).filter((text) => text === 'without scripts').length, 1);
    await reader.shot('chat-plain');
    await reader.context.close();
  });

  await step('with scripts the page is live, both ways', async () => {
    reader = await Window.open(browser);
    await reader.page.goto(link);
    await reader.page.locator('.composer input[type=file]').waitFor({ state: 'attached' });
    await reader.says('from the page');
    await reader.delivered('from the page');
    await answers(ticket, 'to the page');
    await reader.bubble('to the page').waitFor();
    await visitor.bubble('from the page').waitFor();
    await reader.shot('chat-light');
    await reader.clean('the chat page');
    await reader.page.setViewportSize(PHONE);
    await reader.page.emulateMedia({ colorScheme: 'dark' });
    await reader.shot('chat-phone-dark');
    await reader.clean('the chat page on a phone in the dark');
    const foreign = reader.asked.filter((url) => !url.startsWith(base));
    same('requests to other hosts', foreign, []);
  });

  const signedIn = async (email, options) => {
    const window = await Window.open(browser, options);
    await window.page.goto(`${base}/support/login/?next=%2Fsupport%2Fadmin%2F`);
    await window.page.getByLabel('E-mail').fill(email);
    await window.page.getByLabel('Password').fill(PASSWORD);
    window.refusals = ['403 '];
    await window.page.getByRole('button', { name: 'Sign in' }).click();
    await window.page.waitForURL('**/support/admin/');
    window.refusals = [];
    return window;
  };
  const part = async (name, title) => {
    await owner.page.locator(`.parts a[href="#${name}"]`).click();
    await owner.page.getByRole('heading', { level: 1, name: title }).waitFor();
    await owner.page.locator('.empty', { hasText: 'Loading' }).waitFor({ state: 'detached' });
  };
  const press = (name) => owner.page.getByRole('button', { name, exact: true }).click();
  const dialog = () => owner.page.getByRole('dialog');

  await step('an agent sees that the page is for owners', async () => {
    const agent = await signedIn('agent@example.com');
    await agent.page.getByRole('heading', { name: 'Only for owners' }).waitFor();
    await agent.clean('the page that is not theirs');
    await agent.context.close();
  });

  await step('an owner adds categories and puts them in order', async () => {
    owner = await signedIn('owner@example.com');
    await part('categories', 'Categories');
    for (const [uz, en] of [['Toʻlov', 'Payment'], ['Yetkazish', 'Delivery']]) {
      await press('Add a category');
      await dialog().getByLabel('Name in Uzbek').fill(uz);
      await dialog().getByLabel('Name in English').fill(en);
      await dialog().getByRole('button', { name: 'Add', exact: true }).click();
      await owner.page.locator('.entry', { hasText: en }).waitFor();
    }
    await press('Up: Delivery');
    await until('Delivery is the first', async () => (await owner.page.locator('.entry b').first().textContent()) === 'Delivery');
    await owner.clean('categories');
    await owner.shot('admin-categories');
  });

  await step('an owner adds an agent, whose password is shown once and works', async () => {
    await part('agents', 'Agents');
    await press('Add an agent');
    await dialog().getByLabel('First name').fill('Ann');
    await dialog().getByLabel('E-mail').fill('owner@example.com');
    await dialog().getByLabel('Delivery').check();
    owner.refusals = ['400 ', '409 '];
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await dialog().locator('.wrong:not(:empty), .trouble:not([hidden])').first().waitFor();
    owner.refusals = [];
    await owner.shot('admin-agent-refused');
    await dialog().getByLabel('E-mail').fill('ann@example.com');
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    const secret = await owner.page.locator('.secret').textContent();
    await owner.clean('the password');
    await owner.page.keyboard.press('Escape');
    await owner.page.locator('.entry', { hasText: 'ann@example.com' }).getByText('Delivery').waitFor();
    const enters = async (password) => (await fetch(`${base}/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email: 'ann@example.com', password }) })).status;
    same('signing in', await enters(secret), 200);
    await press('Block: Ann');
    await dialog().getByRole('button', { name: 'Block', exact: true }).click();
    await owner.page.locator('.entry', { hasText: 'ann@example.com' }).getByText('blocked').waitFor();
    same('signing in while blocked', await enters(secret), 401);
    await owner.clean('agents');
    await owner.shot('admin-agents');
  });

  await step('canned answers are added, refused where the name is no word, and deleted after a question', async () => {
    await part('canned', 'Canned answers');
    await press('Add an answer');
    await dialog().getByLabel('Name').fill('two words');
    await dialog().getByLabel('Text').fill('Hello!');
    owner.refusals = ['400 '];
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await dialog().locator('.wrong:not(:empty)').first().waitFor();
    owner.refusals = [];
    await dialog().getByLabel('Name').fill('hello');
    await dialog().getByRole('button', { name: 'Add', exact: true }).click();
    await owner.page.getByText('/t hello').waitFor();
    await owner.clean('canned answers');
    await press('Delete: hello');
    await dialog().getByRole('button', { name: 'Delete', exact: true }).click();
    await owner.page.getByText('No canned answers yet.').waitFor();
  });

  await step('hours are kept, and a wrong one is pointed at', async () => {
    await part('hours', 'Working hours');
    await press('Add hours: Saturday');
    await owner.page.getByLabel('Saturday, to').fill('25:00');
    owner.refusals = ['400 '];
    await press('Save');
    await owner.page.locator('[data-wrong=sat]:not(:empty)').waitFor();
    owner.refusals = [];
    await owner.page.getByLabel('Saturday, to').fill('13:00');
    await owner.page.getByLabel('Date').fill('2027-01-01');
    await press('Add the day');
    await owner.page.getByLabel('In English').fill('We are asleep.');
    await press('Save');
    await owner.page.getByText('Saved.').waitFor();
    await owner.page.reload();
    same('Saturday', await owner.page.getByLabel('Saturday, to').inputValue(), '13:00');
    same('the text', await owner.page.getByLabel('In English').inputValue(), 'We are asleep.');
    await owner.clean('hours');
    await owner.shot('admin-hours');
  });

  await step("a contact's devices are found by its user id, and deliveries are empty", async () => {
    const app = (address, body) => fetch(base + address, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    await app('/register_device', { user_id: 'user-42', fcm_token: 'x'.repeat(40), platform: 'ios' });
    await app('/send_message', { user_id: 'user-42', message: 'hi' });
    await part('devices', 'Devices');
    await owner.page.getByLabel('User id').fill('user-42');
    await owner.page.keyboard.press('Enter');
    await owner.page.getByRole('cell', { name: 'ios' }).waitFor();
    await owner.clean('devices');
    await owner.shot('admin-devices');
    await part('jobs', 'Deliveries');
    await owner.clean('deliveries');
    await owner.page.setViewportSize(PHONE);
    await owner.page.emulateMedia({ colorScheme: 'dark' });
    for (const [name, title] of [['jobs', 'Deliveries'], ['agents', 'Agents'], ['hours', 'Working hours']]) {
      await part(name, title);
      await owner.clean(`${name} on a phone in the dark`);
      await owner.shot(`admin-phone-${name}`);
    }
    same('requests to other hosts', owner.asked.filter((url) => !url.startsWith(base)), []);
  });

  await step('the server stops when it is asked to', async () => {
    for (const window of [visitor, owner, reader]) window.away = true;
    await stopServer();
  });
  console.log('visitor: ok');
} catch (error) {
  console.error(`visitor: failed at “${stepName}”: ${error.message}`);
  if (complaints.length > 0) console.error(`the browser: ${complaints.join('\n')}`);
  for (const [name, window] of Object.entries({ visitor, owner, reader })) await window?.shot(`failed-${name}`).catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
  site?.close();
  server?.kill('SIGKILL');
}
