// Walks the bot through the demo's page in headless Chromium: an owner sets the desk up from a private chat, a user asks
// with a photo and is given to an agent, who answers from a private chat; the user replies, the owner reads the report.
//
//   node tests/browser/bot.mjs http://127.0.0.1:5000/
//
// CLIENTS_DIR, CHROMIUM, SHOTS_DIR: as for walk.mjs.

import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { picture } from './picture.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const clients = process.env.CLIENTS_DIR ?? path.join(here, '..', 'clients');
const { chromium } = createRequire(path.join(path.resolve(clients), 'package.json'))('playwright-core');

const base = process.argv[2];
if (!base) {
  console.error('usage: node bot.mjs BASE_URL');
  process.exit(2);
}

const SOON = 20_000;
const complaints = [];
let stepName = 'start';

async function step(name, act) {
  stepName = name;
  const started = Date.now();
  await act();
  if (complaints.length > 0) throw new Error(`the browser complained: ${complaints.join('; ')}`);
  console.log(`  ${name} (${Date.now() - started} ms)`);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: 'light', locale: 'en-GB' });
const page = await context.newPage();
page.setDefaultTimeout(SOON);
page.on('console', (message) => ['error', 'warning'].includes(message.type()) && complaints.push(`${message.type()}: ${message.text()}`));
page.on('pageerror', (error) => complaints.push(`page error: ${error.message}`));
page.on('response', (answer) => answer.status() >= 400 && complaints.push(`${answer.status()} ${answer.url()}`));

const shot = async (name) => {
  if (process.env.SHOTS_DIR) await page.screenshot({ path: path.join(process.env.SHOTS_DIR, `bot-${name}.png`) });
};
/** The newest post of the bot with this in it, and the buttons under it. */
const post = (text) => page.locator('#private-posts .post.bot', { hasText: text }).last();
const press = (text, button) => post(text).getByRole('button', { name: button }).click();
const group = (text) => page.locator('#posts .post', { hasText: text });
const becomes = (name) => page.getByLabel('Person').selectOption({ label: name });
const writes = async (text) => {
  await page.getByLabel('Message to the bot').fill(text);
  await page.getByRole('button', { name: 'Send to the bot' }).click();
};

try {
  await page.goto(base);
  const people = await page.getByLabel('Person').locator('option').allTextContents();
  const agent = people.find((name) => name.includes('Anna'));
  const user = people.find((name) => name.includes('Alice'));
  if (!agent || !user) throw new Error(`who is there: ${people}`);

  await step('an owner adds a category and answers it herself', async () => {
    await becomes(agent);
    await writes('/superadmin');
    await press('The desk', 'Categories');
    await press('Categories: 0', 'Add a category');
    await post('What is it called? (O‘zbekcha)').waitFor();
    await writes('Yetkazib berish');
    await press('O‘zbekcha: Yetkazib berish', '✏️ English');
    await post('What is it called? (English)').waitFor();
    await writes('Delivery');
    await post('English: Delivery').waitFor();
    await writes('/superadmin');
    await press('The desk', 'Admins');
    await press('Admins: 1', 'Anna');
    await press('Telegram:', '☐ Delivery');
    await post('Telegram:').getByRole('button', { name: '☑ Delivery' }).waitFor();
    await shot('owner');
  });

  await step('a user asks with a photo and is given a number and an agent', async () => {
    await becomes(user);
    await page.locator('#start').click();
    await press('Which language', 'English');
    await press('What is your question about', 'Delivery');
    await post('Delivery: write your question').waitFor();
    await page.locator('#private-composer input[type=file]').setInputFiles([{ name: 'box.png', mimeType: 'image/png', buffer: picture(90, 120, 200) }]);
    await writes('It arrived like this');
    await post('is accepted').waitFor();
    await group('It arrived like this').first().waitFor();
    await shot('user');
  });

  await step('the agent is told and answers from her private chat', async () => {
    await becomes(agent);
    await press('this ticket is yours now', 'Open');
    await post('👤 Alice').waitFor();
    await press('👤 Alice', 'Files: 1');
    await page.locator('#private-posts .post.bot .photo img').last().waitFor();
    await press('👤 Alice', '💬 Answer');
    await post('Write your answer').waitFor();
    await writes('A new one is on its way');
    await post('answered').waitFor();
    await group('A new one is on its way').first().waitFor();
    await shot('agent');
  });

  await step('the user replies, and the agent hears it', async () => {
    await becomes(user);
    await post('A new one is on its way').waitFor();
    await writes('Thank you!');
    await group('Thank you!').first().waitFor();
    await becomes(agent);
    await post('Alice writes').waitFor();
    await writes('/cancel');
    await post('nothing happens').waitFor();
    await press('👤 Alice', '🔒 Close');
    await post('Why is').waitFor();
    await writes('sent again');
    await post(': closed').waitFor();
    await becomes(user);
    await press('How did we do', '5 ⭐');
    await post('⭐⭐⭐⭐⭐').waitFor();
  });

  await step('the owner sees the report with its picture', async () => {
    await becomes(agent);
    await writes('/superadmin');
    await press('The desk', 'Report');
    await post('came: 1').waitFor();
    await page.locator('#private-posts .post.bot', { hasText: 'blue came, green closed' }).locator('.photo img').waitFor();
    await shot('report');
  });

  await step('in the dark it is as readable', async () => {
    await page.emulateMedia({ colorScheme: 'dark' });
    await shot('report-dark');
    await becomes(user);
    await writes('/questions');
    await press('Your questions: 1', 'TKT-');
    await post('· closed').waitFor();
    await shot('questions-dark');
  });

  await step('a category gets a group of its own, which has a tab of its own', async () => {
    const tab = (name) => page.getByRole('group', { name: 'Groups' }).getByRole('button', name);
    await page.getByRole('button', { name: 'Add a group' }).click();
    await tab({ name: 'Group 2', pressed: true }).waitFor();
    const id = (await page.locator('#group-sub').textContent()).replace('id ', '');
    await becomes(agent);
    await writes('/superadmin');
    await press('The desk', 'Categories');
    await press('Categories: 1', 'Delivery');
    await press('English: Delivery', '👥 Another group');
    await post('Which group gets the tickets').waitFor();
    await shot('group-asked-dark');
    await writes(id);
    await post(`go to this group now: Group 2 (${id})`).waitFor();
    await tab({ name: 'Support' }).focus();
    await page.keyboard.press('Enter');
    await group('Thank you!').first().waitFor();
    await becomes(user);
    await writes('/ask');
    await press('What is your question about', 'Delivery');
    await page.locator('#private-posts .post.bot', { hasText: 'Delivery: write your question' }).nth(1).waitFor();
    await writes('Where is the second one?');
    await tab({ name: 'Group 2, new posts' }).click();
    await group('Where is the second one?').first().waitFor();
    await shot('group-dark');
    await page.locator('#posts .post.bot').getByRole('button', { name: 'Close' }).last().click();
    await group('Alice: closed by Anna').first().waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
    await shot('group');
  });
  console.log('bot: ok');
} catch (error) {
  console.error(`bot: failed at “${stepName}”: ${error.message}`);
  if (complaints.length > 0) console.error(`the browser: ${complaints.join('\n')}`);
  await shot('failed').catch(() => {});
  process.exitCode = 1;
} finally {
  await browser.close();
}
