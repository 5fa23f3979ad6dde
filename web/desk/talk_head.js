// What stands above a conversation and what is done with the ticket there: take, give, resolve, open again.

import { el, find, icon, notice, say, show } from './dom.js';
import { t } from './i18n.js';

export class TalkHead {
  #store;
  #busy = false;

  constructor(store) {
    this.#store = store;
    store.addEventListener('open', () => this.#draw());
    store.addEventListener('ticket', ({ detail }) => detail === store.opened && this.#draw());
    find('#take').addEventListener('click', () => this.take());
    find('#resolve').addEventListener('click', () => this.resolve());
    find('#assign').addEventListener('toggle', (event) => event.target.open && this.#drawAgents());
  }

  async #do(name, body, done) {
    if (this.#busy || !this.#store.ticket) return;
    this.#busy = true;
    try {
      await this.#store.act(name, body);
      notice(done);
    } catch (error) {
      notice(error.message, 'bad');
    } finally {
      this.#busy = false;
    }
  }

  take() {
    const ticket = this.#store.ticket;
    if (!ticket || ticket.resolved || ticket.support_manager?.id === this.#store.me.id) return null;
    return this.#do('assign', { agent: 'me' }, t('done-taken'));
  }

  give(agent) {
    return this.#do('assign', { agent: agent?.id ?? null }, agent ? t('done-given', { name: agent.name }) : t('done-nobody'));
  }

  resolve() {
    const ticket = this.#store.ticket;
    if (!ticket) return null;
    return ticket.resolved ? this.#do('reopen', {}, t('done-reopened')) : this.#do('close', {}, t('done-resolved'));
  }

  openAssign() {
    const menu = find('#assign');
    if (!this.#store.ticket || menu.hidden) return;
    menu.open = true;
    this.#drawAgents();
    find('button', menu)?.focus();
  }

  #draw() {
    const { ticket, me, isOwner } = this.#store;
    if (!ticket) return;
    const name = ticket.user.name || ticket.user.username || ticket.user.email || ticket.user.user_id;
    say(find('#title'), ticket.title || name);
    const status = t(`status-${ticket.status.replace('_', '-')}`);
    say(find('#subtitle'), [name, ticket.number, status, ticket.rating ? `★ ${ticket.rating}` : null].filter(Boolean).join(' · '));
    const agent = ticket.support_manager;
    const own = agent?.id === me.id;
    show(find('#take'), !own && !ticket.resolved);
    say(find('#take span'), t(agent ? 'take-over' : 'take'));
    find('#take').title = `${t(agent ? 'take-over' : 'take')} (t)`;
    show(find('#assign'), !ticket.resolved && (!agent || own || isOwner));
    say(find('#assigned'), agent ? (own ? t('me') : this.#store.agentName(agent)) : t('nobody'));
    const resolve = find('#resolve');
    show(resolve, this.#store.mayAct(ticket));
    say(find('span', resolve), t(ticket.resolved ? 'reopen' : 'resolve'));
    resolve.title = `${t(ticket.resolved ? 'reopen' : 'resolve')} (e)`;
    find('use', resolve).setAttribute('href', ticket.resolved ? '#i-reopen' : '#i-check');
    this.#drawBar(ticket, agent, own);
  }

  /** Why one can not answer here, and what to do about it. */
  #drawBar(ticket, agent, own) {
    const bar = find('#bar');
    const button = find('button', bar);
    const may = this.#store.mayAct(ticket);
    const why = ticket.resolved ? t('bar-closed') : may ? '' : t('bar-not-yours', { name: this.#store.agentName(agent) });
    say(find('p', bar), why);
    say(button, ticket.resolved ? t('reopen') : t('take-over'));
    button.onclick = () => (ticket.resolved ? this.resolve() : this.take());
    show(button, !ticket.resolved || may);
    show(bar, why !== '');
    find('#composer').inert = why !== '';
    show(find('#composer'), why === '');
  }

  #drawAgents() {
    const { agents, ticket, me } = this.#store;
    if (!ticket) return;
    const close = () => {
      find('#assign').open = false;
      find('#assign summary').focus();
    };
    const option = (agent, label) => {
      const current = (ticket.support_manager?.id ?? null) === (agent?.id ?? null);
      const choose = () => {
        close();
        if (!current) this.give(agent);
      };
      return el('li', {}, el('button', { type: 'button', 'aria-current': current ? 'true' : null, onclick: choose }, label, current && icon('check')));
    };
    const others = agents.filter((agent) => !agent.is_blocked && agent.id !== me.id);
    find('#agents').replaceChildren(
      option({ id: me.id, name: me.name }, t('me')),
      ...others.map((agent) => option(agent, agent.name)),
      option(null, t('nobody')),
    );
  }
}
