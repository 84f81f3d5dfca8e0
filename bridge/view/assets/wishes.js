// What the onlooker presses. Escape and space stop wherever the focus is.

import { $ } from './dom.js';

// toggle turns a button over and acts on what it now says.
export function toggle(id, act) {
  const on = $(id).ariaPressed !== 'true';
  $(id).ariaPressed = String(on);
  act(on);
}

const keys = { p: 'play', r: 'restart', f: 'follow', g: 'ghost', a: 'animal', c: 'home', t: 'theme', v: 'fold' };

// listen binds the buttons and keys: wish sends an object, and says whether it could;
// actions are by the id of their button; step goes to another clip.
export function listen({ wish, actions, step }) {
  const stop = () => {
    const button = $('stop');
    button.classList.remove('done', 'failed');
    button.classList.add(wish({ do: 'stop' }) ? 'sent' : 'failed');
  };
  for (const [id, act] of Object.entries(actions)) $(id).addEventListener('click', act);
  $('stop').addEventListener('pointerdown', stop); // not on release: every tenth counts
  $('stop').addEventListener('click', (e) => { if (e.detail === 0) stop(); }); // by keyboard or assistive technology
  $('clip').addEventListener('change', (e) => { wish({ do: 'clip', clip: Number(e.target.value) }); e.target.blur(); });
  // Before any button or list sees them; buttons are pressed with Enter.
  addEventListener('keydown', (e) => {
    if (e.key === 'Escape' || e.key === ' ') {
      e.preventDefault();
      e.stopPropagation();
      if (!e.repeat) stop();
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.tagName === 'SELECT') return;
    if (e.key === '[') step(-1);
    if (e.key === ']') step(1);
    const id = keys[e.key.toLowerCase()];
    if (id && !e.repeat && !$(id).hidden) $(id).click();
  }, { capture: true });
  addEventListener('keyup', (e) => { if (e.key === ' ') e.preventDefault(); }, { capture: true });
}
