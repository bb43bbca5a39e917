import { h } from '../dom.js';
import { Problem, sleep } from '../http.js';
import { action, problemBox } from './action.js';

/** How long a registration that goes on in the background is waited for. */
const REGISTRATION_MS = 60_000;

/** Signing in, and making an account. */
export function showSignIn(ctx) {
  const box = h('div', { class: 'narrow' });
  const show = (form) => {
    box.replaceChildren(form);
    box.querySelector('input').focus();
  };
  const signIn = () => signInForm(ctx, () => show(registerForm(ctx, () => show(signIn()))));
  box.append(signIn());
  return box;
}

function field(label, props, hint) {
  const input = h('input', { required: true, ...props });
  return {
    input,
    element: h('label', { class: 'labelled' }, label, input, hint && h('span', { class: 'hint' }, hint)),
  };
}

function formOf({ title, intro, fields, submit, run, other, onOther }) {
  const problem = problemBox();
  const button = action(submit, run, { problem, kind: 'primary', type: 'submit' });
  const onSubmit = (event) => {
    event.preventDefault();
    void button.press();
  };
  const link = h('button', { type: 'button', class: 'button link', on: { click: onOther } }, other);
  return h(
    'form',
    { class: 'panel', 'aria-labelledby': 'form-title', on: { submit: onSubmit } },
    h('h1', { id: 'form-title' }, title),
    h('p', { class: 'hint' }, intro),
    fields.map((f) => f.element),
    problem.element,
    h('div', { class: 'row' }, button.element, link),
  );
}

function signInForm(ctx, onOther) {
  const email = field('E-mail', {
    type: 'email',
    name: 'email',
    autocomplete: 'username',
    value: ctx.session.email(),
  });
  const password = field('Password', {
    type: 'password',
    name: 'password',
    autocomplete: 'current-password',
  });
  const run = () => ctx.session.signIn(email.input.value.trim(), password.input.value);
  return formOf({
    title: 'Sign in',
    intro: 'Changes to Airtable bases: seen before, watched meanwhile, undone after.',
    fields: [email, password],
    submit: 'Sign in',
    run,
    other: 'Create an account',
    onOther,
  });
}

function registerForm(ctx, onOther) {
  const name = field('Name', { type: 'text', name: 'name', autocomplete: 'name', maxlength: '100' });
  const email = field('E-mail', { type: 'email', name: 'email', autocomplete: 'username' });
  const password = field(
    'Password',
    { type: 'password', name: 'password', autocomplete: 'new-password', minlength: '12' },
    'At least 12 characters.',
  );
  const run = async () => {
    const account = {
      email: email.input.value.trim(),
      password: password.input.value,
      name: name.input.value.trim(),
    };
    const answer = await ctx.register(account);
    if (answer.status === 202) ctx.announce('Setting up your workspace…');
    await signInWhenReady(ctx, account, answer.status === 202);
  };
  return formOf({
    title: 'Create an account',
    intro: 'You get a workspace with a base of your own.',
    fields: [name, email, password],
    submit: 'Create the account',
    run,
    other: 'I have an account',
    onOther,
  });
}

async function signInWhenReady(ctx, { email, password }, patient) {
  const until = Date.now() + REGISTRATION_MS;
  for (;;) {
    try {
      return await ctx.session.signIn(email, password);
    } catch (error) {
      const notYet = patient && error instanceof Problem && error.status === 401 && Date.now() < until;
      if (!notYet) throw error;
      await sleep(1_500);
    }
  }
}
