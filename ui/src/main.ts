import { mount } from 'svelte';
import './app.css';
import { App } from './lib/app/app.svelte';
import { connect } from './lib/backend';
import { toApiError } from './lib/ipc/error';
import Window from './Window.svelte';

const target = document.getElementById('app');
if (target) {
  connect().then(
    (host) => mount(Window, { target, props: { app: new App(host) } }),
    (thrown: unknown) => (target.textContent = toApiError(thrown).message),
  );
}
