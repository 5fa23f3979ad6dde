// The owners' page in headless Chromium against a real server: every part of it, and who is kept out. Fails as
// visitor.mjs does.
//
//   SERVER_PORT=5000 node tests/browser/owners.mjs path/to/relaydesk

import { PASSWORD, PHONE, Window, addAgent, base, same, startServer, step, stopServer, until, walk } from './stage.mjs';

let owner;

await walk('owners', async () => {
  addAgent('owner@example.com', 'owner', 'Olga', 'Karimova');
  addAgent('agent@example.com', 'agent', 'Timur', 'Saidov');
  await startServer('https://elsewhere.example');

  const signedIn = async (email, options) => {
    const window = await Window.open(options);
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
    owner.away = true;
    await stopServer();
  });
}, () => ({ owner }));
