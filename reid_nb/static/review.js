// The review grid (nbs/23_review.ipynb). It decides nothing itself: a key sends a message, and the colors change when
// the answer says that the file has been written. All text of files, ids and columns enters the page as text.

const word = decision => decision.split(' ')[0];
const times = decision => decision.split(' ')[1]?.slice(1) ?? '';

// Pictures by key, the oldest forgotten.
class Kept {
  constructor(most) { this.most = most; this.map = new Map(); }
  get(key) { return this.map.get(key); }
  has(key) { return this.map.has(key); }
  values() { return [...this.map.values()]; }
  set(key, value) {
    this.drop(key);
    this.map.set(key, value);
    if (this.map.size > this.most) this.drop(this.map.keys().next().value);
  }
  drop(key) { this.map.get(key)?.urls?.forEach(u => u && URL.revokeObjectURL(u)); this.map.delete(key); }
  clear() { [...this.map.keys()].forEach(key => this.drop(key)); }
}

// One crop with its choices. `paint` shows the state of a decision: filled where a person has made it, only outlined
// where it is the rule's.
function picture(src, file, name) {
  const title = file + (src ? '' : ' cannot be decoded');
  return el('span', { class: name, 'data-file': file, title: src ? '' : title },
            src ? el('img', { src, alt: file, draggable: 'false' }) : 'no picture');
}

function choices(file, actions, act, long, ask = null) {
  const one = a => el('button', { class: 'rv-choice', 'data-what': a.what, title: `${a.label} (${a.key.toUpperCase()})`,
    'aria-label': `${a.label} ${file}`, onclick: event => { event.stopPropagation(); act(file, a.what); } },
    long ? a.label : a.key.toUpperCase());
  const some = long ? actions : actions.slice(0, 3);
  const asking = a => el('button', { class: 'rv-choice', title: `${a.label} (${a.key.toUpperCase()})`, onclick: () => ask(a) },
                         `${a.label} …`);
  return el('div', { class: 'rv-choices' }, ...some.map(a => a.asks ? asking(a) : one(a)));
}

function tile(row, i, actions, act) {
  return el('div', { class: 'rv-card', role: 'listitem', 'data-file': row.file, 'data-at': i, 'data-kind': row.kind },
    picture(row.url, row.file, 'rv-crop'),
    el('div', { class: 'rv-line' }, el('b', {}, row.name), ` ${row.kind}`, el('span', { class: 'rv-mark' })),
    choices(row.file, actions, act, false));
}

function paint(node, { decision, by }, label = '') {
  Object.assign(node.dataset, { decision: word(decision), by });
  for (const b of node.querySelectorAll('.rv-choice')) {
    if (label && b.dataset.what === 'oversample') b.textContent = label + (times(decision) && ` ×${times(decision)}`);
    b.setAttribute('aria-pressed', b.dataset.what === word(decision));
  }
}

const BY = { rule: 'by the rule', person: 'by a person' };

// The keys. A key that is held down repeats moves but no decisions.
const MOVES = { ArrowRight: 1, n: 1, ArrowLeft: -1, p: -1, ArrowDown: 'down', ArrowUp: 'up', Home: 'first', End: 'last' };
const PAGES = { PageDown: 1, PageUp: -1 };
const HELP = [['2…9', 'that often'], ['space', 'confirm'], ['Enter', 'confirm the page'], ['Y', 'mend the label'], ['R', 'rule'], ['U', 'undo'],
              ['← → ↑ ↓', 'move'], ['PgUp PgDn', 'page'], ['shift', 'select'], ['A', 'all'], ['Z', 'larger'], ['E', 'hand out']];

function meaning(event, actions) {
  if (event.target.matches('input, select, textarea') || event.altKey || event.metaKey) return null;
  if ([' ', 'Enter'].includes(event.key) && event.target.matches('button')) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey) return key === 'a' ? { all: true } : null;
  if (key in MOVES) return { move: MOVES[key], extend: event.shiftKey };
  if (key in PAGES) return { turn: PAGES[key] };
  const plain = { u: { undo: true }, a: { all: true }, z: { zoom: true }, e: { handOut: true }, y: { mend: true }, Escape: { none: true }, Enter: { page: true },
                  ' ': { confirm: true }, r: { what: 'rule' } }[key];
  if (plain) return plain;
  if (/^[2-9]$/.test(key)) return { what: `oversample x${key}` };
  const action = actions.find(a => a.key === key);
  return action ? (action.asks ? { ask: action } : { what: action.what }) : null;
}

// The frame around the crops: filters, order, pager, what is going on, and the keys.
function select(name, options, change) {
  return el('select', { 'aria-label': name, title: name, onchange: change },
            ...Object.entries(options).map(([value, text]) => el('option', { value }, text)));
}

function button(text, label, onclick, attrs = {}) {
  return el('button', { title: label, 'aria-label': label, onclick, ...attrs }, text);
}

function frame({ refilter, turn, find, again, handOut }) {
  const f = {
    kind: select('Kind', { '': 'all kinds', hidden: 'hidden', partial: 'partial', clean: 'clean', suspected: 'label looks wrong', drawn: 'looks for a promise' }, refilter),
    pid: el('input', { type: 'search', placeholder: 'any id', size: 7, 'aria-label': 'Id', title: 'Id', onchange: refilter }),
    by: select('Decided by', { '': 'decided by anyone', rule: 'by the rule', person: 'by a person',
                               undecided: 'undecided' }, refilter),
    sort: select('Sort by', {}, refilter),
    find: el('input', { type: 'search', placeholder: 'number or file', size: 12, 'aria-label': 'Go to', title: 'Go to',
                        onkeydown: event => { if (event.key === 'Enter') { event.stopPropagation(); find(f.find.value); } } }),
    where: el('span', { class: 'rv-where' }), counts: el('span', { class: 'rv-counts' }),
    list: el('div', { class: 'rv-list', role: 'list', 'aria-label': 'Crops' }),
    side: el('div', { class: 'rv-side' }), text: el('span', { class: 'rv-text' }),
    zoom: el('div', { class: 'rv-zoom', hidden: '' }), help: el('span', { class: 'rv-help' }), form: el('span'),
  };
  f.down = button('↓', 'Highest first', () => { f.down.dataset.down = f.down.dataset.down !== 'true'; refilter(); },
                  { 'data-down': 'true' });
  f.again = button('Try again', 'Save again what could not be saved', again, { hidden: '' });
  f.status = el('span', { class: 'rv-status', role: 'status' }, f.text, f.again);
  f.bar = el('div', { class: 'rv-bar' }, f.kind, f.pid, f.by, el('span', { class: 'rv-pair' }, f.sort, f.down), f.find,
    el('span', { class: 'rv-pager' }, button('‹', 'Previous page', () => turn(-1)), f.where,
       button('›', 'Next page', () => turn(1))), button('hand out …', 'Hand out the selected crops, or the whole list (E)', handOut), f.counts);
  f.second = el('div', { class: 'rv-second' }, f.status, f.form, f.help);
  return f;
}

function help(node, actions) {
  const keys = [...actions.map(a => [a.key.toUpperCase(), a.label.toLowerCase()]), ...HELP];
  node.replaceChildren(...keys.map(([key, text]) => el('span', {}, el('kbd', {}, key), ' ' + text)));
}

function count(node, c) {
  const part = (what, text) => el('span', { class: 'rv-count', 'data-decision': what }, text);
  node.replaceChildren(part('keep', `${c.keep} kept`), part('drop', `${c.drop} dropped`),
                       part('oversample', `${c.oversample} oversampled`), ...(c.relabeled ? [part('give', `${c.relabeled} relabeled`)] : []), part('', `${c.seen} of ${c.total} seen`));
}

// Messages out and in, each with a number of its own: several views of one widget get each other's answers, and `overhear`
// what was changed in another. If no answer comes within four seconds, the grid says so instead of looking saved.
const LATE = 'No answer yet, so nothing is saved: the kernel is busy or gone. If it is gone, run the cell again.';

function connect(model, late, back, overhear, after = 4000) {
  const waiting = new Map();
  let id = Math.floor(Math.random() * 2**31) * 2**21, timer = null; // whole below 2**53, and hardly another view's
  const watch = () => { clearTimeout(timer); if (waiting.size) timer = setTimeout(late, after); };
  const request = (msg, then) => {
    waiting.set(++id, then);
    watch();
    try { model.send({ ...msg, id }); } catch { late(); }
  };
  const receive = (msg, buffers) => {
    const then = waiting.get(msg.id);
    waiting.delete(msg.id);
    back();
    watch();
    if (then) then(msg, buffers);
    else if (msg.type === 'changed') overhear(msg);
  };
  model.on('msg:custom', receive);
  return { request, stop: () => { clearTimeout(timer); model.off('msg:custom', receive); } };
}

// What is to be written: one message at a time, and all decisions that come meanwhile go into the next one together.
function makeWriter(request, told) {
  const steps = []; // lists of a file, a decision and what was seen where that is confirmed; or 'undo'
  let busy = false, failed = [];
  const next = () => {
    if (busy || !steps.length) return;
    busy = true;
    const undo = steps[0] === 'undo', at = steps.indexOf('undo');
    const taken = steps.splice(0, undo ? 1 : at < 0 ? steps.length : at);
    request(undo ? { do: 'undo' } : { do: 'decide', steps: taken }, msg => {
      busy = false;
      if (msg.type === 'error' && !undo) failed.push(...taken, ...steps.splice(0).filter(x => x !== 'undo'));
      told(msg, undo ? [] : taken.flat().map(([file]) => file));
      next();
    });
  };
  const forget = files => { failed = failed.map(s => s.filter(([file]) => !files.has(file))).filter(s => s.length); };
  return {
    add: step => { if (step !== 'undo') forget(new Set(step.map(([file]) => file))); steps.push(step); next(); },
    again: () => { steps.push(...failed.splice(0)); next(); },
    waits: () => new Set(steps.filter(s => s !== 'undo').flat().map(([file]) => file)),
    failed: () => new Set(failed.flat().map(([file]) => file)),
  };
}

const WIDTH = 104, HEIGHT = 206, GAP = 6; // pixels of a crop with its choices
const AHEAD = 2;                          // pages that are asked for before they are needed

// JupyterLab has keys of its own, and a slip to X would cut the cell with the grid in it; the attribute
// `data-lm-suppress-shortcuts`, set below, keeps them out while the grid has the focus.
function render({ model, el: host }) {
  const s = { n: 0, at: 0, size: 1, columns: 1, rows: new Kept(1000), asked: new Set(), selected: new Set(), anchor: 0,
              actions: [], events: [], known: false, list: 0, sent: new Set() };
  const abouts = new Kept(60), zooms = new Kept(60);

  // The page
  const start = () => Math.floor(s.at / s.size) * s.size;
  const places = from => Array.from({ length: Math.max(0, Math.min(s.size, s.n - from)) }, (_, i) => from + i);
  const ready = () => s.known && places(start()).every(i => s.rows.has(i));
  const node = i => f.list.querySelector(`.rv-card[data-at="${i}"]`);
  const row = i => s.rows.get(i);
  const fetch = from => {
    const missing = places(from).filter(i => !s.rows.has(i) && !s.asked.has(i));
    if (from < 0 || !missing.length) return;
    const list = s.list;
    missing.forEach(i => s.asked.add(i));
    connection.request({ do: 'rows', first: missing[0], count: missing.at(-1) - missing[0] + 1 }, (msg, buffers) => {
      missing.forEach(i => s.asked.delete(i));
      if (msg.type === 'error') return say(msg.text, true);
      if (list !== s.list) return; // of a list that is shown no more
      msg.rows.forEach((r, i) => take(msg.first + i, r, buffers));
      if (drawn !== `${s.list} ${start()} ${s.size}`) draw();
      drain();
    });
  };
  const take = (i, r, buffers) => {
    const src = r && url(buffers[r.image]);
    s.rows.set(i, r ? { ...r, url: src, urls: [src] } : { gone: true });
  };
  let drawn = '';
  const draw = () => {
    fetch(start());
    for (let k = 1; k <= AHEAD; k++) fetch(start() + k*s.size);
    fetch(start() - s.size);
    f.where.textContent = s.n ? `${s.at + 1} of ${s.n}` : '0';
    if (!ready()) return;
    drawn = `${s.list} ${start()} ${s.size}`;
    const there = places(start()).filter(i => !row(i).gone);
    f.list.replaceChildren(...there.map(i => tile(row(i), i, s.actions, act)));
    if (!there.length) f.list.append(el('div', { class: 'rv-none' }, 'No crop fits these filters.'));
    there.forEach(repaint);
    s.selected.clear();
    mark(s.at);
  };
  const repaint = i => {
    const n = node(i), r = row(i);
    if (!n || !r) return;
    paint(n, r);
    n.classList.toggle('rv-wait', s.sent.has(r.file));
    n.classList.toggle('rv-failed', writer.failed().has(r.file));
    const other = !['keep', 'drop', 'oversample', ''].includes(word(r.decision));
    n.querySelector('.rv-mark').textContent = plain(other ? r.decision : times(r.decision) && `×${times(r.decision)}`);
    n.classList.toggle('rv-other', other);
  };
  const mark = at => {
    s.at = Math.min(Math.max(at, 0), Math.max(0, s.n - 1));
    if (drawn !== `${s.list} ${start()} ${s.size}`) return draw();
    f.where.textContent = s.n ? `${s.at + 1} of ${s.n}` : '0';
    for (const c of f.list.children) {
      const here = +c.dataset.at === s.at;
      c.classList.toggle('rv-now', here);
      here ? c.setAttribute('aria-current', 'true') : c.removeAttribute('aria-current');
      c.classList.toggle('rv-selected', s.selected.has(+c.dataset.at));
    }
    node(s.at)?.scrollIntoView({ block: 'nearest' });
    showSide();
    tell();
  };
  const fit = () => {
    const wide = f.list.clientWidth - 16, high = Math.max(2*HEIGHT + GAP, Math.min(window.innerHeight - 215, 1400));
    if (wide <= 0) return;
    s.columns = Math.max(1, Math.floor((wide + GAP) / (WIDTH + GAP)));
    s.size = s.rowsGiven ?? s.columns * Math.max(1, Math.floor((high + GAP) / (HEIGHT + GAP)));
    root.style.setProperty('--rows', Math.ceil(s.size / s.columns));
    if (s.known && drawn !== `${s.list} ${start()} ${s.size}`) draw();
  };

  // The current crop, its id and its rival
  let asking = null;
  const showSide = () => {
    const r = row(s.at);
    if (!r || r.gone) return f.side.replaceChildren();
    drawSide(r, abouts.get(r.file));
    clearTimeout(asking);
    if (!abouts.has(r.file)) asking = setTimeout(() => ask(r.file), 60); // not while keys fly
  };
  const ask = file => connection.request({ do: 'about', file }, (msg, buffers) => {
    if (msg.type === 'error') return;
    const urls = buffers.map(url);
    abouts.set(file, { ...msg, urls });
    if (row(s.at)?.file === file) drawSide(row(s.at), abouts.get(file));
    const after = row(s.at + 1);
    if (row(s.at)?.file === file && after?.file && !abouts.has(after.file)) asking = setTimeout(() => ask(after.file), 60);
  });
  const strip = (title, rows, a) => el('div', {}, el('div', { class: 'rv-title' }, title),
    el('div', { class: 'rv-strip' }, ...rows.map(x => {
      const p = picture(a.urls[x.image], x.file, 'rv-thumb');
      p.dataset.decision = word(x.decision);
      return x.name === undefined ? p : el('div', { class: 'rv-named' }, p, el('div', { class: 'rv-dim' }, `id ${x.name}`));
    })));
  const mending = r => r.suspicion ? [el('button', { class: 'rv-doubt', title: 'Do what would mend it (Y)', onclick: () => act(r.file, r.suggestion) },
    `${r.suspicion}? ${r.suggestion}`)] : [];
  const drawSide = (r, a) => {
    const id = el('button', { class: 'rv-id', title: 'Show this id only', onclick: () => only(r.name) }, `id ${r.name}`);
    const facts = el('div', { class: 'rv-facts' }, el('div', {}, id, ` ${r.frame}`),
      el('div', { class: 'rv-dim' }, `${r.kind}, ${r.facts}`), ...mending(r), choices(r.file, s.actions, act, true, a => does({ ask: a })),
      el('div', { class: 'rv-dim' }, (r.decision ? `${r.decision}, ` : '') + (BY[r.by] ?? 'not decided yet') + `; the rule: ${r.rule}`));
    const strips = a ? [strip(`the rest of id ${r.name}`, a.rest, a)] : [];
    if (a?.like.length) strips.unshift(strip('most like it, of its id and of others', a.like, a));
    if (a?.rival.length) strips.push(strip(`its rival, id ${a.rival_name}`, a.rival, a));
    f.side.tabIndex = 0; // scrolls by keys
    f.side.replaceChildren(el('div', { class: 'rv-top' }, picture(a ? a.urls[a.image] : r.url, r.file, 'rv-large'), facts),
                           ...strips, el('div', { class: 'rv-dim rv-file' }, r.file));
    paint(f.side, r, s.actions.find(x => x.what === 'oversample')?.label);
  };

  // A larger picture, of what the pointer rests on or of the current crop
  let resting = null;
  const showZoom = (file, near) => {
    const open = src => {
      f.zoom.replaceChildren(src ? el('img', { src, alt: file }) : el('span', {}, 'no picture'), el('div', {}, file));
      f.zoom.hidden = false;
      const a = near.getBoundingClientRect(), b = root.getBoundingClientRect(), w = 260;
      const left = a.right + w + 8 < b.right ? a.right - b.left + 8 : Math.max(4, a.left - b.left - w - 8);
      Object.assign(f.zoom.style, { left: `${left}px`, top: `${Math.max(4, Math.min(a.top - b.top, b.height - 500))}px` });
    };
    const src = zooms.get(file) ?? abouts.get(file);
    if (src) return open(src.urls[src.image]);
    connection.request({ do: 'about', file }, (msg, buffers) => {
      if (msg.type === 'error') return;
      zooms.set(file, { image: msg.image, urls: buffers.map(url) });
      if (near.isConnected && f.zoom.dataset.file === file) open(zooms.get(file).urls[msg.image]);
    });
  };
  const hideZoom = () => { clearTimeout(resting); f.zoom.hidden = true; f.zoom.dataset.file = ''; };
  const zoom = (file, near) => { f.zoom.dataset.file = file; showZoom(file, near); };
  const over = event => {
    const p = event.target.closest?.('.rv-crop, .rv-thumb');
    hideZoom();
    if (p && !event.buttons) resting = setTimeout(() => zoom(p.dataset.file, p), 350);
  };

  // What a person does: one event after the other; those that need a page that is on its way wait for it
  const drain = () => { while (s.events.length && ready()) step(s.events.shift()); };
  const does = event => { s.events.push(event); drain(); };
  const target = () => s.selected.size ? [...s.selected].sort((a, b) => a - b) : [s.at];
  const decide = pairs => {
    if (!pairs.length) return;
    pairs.forEach(([file]) => s.sent.add(file));
    writer.add(pairs);
    places(start()).forEach(repaint);
  };
  const act = (file, what) => {
    const i = places(start()).find(k => row(k)?.file === file);
    decide([[file, what]]);
    if (i !== undefined) { s.selected.clear(); mark(i); }
    root.focus({ preventScroll: true });
  };
  const own = r => r.decision || r.rule;
  const isOpen = r => !r.gone && r.by !== 'person' && !s.sent.has(r.file);
  const step = e => {
    if (e.filter) return load(e.filter);
    if (e.undo) return writer.add('undo');
    if (e.none) { s.selected.clear(); hideZoom(); return mark(s.at); }
    if (e.turn) return turnNow(e.turn);
    if (!s.n) return;
    if (e.move) return moveNow(e.move, e.extend);
    if (e.all) { s.selected = new Set(places(start()).filter(i => !row(i).gone)); return mark(s.at); }
    if (e.zoom) return f.zoom.hidden && node(s.at) ? zoom(row(s.at).file, node(s.at)) : hideZoom();
    if (e.ask) return askFor(e.ask);
    if (e.handOut) return askName();
    const chosen = e.page ? places(start()) : target();
    if (e.page || e.confirm) decide(chosen.map(row).filter(isOpen).map(r => [r.file, own(r), [r.decision, r.by]]));
    else decide(chosen.map(row).filter(r => !r.gone && (!e.mend || r.suggestion)).map(r => [r.file, e.what ?? r.suggestion]));
    s.selected.clear();
    if (e.page) start() + s.size < s.n ? mark(start() + s.size) : mark(s.at);
    else mark(chosen.at(-1) + 1);
  };
  const turnNow = by => { const to = start() + by*s.size; if (to >= 0 && to < s.n) mark(to); };
  const moveNow = (by, extend) => {
    const to = { first: 0, last: s.n - 1, up: s.at - s.columns, down: s.at + s.columns }[by] ?? s.at + by;
    if (to < 0 || to >= s.n) return;
    if (!extend) { s.selected.clear(); s.anchor = to; return mark(to); }
    if (to < start() || to >= start() + s.size) return;
    if (!s.selected.size) s.anchor = s.at;
    range(s.anchor, to);
  };
  const range = (a, b) => {
    s.selected = new Set(places(start()).filter(i => i >= Math.min(a, b) && i <= Math.max(a, b) && !row(i).gone));
    mark(b);
  };
  const askFor = action => askText(action.label, action.asks, 8, text => does({ what: `${action.what} ${text}` }));
  const askName = () => {
    const files = [...s.selected].sort((a, b) => a - b).map(i => row(i).file);
    const what = files.length ? `Hand out ${files.length} as` : `Hand out all ${s.n} of the list as`;
    askText(what, 'folder, or name.csv', 22, name => connection.request({ do: 'hand out', files, name }, msg => say(msg.text, msg.type === 'error')));
  };
  const askText = (label, placeholder, size, then) => {
    const field = el('input', { size, placeholder, 'aria-label': label });
    const close = () => { f.form.replaceChildren(); root.focus(); };
    field.onkeydown = event => {
      event.stopPropagation();
      if (event.key === 'Escape') close();
      if (event.key !== 'Enter' || !field.value.trim()) return;
      then(field.value.trim());
      close();
    };
    f.form.replaceChildren(el('label', {}, `${label} `, field));
    field.focus();
  };

  // Lists
  const load = filters => {
    Object.assign(s, { known: false, list: s.list + 1 });
    connection.request(filters ? { do: 'filter', ...filters } : { do: 'open' }, listed);
  };
  const listed = msg => {
    if (msg.type === 'error') { s.known = true; say(msg.text, true); return drain(); }
    s.rows.clear(); s.asked.clear(); s.selected.clear();
    Object.assign(s, { n: msg.n, at: msg.at, known: true, rowsGiven: msg.size, actions: msg.actions });
    say('');
    count(f.counts, msg.counts);
    help(f.help, s.actions);
    f.sort.replaceChildren(...msg.columns.map(c => el('option', { value: c }, `by ${c}`)));
    for (const k of ['kind', 'pid', 'by']) f[k].value = msg.filters[k] ?? '';
    f.sort.value = msg.filters.sort ?? 'score';
    setDown(msg.filters.down ?? true);
    fit();
    draw();
    drain();
  };
  const setDown = down => {
    f.down.dataset.down = down;
    f.down.textContent = down ? '↓' : '↑';
    f.down.title = down ? 'Highest first' : 'Lowest first';
    f.down.setAttribute('aria-label', f.down.title);
  };
  const filters = () => ({ kind: f.kind.value, pid: f.pid.value, by: f.by.value, sort: f.sort.value,
                           down: f.down.dataset.down === 'true' });
  const refilter = () => { does({ filter: filters() }); root.focus(); };
  const only = pid => { f.kind.value = f.by.value = ''; f.pid.value = pid; refilter(); };
  const find = text => connection.request({ do: 'find', text, at: s.at }, msg => {
    if (msg.type === 'error') return say(msg.text, true);
    say('');
    mark(msg.at);
    root.focus({ preventScroll: true });
  });

  // What is going on
  let said = '', wrong = false;
  const say = (text, bad = false) => { said = text; wrong = bad; tell(); };
  const tell = () => {
    const open = s.sent.size, bad = writer.failed().size, chosen = s.selected.size;
    const parts = [said, bad && `${bad} not saved.`, !wrong && open && `saving ${open} …`, chosen && `${chosen} selected`];
    f.text.textContent = plain(parts.filter(Boolean).join(' · '));
    f.status.classList.toggle('rv-wrong', wrong || bad > 0);
    f.again.hidden = !bad;
  };
  const told = (msg, files) => {
    const waits = writer.waits();
    files.forEach(file => { if (!waits.has(file)) s.sent.delete(file); });
    if (msg.type === 'error') s.sent = new Set([...s.sent].filter(file => waits.has(file)));
    learn(msg);
    say(msg.text ?? '', Boolean(msg.text));
    if (msg.at != null) { s.selected.clear(); mark(msg.at); }
  };
  const learn = msg => {
    if (msg.counts) count(f.counts, msg.counts);
    for (const r of msg.rows ?? []) update(r);
    places(start()).forEach(repaint);
    if (row(s.at)?.file) drawSide(row(s.at), abouts.get(row(s.at).file));
  };
  const update = r => {
    for (const known of s.rows.values()) if (known.file === r.file) Object.assign(known, r);
    for (const a of abouts.values()) for (const x of [...a.like, ...a.rest, ...a.rival]) if (x.file === r.file) x.decision = r.decision;
  };

  const f = frame({ refilter, turn: by => { does({ turn: by }); root.focus(); }, find, again: () => { writer.again(); root.focus(); },
                    handOut: () => does({ handOut: true }) });
  let dragged = null;
  const card = event => event.target.closest('.rv-card');
  f.list.onpointerdown = event => {
    const c = card(event);
    if (!c || event.target.closest('button') || event.button) return;
    const i = +c.dataset.at;
    if (event.shiftKey) range(s.selected.size ? s.anchor : s.at, i);
    else if (event.ctrlKey || event.metaKey) { s.selected.has(i) ? s.selected.delete(i) : s.selected.add(i); s.anchor = i; mark(i); }
    else { s.selected.clear(); s.anchor = dragged = i; mark(i); }
    root.focus({ preventScroll: true });
    event.preventDefault();
  };
  f.list.onpointermove = event => {
    const c = card(event);
    if (dragged === null || !(event.buttons & 1)) return dragged = null;
    if (c && (+c.dataset.at !== dragged || s.selected.size)) range(dragged, +c.dataset.at);
  };
  const keydown = event => {
    if (event.key === 'Enter' && event.target === f.pid) return root.focus(); // Leaving the field is its change event
    const m = meaning(event, s.actions);
    if (!m) return;
    event.preventDefault();
    if (event.repeat && !m.move && !m.turn) return;
    does(m);
  };
  const root = el('div', { class: 'rv', tabindex: 0, role: 'group', 'aria-label': 'Review of crops',
                           'data-lm-suppress-shortcuts': 'true', onkeydown: keydown, onpointerover: over,
                           onpointerleave: hideZoom },
                  f.bar, f.second, el('div', { class: 'rv-body' }, f.list, el('div', { class: 'rv-right' }, f.side)), f.zoom);
  host.append(root);
  const connection = connect(model, () => say(LATE, true), () => { if (said === LATE) say(''); }, learn);
  const writer = makeWriter(connection.request, told);
  const sized = new ResizeObserver(fit);
  sized.observe(f.list);
  load(null);
  return () => { sized.disconnect(); connection.stop(); [s.rows, abouts, zooms].forEach(kept => kept.clear()); };
}

export default { render };
