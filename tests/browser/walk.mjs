// Walks the demo's page in headless Chromium the way a newcomer does, and fails on the first thing that
// is not as promised, or on any error or warning of the browser.
//
//   node tests/browser/walk.mjs http://127.0.0.1:5000/
//
// CLIENTS_DIR: folder whose node_modules has playwright-core (default: tests/clients). CHROMIUM: the browser
// (default: /usr/bin/chromium). SHOTS_DIR: where screenshots go; without it none are made.

import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { picture } from './picture.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = process.env.CLIENTS_DIR ?? path.join(here, '..', 'clients');
const { chromium } = createRequire(path.join(path.resolve(clients), 'package.json'))('playwright-core');

const base = process.argv[2];
if (!base) {
  console.error('usage: node walk.mjs BASE_URL');
  process.exit(2);
}

const SOON = 15_000;
// After an outage a job waits for its backoff; one that was cut in flight for up to two minutes.
// A group that has had its 20 posts of the minute makes the next ones wait, too.
const EVENTUALLY = 150_000;
const DESKTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
const run = Date.now().toString(36);
const user = `walk-${run}`;
const complaints = [];
let stepName = 'start';

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

const photo = (name, ...colour) => ({ name, mimeType: 'image/png', buffer: picture(...colour) });

/** One window with the page in it, and what people do there. */
class Window {
  static async open(browser, viewport, colorScheme, identity) {
    const context = await browser.newContext({ viewport, colorScheme, locale: 'en-GB' });
    const page = await context.newPage();
    page.setDefaultTimeout(SOON);
    page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
    page.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));
    page.on('requestfailed', (request) => {
      // A reload cuts the event stream and whatever is on its way; that is not a failure.
      const why = request.failure()?.errorText ?? '';
      if (why !== 'net::ERR_ABORTED') complaints.push(`${why} ${request.url()}`);
    });
    const window = new Window(context, page);
    page.on('websocket', (socket) => {
      socket.on('framesent', ({ payload }) => window.sent.push(String(payload)));
      socket.on('framereceived', ({ payload }) => window.received.push(String(payload)));
    });
    await page.goto(base);
    if (identity) await window.becomes(identity, 'Alex Walker');
    await window.online();
    return window;
  }

  /** Frames of the phone's socket. */
  sent = [];
  received = [];

  constructor(context, page) {
    this.context = context;
    this.page = page;
  }

  async online() {
    await this.page.locator('#connection', { hasText: /^online$/ }).waitFor({ state: 'attached' });
  }

  async becomes(id, name) {
    await this.page.locator('#who summary').click();
    await this.page.getByLabel('User id').fill(id);
    await this.page.getByLabel('Name', { exact: true }).fill(name);
    await this.page.getByRole('button', { name: 'Save' }).click();
  }

  bubble(text) {
    return this.page.locator('#chat .bubble', { hasText: text });
  }

  post(text) {
    return this.page.locator('#posts .post', { hasText: text });
  }

  push(text) {
    return this.page.locator('#push-list .push', { hasText: text });
  }

  async phoneSends(text, photos = []) {
    await this.page.locator('#phone-composer input[type=file]').setInputFiles(photos);
    await this.page.getByLabel('Message to support').fill(text);
    await this.page.getByRole('button', { name: 'Send to support' }).click();
    await this.bubble(text).locator('.mark.sent, .mark.read').waitFor();
  }

  async agentReplies(postText, text, photos = []) {
    await this.post(postText).getByRole('button', { name: 'Reply' }).click();
    await this.page.locator('#group-composer .context').waitFor();
    await this.page.locator('#group-composer input[type=file]').setInputFiles(photos);
    await this.page.getByLabel('Message in the group').fill(text);
    await this.page.getByRole('button', { name: 'Send in the group' }).click();
    await this.post(text).waitFor();
  }

  async sets(part, to) {
    const button = this.page.locator(`#faults [data-part=${part}][data-to="${to}"]`);
    await button.click();
    await until(`${part} is ${to}`, async () => (await button.getAttribute('aria-pressed')) === 'true');
  }

  async waiting() {
    return Number(await this.page.locator('#queue-waiting').textContent());
  }

  async queueHolds(least) {
    await until(`at least ${least} waits in the queue`, async () => (await this.waiting()) >= least || (await this.waiting()));
  }

  async queueEmpties() {
    await until('the queue empties', async () => (await this.waiting()) === 0 || (await this.waiting()), EVENTUALLY);
  }

  async tab(name) {
    await this.page.locator(`.tabs [data-tab=${name}]`).click();
  }

  async fits() {
    await until('nothing is wider than the window', () => this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
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

let wide;
let small;
try {
  await step('the page opens and the phone is online', async () => {
    wide = await Window.open(browser, DESKTOP, 'light', user);
    await wide.page.locator('#chat .theirs', { hasText: 'Alex Walker' }).waitFor();
    await wide.shot('wide-light-empty');
  });

  await step('a text from the phone is posted in the group, formatted', async () => {
    await wide.phoneSends(`hello <b>${run}</b> & all`);
    const post = wide.post(`hello <b>${run}</b> & all`);
    await post.waitFor({ timeout: EVENTUALLY });
    await post.locator('b').first().waitFor();
    if ((await post.locator('b', { hasText: run }).count()) > 0) throw new Error("the contact's text became markup");
    if ((await post.locator('a').count()) > 0) throw new Error("the post's mark can be focused");
    await post.getByText(user).waitFor();
  });

  await step('photos from the phone are posted, several as an album', async () => {
    await wide.phoneSends(`two photos ${run}`, [photo('red.png', 200, 70, 60), photo('green.png', 60, 150, 90)]);
    await wide.bubble(`two photos ${run}`).locator('img').nth(1).waitFor();
    await until('the group shows both photos', async () => {
      const images = wide.post(`two photos ${run}`).locator('.album img');
      const loaded = await images.evaluateAll((all) => all.filter((image) => image.complete && image.naturalWidth > 0).length);
      return loaded === 2 || loaded;
    }, EVENTUALLY);
  });

  await step('a photo opens whole and closes again', async () => {
    await wide.bubble(`two photos ${run}`).locator('.photo').first().click();
    const whole = wide.page.locator('#viewer-image');
    await until('the whole photo is loaded', () => whole.evaluate((image) => image.complete && image.naturalWidth === 320));
    await wide.page.keyboard.press('Escape');
    await whole.waitFor({ state: 'hidden' });
  });

  await step('the phone tells that its owner is typing; a forum shows it in the topic', async () => {
    await wide.page.getByLabel('Message to support').pressSequentially('typ');
    await until('the socket says typing', () => wide.sent.includes(`42["typing",{"user_id":"${user}","typing":true}]`));
    // In a group without topics Telegram could not say who it is that types.
    if (await wide.page.locator('#topics').isVisible()) {
      await until('the topic shows it, while its owner types on', async () => {
        await wide.page.getByLabel('Message to support').press('x');
        return wide.page.locator('#group-sub', { hasText: 'is typing' }).isVisible();
      });
    }
    await wide.page.getByLabel('Message to support').fill('');
  });

  await step('an answer from the group reaches the phone without a reload', async () => {
    await wide.agentReplies(`hello <b>${run}</b>`, `answer ${run}`);
    const bubble = wide.bubble(`answer ${run}`);
    await bubble.waitFor();
    await bubble.locator('.agent').waitFor();
    await wide.bubble(`hello <b>${run}</b>`).locator('.mark.read').waitFor();
  });

  await step('its push is shown with the payload', async () => {
    const push = wide.push(`answer ${run}`);
    await push.waitFor();
    await push.getByText('delivered').waitFor();
    await push.locator('summary').click();
    const payload = JSON.parse(await push.locator('pre').textContent());
    if (payload.data.type !== 'support_reply' || payload.data.user_id !== user) throw new Error(`odd payload ${JSON.stringify(payload)}`);
  });

  await step("an agent's photo reaches the phone", async () => {
    await wide.agentReplies(`hello <b>${run}</b>`, `picture ${run}`, [photo('blue.png', 60, 100, 200)]);
    await wide.bubble(`picture ${run}`).locator('.photo img').waitFor();
    await wide.shot('wide-light');
  });

  await step("an agent's edit changes the phone's bubble", async () => {
    await wide.post(`answer ${run}`).getByRole('button', { name: 'Edit' }).click();
    await wide.page.getByLabel('Message in the group').fill(`corrected ${run}`);
    await wide.page.getByRole('button', { name: 'Send in the group' }).click();
    await wide.bubble(`corrected ${run}`).locator('.edited').waitFor();
    await wide.bubble(`answer ${run}`).waitFor({ state: 'detached' });
  });

  await step('talk among agents stays among agents', async () => {
    await wide.page.getByLabel('Agent', { exact: true }).selectOption({ index: 1 });
    await wide.page.getByLabel('Message in the group').fill(`lunch ${run}`);
    await wide.page.getByRole('button', { name: 'Send in the group' }).click();
    await wide.post(`lunch ${run}`).waitFor();
    await wide.page.getByLabel('Agent', { exact: true }).selectOption({ index: 0 });
    await wide.agentReplies(`two photos ${run}`, `after lunch ${run}`);
    await wide.bubble(`after lunch ${run}`).waitFor();
    if ((await wide.page.locator('#chat .bubble').filter({ hasText: new RegExp(`^(?!.*after).*lunch ${run}`) }).count()) > 0) {
      throw new Error('the contact got what agents said to each other');
    }
  });

  await step('the history is there after a reload', async () => {
    await wide.page.reload();
    await wide.online();
    for (const text of [`hello <b>${run}</b>`, `two photos ${run}`, `corrected ${run}`, `picture ${run}`]) await wide.bubble(text).waitFor();
    const copies = await wide.bubble(`corrected ${run}`).count();
    if (copies !== 1) throw new Error(`${copies} copies of one answer`);
  });

  await step('in the pocket the phone shows pushes and an unread badge', async () => {
    await wide.page.locator('#pocket').click();
    await wide.agentReplies(`hello <b>${run}</b>`, `in the pocket ${run}`);
    await wide.page.locator('#notices li', { hasText: `in the pocket ${run}` }).waitFor();
    await wide.page.locator('#badge', { hasText: /^1$/ }).waitFor();
    await wide.shot('wide-light-locked');
    await wide.page.locator('#unlock').click();
    await wide.online();
    await wide.bubble(`in the pocket ${run}`).waitFor();
    await wide.page.locator('#tab-badge').waitFor({ state: 'hidden' });
  });

  await step('a person writes to the bot privately, an agent has a chat of its own', async () => {
    const { page } = wide;
    const shown = (text) => page.locator('#private-posts .post.own', { hasText: text });
    await page.locator('#start').click();
    await shown('/start').waitFor();
    await page.locator('#private-composer input[type=file]').setInputFiles([photo('grey.png', 120, 120, 120)]);
    await page.getByLabel('Message to the bot').fill(`private ${run}`);
    await page.getByRole('button', { name: 'Send to the bot' }).click();
    await shown(`private ${run}`).locator('.photo img').waitFor();
    await page.getByLabel('Person').selectOption({ index: 1 });
    await shown(`private ${run}`).waitFor({ state: 'detached' });
    await page.locator('#start').waitFor();
    await page.getByLabel('Person').selectOption({ index: 0 });
    await shown(`private ${run}`).waitFor();
    await page.locator('#block').click();
    await page.locator('#private-banner', { hasText: 'has blocked the bot' }).waitFor();
    await page.locator('#block').click();
    await page.locator('#private-banner').waitFor({ state: 'hidden' });
    await wide.shot('wide-light-private');
  });

  await step('Telegram down: the message is taken, waits, and arrives when Telegram is back', async () => {
    await wide.sets('telegram', 'down');
    await wide.page.locator('#telegram-banner', { hasText: 'Telegram is down' }).waitFor();
    await wide.phoneSends(`while down ${run}`);
    await wide.queueHolds(1);
    if ((await wide.post(`while down ${run}`).count()) > 0) throw new Error('posted into a Telegram that is down');
    await wide.shot('wide-light-down');
    await wide.sets('telegram', 'up');
    await wide.post(`while down ${run}`).waitFor({ timeout: EVENTUALLY });
    await wide.page.locator('#telegram-banner').waitFor({ state: 'hidden', timeout: EVENTUALLY });
    await wide.queueEmpties();
  });

  await step('Telegram answers 429: the message waits and arrives', async () => {
    await wide.sets('telegram', '429');
    await wide.page.locator('#telegram-banner', { hasText: '429' }).waitFor();
    await wide.phoneSends(`while slow ${run}`);
    await wide.queueHolds(1);
    await wide.sets('telegram', 'up');
    await wide.post(`while slow ${run}`).waitFor({ timeout: EVENTUALLY });
    await wide.queueEmpties();
  });

  await step('FCM down: the push waits and arrives when FCM is back', async () => {
    await wide.sets('fcm', 'down');
    await wide.page.locator('#fcm-banner').waitFor();
    await wide.agentReplies(`while down ${run}`, `no push yet ${run}`);
    await wide.bubble(`no push yet ${run}`).waitFor({ timeout: EVENTUALLY });
    await wide.queueHolds(1);
    await wide.sets('fcm', 'up');
    await wide.push(`no push yet ${run}`).first().waitFor({ timeout: EVENTUALLY });
    await wide.queueEmpties();
  });

  await step('on a phone-sized window, in the dark, each part has its tab', async () => {
    small = await Window.open(browser, PHONE, 'dark', user);
    await small.bubble(`corrected ${run}`).waitFor();
    await small.fits();
    await small.shot('small-dark-phone');
    await small.tab('group');
    await small.post(`hello <b>${run}</b>`).waitFor();
    await small.fits();
    await small.shot('small-dark-group');
    await small.agentReplies(`hello <b>${run}</b>`, `unread ${run}`);
    await small.page.locator('#tab-badge', { hasText: '1' }).waitFor();
    await small.tab('private');
    await small.page.locator('#private-posts .post', { hasText: `private ${run}` }).waitFor();
    await small.fits();
    await small.shot('small-dark-private');
    await small.tab('pushes');
    await small.push(`unread ${run}`).first().waitFor();
    await small.fits();
    await small.shot('small-dark-pushes');
    await small.tab('faults');
    await small.page.locator('#queue').waitFor();
    await small.fits();
    await small.shot('small-dark-faults');
    await small.tab('phone');
    await small.bubble(`unread ${run}`).waitFor();
    await small.page.locator('#tab-badge').waitFor({ state: 'hidden' });
  });

  await step("both devices of the contact show what one of them sends", async () => {
    await small.phoneSends(`from the other device ${run}`);
    await wide.bubble(`from the other device ${run}`).waitFor();
  });

  await step('the colour scheme follows the system in both sizes', async () => {
    const ground = (window) => window.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const [light, dark] = [await ground(wide), await ground(small)];
    await wide.page.emulateMedia({ colorScheme: 'dark' });
    await small.page.emulateMedia({ colorScheme: 'light' });
    await until('the schemes swap', async () => (await ground(wide)) === dark && (await ground(small)) === light);
    await wide.fits();
    await wide.shot('wide-dark');
    await small.shot('small-light-phone');
  });

  await step('typing of an agent shows on the phone', async () => {
    // Telegram tells bots nothing of who types; other staff channels do. So the frame is slipped in here.
    let line;
    await small.page.routeWebSocket(/socket\.io/, (socket) => {
      line = socket;
      socket.connectToServer();
    });
    await small.page.reload();
    await small.online();
    line.send(`42["typing",{"user_id":"${user}","typing":true}]`);
    await small.page.locator('#agent-typing').waitFor();
    line.send(`42["typing",{"user_id":"${user}","typing":false}]`);
    await small.page.locator('#agent-typing').waitFor({ state: 'hidden' });
  });

  console.log('walk: ok');
} catch (error) {
  console.error(`walk: failed at “${stepName}”: ${error.message}`);
  if (complaints.length > 0) console.error(`the browser: ${complaints.join('\n')}`);
  await wide?.shot('failed-wide').catch(() => {});
  await small?.shot('failed-small').catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
}
