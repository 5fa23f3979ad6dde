// The owners' page in headless Chromium against a real server: every part of it, and who is kept out. Fails as
// visitor.mjs does.
//
//   SERVER_PORT=5000 node tests/browser/owners.mjs path/to/relaydesk

import { DESKTOP, PASSWORD, PHONE, Window, addAgent, base, operator, same, signIn, startServer, step, stopServer, until, walk } from './stage.mjs';

const REPORTS = '/support/manager/reports/';
const DEVICE = `phone-${'x'.repeat(40)}`;
const REFUSED = 'HTTP 403 SENDER_ID_MISMATCH';
// Where the sandbox is told what to play.
const sandbox = `${process.env.TELEGRAM_API_URL}/sandbox`;

let owner;
let ticket;

async function sent(method, address, body) {
  const answer = await fetch(address, { method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${address}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
const app = (address, body) => sent('POST', base + address, body);
const deviceIs = (state) => sent('POST', `${sandbox}/device`, { token: DEVICE, state });
const pushes = async () => (await sent('GET', `${sandbox}/state`)).pushes.filter((push) => push.token === DEVICE);

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
    await agent.page.goto(base + REPORTS);
    await agent.page.getByRole('heading', { name: 'My work' }).waitFor();
    same('pictures of the whole desk', await agent.page.locator('.chart').count(), 0);
    await agent.clean('the report of an agent');
    await agent.context.close();
  });

  await step('an owner links a Telegram account with a code, and unlinks it', async () => {
    owner = await signedIn('owner@example.com');
    const chosen = async () => {
      await owner.page.locator('.account summary').click();
      await press('Telegram');
      await dialog().waitFor();
    };
    const closed = () => dialog().getByRole('button', { name: 'Close' }).click();
    const answered = async (text) => {
      let post;
      await until(`the bot says “${text}”`, async () => {
        const posts = (await sent('GET', `${sandbox}/state`)).private_posts;
        post = posts.find((one) => one.by_bot && one.text.includes(text));
        return post !== undefined || posts.map((one) => one.text);
      });
      return post.id;
    };
    await chosen();
    const command = await dialog().locator('.secret').textContent();
    const link = await dialog().getByRole('link', { name: 'Open Telegram' }).getAttribute('href');
    same('the link', link, `https://t.me/relaydesk_sandbox_bot?start=link_${command.slice('/link '.length)}`);
    await owner.clean('the code');
    await owner.shot('telegram-code');
    await closed();
    await sent('POST', `${sandbox}/private/say`, { person: 'Olga', language: 'en', text: command });
    const question = await answered('Is this you: Olga Karimova of the support team?');
    await sent('POST', `${sandbox}/private/press`, { person: 'Olga', message_id: question, button: '✅ Yes, link' });
    await answered('You are Olga Karimova');
    owner.refusals = ['409 '];
    await chosen();
    await owner.clean('the question whether to unlink');
    await owner.shot('telegram-unlink');
    await dialog().getByRole('button', { name: 'Unlink' }).click();
    await owner.page.locator('#notices', { hasText: 'no longer linked' }).waitFor();
    owner.refusals = [];
  });

  await step('an owner adds categories and puts them in order', async () => {
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

  const inTheDark = async (what, shot) => {
    await owner.page.emulateMedia({ colorScheme: 'dark' });
    await owner.clean(`${what} in the dark`);
    await owner.shot(`${shot}-dark`);
    await owner.page.setViewportSize(PHONE);
    await owner.clean(`${what} on a phone in the dark`);
    await owner.shot(`${shot}-phone-dark`);
    await owner.page.emulateMedia({ colorScheme: 'light' });
    await owner.clean(`${what} on a phone`);
    await owner.shot(`${shot}-phone`);
    await owner.page.setViewportSize(DESKTOP);
  };
  const devices = async () => {
    await part('devices', 'Devices');
    await owner.page.getByLabel('User id').fill('user-42');
    await owner.page.keyboard.press('Enter');
    await owner.page.getByRole('cell', { name: 'ios' }).waitFor();
  };

  await step("a contact's device is found by its user id, with why its last push was refused", async () => {
    await signIn('owner@example.com');
    await deviceIs('foreign');
    await app('/register_device', { user_id: 'user-42', fcm_token: DEVICE, platform: 'ios' });
    await app('/send_message', { user_id: 'user-42', message: 'hi' });
    ticket = (await operator('GET', '/support/tickets/')).at(0).id;
    await operator('POST', `/support/tickets/${ticket}/messages/`, { text: 'Hello!', sender: 'supp' });
    await until('the push is given up', async () => (await operator('GET', '/support/jobs/dead/')).length === 1);
    await devices();
    await owner.page.getByRole('cell', { name: REFUSED }).waitFor();
    await owner.clean('devices');
    await owner.shot('admin-devices');
    await inTheDark('devices', 'admin-devices');
  });

  await step('what was given up is shown with its reason, comes back while it is refused, and goes when it is not', async () => {
    await part('jobs', 'Deliveries');
    const given = owner.page.locator('.entry', { hasText: REFUSED });
    await given.getByText(`ticket ${ticket}`).waitFor();
    same('deliveries', await owner.page.locator('.entry').count(), 1);
    await owner.clean('deliveries');
    await owner.shot('admin-jobs');
    await inTheDark('deliveries', 'admin-jobs');
    const again = () => owner.page.getByRole('button', { name: /^Try again #/ }).click();
    await again();
    await owner.page.getByText('On its way.').waitFor();
    await until('it is refused anew', async () => (await pushes()).length === 2);
    await until('it is given up anew', async () => (await operator('GET', '/support/jobs/dead/')).length === 1);
    await owner.page.reload();
    await given.waitFor();
    await deviceIs('fine');
    await again();
    await owner.page.getByText('Nothing was given up.').waitFor();
    await until('the phone gets it', async () => (await pushes()).at(-1).accepted);
    same('what it got', (await pushes()).at(-1).message.notification.body, 'Hello!');
    await until('nothing waits', async () => (await sent('GET', `${base}/ready`)).queue.dead === 0);
    await owner.page.reload();
    await owner.page.getByText('Nothing was given up.').waitFor();
    await devices();
    await owner.page.getByRole('cell', { name: 'no error' }).waitFor();
  });

  const tile = (name) => owner.page.locator('.tile', { hasText: name }).locator('dd').textContent();
  const rows = async (title) => {
    const sheet = owner.page.locator('.sheet', { has: owner.page.getByRole('heading', { name: title, exact: true }) });
    if (!(await sheet.locator('details').evaluate((details) => details.open))) await sheet.locator('summary').click();
    return sheet.locator('tbody tr').evaluateAll((all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
  };
  const days = () => Promise.all(['From', 'To'].map((name) => owner.page.getByLabel(name, { exact: true }).inputValue()));
  const choose = async (from, to) => {
    await owner.page.getByLabel('From', { exact: true }).fill(from);
    await owner.page.getByLabel('To', { exact: true }).fill(to);
    await Promise.all([owner.page.waitForURL(`**${REPORTS}?from=${from}&to=${to}`), press('Show')]);
  };

  await step('the report counts what this walk did, as pictures with words and as tables', async () => {
    await operator('POST', `/support/tickets/${ticket}/close/`, { reason: 'Answered' });
    await app('/rate_ticket', { user_id: 'user-42', rating: 4 });
    await owner.page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Reports' }).click();
    await owner.page.getByRole('heading', { level: 1, name: 'Reports' }).waitFor();
    for (const [name, words] of [
      ['Tickets by day', 'Created: 1. Closed: 1.'], ['First answer and closing times', 'First answer'], ['Tickets by agent', 'Olga Karimova: 1 / 1'],
      ['Tickets by category', 'No category: 1'], ['Ratings', '★★★★: 1'],
    ]) {
      const picture = owner.page.getByRole('img', { name: new RegExp(`^${name}`) });
      await picture.waitFor();
      const told = await picture.locator('desc').textContent();
      if (!told.includes(words)) throw new Error(`the picture “${name}” says “${told}”`);
      const drawn = await picture.locator('rect').evaluateAll((all) => all.filter((one) => one.getBoundingClientRect().height >= 4 && one.getBoundingClientRect().width >= 4).length);
      if (drawn === 0) throw new Error(`the picture “${name}” shows nothing`);
    }
    same('tiles', await Promise.all(['Created', 'Closed', 'Open now', 'Average rating'].map(tile)), ['1', '1', '0', '4.0']);
    const [, today] = await days();
    same('the last day', (await rows('Tickets by day')).at(-1), [today, '1', '1']);
    same('agents', await rows('Tickets by agent'), [['Olga Karimova', '1', '1']]);
    same('ratings', await rows('Ratings'), [['1', '0'], ['2', '0'], ['3', '0'], ['4', '1'], ['5', '0']]);
    await owner.clean('the report with its tables');
    await owner.page.reload();
    await owner.clean('the report');
    await owner.shot('reports');
    await inTheDark('the report', 'reports');
  });

  await step('the days of the report can be chosen, there and back, and wrong ones are told', async () => {
    const [first, last] = await days();
    const earlier = (day, years) => `${Number(day.slice(0, 4)) - years}${day.slice(4, 8)}01`;
    await choose(earlier(first, 2), earlier(last, 2));
    same('tiles of long ago', await Promise.all(['Created', 'Closed'].map(tile)), ['0', '0']);
    same('pictures of long ago', await owner.page.locator('.chart:visible', { hasText: 'Nothing in these days' }).count(), 5);
    await owner.clean('an empty report');
    await owner.shot('reports-empty');
    await choose(first, last);
    same('tiles of now', await Promise.all(['Created', 'Closed'].map(tile)), ['1', '1']);
    owner.refusals = ['400 '];
    for (const [from, to] of [[last, first], [earlier(first, 3), last]]) {
      await choose(from, to);
      await owner.page.getByRole('alert').getByText('Choose a first day').waitFor();
      same('the field', await owner.page.getByLabel('From', { exact: true }).getAttribute('aria-invalid'), 'true');
      same('the days shown instead', await days(), [first, last]);
      same('tiles shown instead', await Promise.all(['Created', 'Closed'].map(tile)), ['1', '1']);
    }
    owner.refusals = [];
    await owner.clean('a report of days that can not be');
    await owner.shot('reports-wrong');
  });

  await step('on a phone in the dark the other parts are as they should be', async () => {
    await owner.page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Administration' }).click();
    await owner.page.setViewportSize(PHONE);
    await owner.page.emulateMedia({ colorScheme: 'dark' });
    for (const [name, title] of [['agents', 'Agents'], ['categories', 'Categories'], ['canned', 'Canned answers'], ['hours', 'Working hours']]) {
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
