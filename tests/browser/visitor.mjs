// The chat bubble on a page of another origin, and the chat page, in headless Chromium against a real server. Fails on
// the first thing that is not as promised, on any error of the browser, and on whatever axe finds.
//
//   SERVER_PORT=5000 node tests/browser/visitor.mjs path/to/relaydesk
//
// Runs in an empty folder; the server is started, stopped and started again from here.

import http from 'node:http';

import { picture } from './picture.mjs';
import { PHONE, Window, addAgent, base, operator, same, signIn, startServer, step, stopServer, until, walk } from './stage.mjs';

let site = null;
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

const ticketOf = async (session) => (await operator('GET', '/support/tickets/')).find((ticket) => ticket.session_id === session);
const answers = (ticket, text) => operator('POST', `/support/tickets/${ticket}/messages/`, { text, sender: 'supp' });
const heard = async (ticket) => (await operator('GET', `/support/tickets/${ticket}/messages/`)).map((message) => message.text);

// Somebody with a phone of their own, in the sandbox.
const sandbox = `${process.env.TELEGRAM_API_URL}/sandbox`;
const told = async (text) => {
  let post;
  await until(`the bot says “${text}”`, async () => {
    const posts = (await (await fetch(`${sandbox}/state`)).json()).private_posts;
    post = posts.find((one) => one.by_bot && one.text.includes(text));
    return post !== undefined || posts.map((one) => one.text);
  });
  return post.id;
};
const telegram = async (path, body) => {
  const answer = await fetch(`${sandbox}/${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ person: 'Vera', language: 'en', ...body }) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
};

let visitor;
let reader;
let session;
let ticket;
let link;

await walk('visitor', async () => {
  const origin = await startSite();
  addAgent('owner@example.com', 'owner', 'Olga', 'Karimova');

  await step('a page whose origin is not let in is told how to mend that', async () => {
    await startServer('https://elsewhere.example');
    const stranger = await Window.open();
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
    visitor = await Window.open();
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

  await step('the answer can be had in Telegram too, and what is written there is in the bubble', async () => {
    await visitor.page.getByRole('button', { name: 'Get the answer in Telegram too' }).click();
    const link = visitor.page.getByRole('link', { name: 'Open Telegram' });
    const [, payload] = (await link.getAttribute('href')).split('?start=');
    await visitor.clean('the link to Telegram');
    await visitor.shot('bubble-telegram');
    await telegram('private/say', { text: `/start ${payload}` });
    const question = await told('Is this you');
    await telegram('private/press', { message_id: question, button: '✅ Yes, link' });
    await told('Linked with');
    await answers(ticket, 'In both places');
    await told('In both places');
    await visitor.bubble('In both places').waitFor();
    await telegram('private/say', { text: 'Thanks, from the train' });
    await visitor.bubble('Thanks, from the train').waitFor();
    // Followed without leaving for another host.
    await link.evaluate((node) => node.addEventListener('click', (event) => event.preventDefault()));
    await link.click();
    await visitor.page.locator('.elsewhere').waitFor({ state: 'hidden' });
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
    same('entries', await visitor.page.locator('.said > li:not(.day)').count(), 6);
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
    same('entries', await visitor.page.locator('.said > li:not(.day)').count(), 9);
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
    const phone = await Window.open({ viewport: PHONE, colorScheme: 'dark', hasTouch: true, isMobile: true });
    await phone.page.goto(`${origin}/?data=${encodeURIComponent('data-lang="uz" data-color="#ffd166" data-title="Lamp"')}`);
    await phone.launcher.click();
    await phone.page.getByText('Assalomu alaykum').waitFor();
    // It comes in with a movement; what counts is where it ends.
    await until('it fills the screen', async () => {
      const box = await phone.page.getByRole('dialog').boundingBox();
      const off = [box.x, box.y, box.width - PHONE.width, box.height - PHONE.height];
      return off.every((by) => Math.abs(by) < 0.5) || box;
    });
    await phone.clean('the bubble on a phone');
    await phone.shot('bubble-phone');
    await phone.context.close();
  });

  await step('the chat page without a key shows no word', async () => {
    reader = await Window.open({ javaScriptEnabled: false });
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
    reader = await Window.open();
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

  await step('the server stops when it is asked to', async () => {
    for (const window of [visitor, reader]) window.away = true;
    await stopServer();
  });
}, () => ({ visitor, reader }));
site?.close();
