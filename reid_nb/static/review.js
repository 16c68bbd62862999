// The review grid (nbs/23_review.ipynb). It decides nothing itself: a key sends a message, and the colors change when
// the answer says that the file has been written.

function el(tag, attrs = {}, ...kids) {
  const node = document.createElement(tag);
  for (const [k, v] of Object.entries(attrs)) k.startsWith('on') ? node[k] = v : node.setAttribute(k, v);
  node.append(...kids);
  return node;
}

// One crop with its choices and the strip of its id. `paint` shows the state of a decision: filled where a person has
// made it, only outlined where it is the rule's.
const CHOICES = { keep: 'Keep', drop: 'Drop', oversample: 'Oversample' };

function picture(url, file, name) {
  const title = file + (url ? '' : ' cannot be decoded');
  return el('span', { class: name, 'data-file': file, title },
            url ? el('img', { src: url, alt: file, draggable: 'false' }) : 'no picture');
}

function card(row, urls, act, only) {
  const choices = Object.keys(CHOICES).map(what =>
    el('button', { class: 'rv-choice', 'data-what': what, onclick: () => act(row.file, what) }));
  return el('div', { class: 'rv-card', 'data-file': row.file },
    picture(urls[row.image], row.file, 'rv-crop'),
    el('div', { class: 'rv-facts' },
      el('div', {}, el('button', { class: 'rv-id', title: 'Show this id only', onclick: () => only(row.name) },
                       `id ${row.name}`), ` ${row.frame}`),
      el('div', { class: 'rv-dim' }, `${row.kind}, ${row.facts}`),
      el('div', { class: 'rv-choices' }, ...choices),
      el('div', { class: 'rv-dim rv-by' })),
    el('div', { class: 'rv-rest' }, ...row.rest.map(r => picture(urls[r.image], r.file, 'rv-thumb'))));
}

function paint(node, { decision, by }) {
  const [word, times] = decision.split(' ');
  Object.assign(node.dataset, { decision: word, by });
  for (const b of node.querySelectorAll('.rv-choice')) {
    b.textContent = CHOICES[b.dataset.what] + (b.dataset.what === 'oversample' && times ? ` ×${times.slice(1)}` : '');
    b.setAttribute('aria-pressed', b.dataset.what === word);
  }
  node.querySelector('.rv-by').textContent = { rule: 'by the rule', person: 'by a person' }[by] ?? 'not decided yet';
}

// The keys. A key that is held down repeats moves but no decisions.
const MOVES = { ArrowDown: 1, n: 1, ArrowUp: -1, p: -1 };
const PAGES = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
const HELP = [['K', 'keep'], ['D', 'drop'], ['O', 'oversample'], ['2…9', 'that often'], ['space', 'confirm'],
              ['R', 'back to the rule'], ['U', 'undo'], ['↑ ↓', 'move'], ['← →', 'page']];

function meaning(event, row) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches('input, select')) return null;
  if (event.key === ' ' && event.target.matches('button')) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (key in MOVES) return { move: MOVES[key] };
  if (key in PAGES) return { turn: PAGES[key] };
  if (key === 'u') return { undo: true };
  const what = { k: 'keep', d: 'drop', o: 'oversample', r: 'rule', ' ': row && (row.decision || row.rule) }[key] ??
               (/^[2-9]$/.test(key) ? `oversample x${key}` : null);
  return what ? { what } : null;
}

// The frame around the cards: filters, pager, counts, and a line for messages.
function select(name, options, change) {
  return el('select', { 'aria-label': name, title: name, onchange: change },
            ...Object.entries(options).map(([value, text]) => el('option', { value }, text)));
}

function frame(refilter, turn) {
  const f = {
    kind: select('Kind', { '': 'all kinds', hidden: 'hidden', partial: 'partial', clean: 'clean' }, refilter),
    pid: el('input', { type: 'search', placeholder: 'any id', size: 7, 'aria-label': 'Id', onchange: refilter }),
    by: select('Decided by', { '': 'decided by anyone', rule: 'by the rule', person: 'by a person',
                               undecided: 'undecided' }, refilter),
    where: el('span', { class: 'rv-where' }), counts: el('span', { class: 'rv-counts' }),
    list: el('div', { class: 'rv-list' }), status: el('div', { class: 'rv-status', role: 'status' }),
  };
  f.bar = el('div', { class: 'rv-bar' }, f.kind, f.pid, f.by,
    el('span', { class: 'rv-pager' },
       el('button', { 'aria-label': 'Previous page', onclick: () => turn(-1) }, '‹'), f.where,
       el('button', { 'aria-label': 'Next page', onclick: () => turn(1) }, '›')), f.counts);
  f.help = el('div', { class: 'rv-help' },
    ...HELP.map(([key, text]) => el('span', {}, el('kbd', {}, key), ' ' + text)));
  return f;
}

function count(node, c) {
  const part = (what, text) => el('span', { class: 'rv-count', 'data-decision': what }, text);
  node.replaceChildren(part('keep', `${c.keep} kept`), part('drop', `${c.drop} dropped`),
                       part('oversample', `${c.oversample} oversampled`), part('', `${c.seen} of ${c.total} seen`));
}

// Messages out and in. If no answer comes within four seconds, the grid says so instead of looking saved.
const LATE = 'No answer yet, so nothing is saved: the kernel is busy or gone. If it is gone, run the cell again.';

function connect(model, state, f) {
  let late = null;
  const report = (text, wrong = false) => {
    f.status.textContent = text;
    f.status.classList.toggle('rv-wrong', wrong);
  };
  const request = msg => {
    clearTimeout(late);
    late = setTimeout(() => report(LATE, true), 4000);
    try { model.send(msg); } catch { report(LATE, true); }
  };
  const receive = (msg, buffers) => {
    clearTimeout(late);
    if (msg.type === 'page' || (msg.type === 'error' && !msg.file)) state.busy = false;
    report(msg.type === 'error' ? msg.text : '', msg.type === 'error');
    if (msg.counts) count(f.counts, msg.counts);
    if (msg.type === 'page') state.show(msg, buffers);
    for (const c of f.list.children) if (c.dataset.file === msg.file) c.classList.remove('rv-wait');
    if (msg.type === 'row') state.update(msg);
  };
  model.on('msg:custom', receive);
  return { request, stop: () => { clearTimeout(late); model.off('msg:custom', receive); } };
}

// JupyterLab has keys of its own, and a slip to X would cut the cell with the grid in it; the attribute
// `data-lm-suppress-shortcuts`, set below, keeps them out while the grid has the focus. While a new page is on its way
// decisions are ignored: you cannot have judged a crop that was not yet on the screen.
function render({ model, el: host }) {
  const state = { rows: [], at: 0, busy: true, urls: [], page: 0, pages: 1 };
  const load = msg => { state.busy = true; connection.request(msg); };
  const go = at => load({ do: 'go', at });
  const turn = by => { if (state.page + by >= 0 && state.page + by < state.pages) go((state.page + by) * state.size); };
  const refilter = () => {
    load({ do: 'filter', kind: f.kind.value, pid: f.pid.value, by: f.by.value });
    root.focus();
  };
  const only = pid => { f.kind.value = f.by.value = ''; f.pid.value = pid; refilter(); };
  const f = frame(refilter, by => { turn(by); root.focus(); });
  const mark = at => {
    state.at = at;
    [...f.list.children].forEach((c, i) => c.classList.toggle('rv-now', i === at));
    const now = f.list.children[at];
    if (now && root.contains(document.activeElement)) now.scrollIntoView({ block: 'nearest' });
    else if (now) f.list.scrollTop = now.offsetTop;
  };
  const move = by => {
    if (state.at + by >= 0 && state.at + by < state.rows.length) mark(state.at + by);
    else if (by > 0) turn(1);
    else if (state.page > 0) go(state.page * state.size - 1);
  };
  const act = (file, what) => {
    const i = state.rows.findIndex(r => r.file === file);
    f.list.children[i].classList.add('rv-wait');
    connection.request({ do: 'decide', file, what });
    mark(i);
    root.focus({ preventScroll: true });
  };
  const keydown = event => {
    if (event.key === 'Enter' && event.target === f.pid) return root.focus(); // Leaving the field is its change event
    const m = meaning(event, state.rows[state.at]);
    if (!m) return;
    event.preventDefault();
    if (state.busy || (event.repeat && !m.move)) return;
    if (m.move) move(m.move);
    else if (m.turn) turn(m.turn);
    else if (m.undo) connection.request({ do: 'undo' });
    else if (state.rows.length) { act(state.rows[state.at].file, m.what); move(1); }
  };
  state.show = (msg, buffers) => {
    state.urls.forEach(u => u && URL.revokeObjectURL(u));
    state.urls = buffers.map(b => b.byteLength ? URL.createObjectURL(new Blob([b], { type: 'image/jpeg' })) : null);
    Object.assign(state, { rows: msg.rows, page: msg.page, pages: msg.pages, size: msg.size });
    for (const k of ['kind', 'pid', 'by']) f[k].value = msg.filters[k] ?? '';
    f.where.textContent = `${msg.page + 1} of ${msg.pages}`;
    f.list.replaceChildren(...msg.rows.map(r => card(r, state.urls, act, only)));
    if (!msg.rows.length) f.list.append(el('div', { class: 'rv-none' }, 'No crop fits these filters.'));
    for (const r of msg.rows) { state.update(r); r.rest.forEach(state.update); }
    mark(Math.min(msg.at, msg.rows.length - 1));
  };
  state.update = msg => {
    const word = msg.decision.split(' ')[0];
    for (const t of f.list.querySelectorAll('.rv-thumb')) if (t.dataset.file === msg.file) t.dataset.decision = word;
    const i = state.rows.findIndex(r => r.file === msg.file);
    if (i >= 0 && msg.by !== undefined) {
      Object.assign(state.rows[i], { decision: msg.decision, by: msg.by });
      paint(f.list.children[i], msg);
    }
    if (msg.type === 'row' && msg.at != null) mark(msg.at);
  };
  f.list.onclick = event => {
    const i = [...f.list.querySelectorAll('.rv-card')].indexOf(event.target.closest('.rv-card'));
    if (i >= 0) mark(i);
  };
  const root = el('div', { class: 'rv', tabindex: 0, 'data-lm-suppress-shortcuts': 'true', onkeydown: keydown },
                  f.bar, f.list, f.help, f.status);
  host.append(root);
  const connection = connect(model, state, f);
  connection.request({ do: 'open' });
  return () => { connection.stop(); state.urls.forEach(u => u && URL.revokeObjectURL(u)); };
}

export default { render };
